"""The declared map space in words, and its size against counting every mapping."""

from itertools import product
from math import factorial, inf, prod

import pytest
from every_mapping import ARCHITECTURES, ENERGIES

import flat_plugin as flat
from flat_plugin.mapspace.declared_space import Space, _splits, kept_text, unrolled_text
from flat_plugin.mapspace.layer import search_operator
from flat_plugin.mapspace.limits import Spread
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.structure import divisors
from flat_plugin.workload.einsum import gemm


def test_what_was_evaluated_and_what_was_not():
    space = Space(("line",), 100, 30, ("reason",))
    assert space.pruned == 70
    assert space.to_dict() == {
        "declaration": ["line"],
        "size": 100,
        "evaluated": 30,
        "pruned": 70,
        "reasons": ["reason"],
    }


def every_split(number, temporal, places):
    """One by one: factors of loops in time, then of places with an axis each."""
    count = 0
    for factors in product(divisors(number), repeat=temporal + len(places)):
        if prod(factors) != number:
            continue
        ways = 1
        for factor, (least, most, axes) in zip(factors[temporal:], places, strict=True):
            ways *= (1 if factor == 1 else axes) if least <= factor <= most else 0
        count += ways
    return count


@pytest.mark.parametrize("number", [1, 2, 6, 12])
@pytest.mark.parametrize("temporal", [0, 1, 2, 3])
@pytest.mark.parametrize("places", [(), ((1, inf, 2),), ((1, 2, 1),), ((2, inf, 2), (1, inf, 2))])
def test_ways_to_split_a_number(number, temporal, places):
    assert _splits(number, temporal, places) == every_split(number, temporal, places)


@pytest.mark.parametrize("name", ["registers", "linked"])
def test_the_size_of_a_space(name):
    """Factors of three dimensions, orders outside and inside, sets of kept tensors."""
    product_, levels = gemm("product", 4, 2, 4), 3 if name == "registers" else 2
    found = search_operator(product_, ARCHITECTURES[name], ENERGIES, Best("edp")).space
    ways = prod(every_split(size, levels, ((1, inf, 2),)) for size in (4, 4, 2))
    keeps = 2**3 if name == "registers" else 1
    assert found.size == ways * factorial(3) ** 2 * keeps
    assert 0 < found.evaluated <= found.size
    assert found.declaration[0].startswith("base-opt: no shared loops")
    assert "unrolled below Buffer, on x or y" in found.declaration[1]
    assert found.reasons[0].endswith("tilings of DRAM's loops do not fit Buffer")


@pytest.mark.parametrize(
    ("spread", "said"),
    [
        (Spread.free(2), "m, n unrolled below L1, on x or y"),
        (Spread((1, 1), (1, inf), ("x", "xy")), "n unrolled below L1, on x or y"),
        (Spread((2, 1), (2, 4), ("x", "y")), "m=2 on x, n<=4 on y unrolled below L1"),
        (Spread((1, 1), (1, 1), ("x", "y")), "nothing unrolled below L1, on x or y"),
    ],
)
def test_what_may_be_unrolled(spread, said):
    assert unrolled_text("MN", [(1, spread)], ["L2", "L1"]) == said


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ((), "any of Q, K, S kept in Regs"),
        ((True, None, None), "Q and any of K, S kept in Regs"),
        ((True, False, False), "Q kept in Regs"),
        ((False, False, False), "nothing kept in Regs"),
    ],
)
def test_what_is_kept(keep, said):
    assert kept_text("QKS", keep, "Regs") == said


def declared(tokens, family, **options):
    """Of a layer under a mask, on edge."""
    layer = flat.parse_attention(f"B=1,H=1,M={tokens},N={tokens},D=4")
    return flat.search(layer, "edge", mask="causal", dataflow=family, **options).space.declaration


@pytest.mark.parametrize(
    ("tokens", "family", "lengths", "choices"),
    [
        (29, "flat-opt", "29 × 29, 30 × 30, 32 × 32 or 35 × 35", 2 + 8 + 6 + 4),
        (11, "base-opt", "11 × 11 or 12 × 12", 2 + 6),
        (5, "flat-r4", "8 × 5", 1),  # rows are always rounded up
    ],
)
def test_lengths_that_are_rounded_up_are_said_once(tokens, family, lengths, choices):
    """What differs only in them is one line, whose choices of shared loops are added."""
    tiles, divided, logit, attend = declared(tokens, family)
    assert f" in {choices} choices" in tiles
    assert divided == f"tiles divide m × n = {lengths}, and are cut where that is longer than the layer"
    assert logit.startswith("logit: factors of m, n, d at DRAM, GlobalBuffer and PERegs, ")
    assert attend.startswith("attend: factors of m, n, e at DRAM, GlobalBuffer and PERegs, ")


def test_perfect_factors_are_called_so():
    _, logit, _ = declared(29, "flat-opt", factors="perfect")
    assert logit.startswith("logit: perfect factors of m, n, d at ")
