"""No mapping of a layer is below the bound of its part."""

import random
from math import inf

import pytest
from sampled_nests import Sampler

from flat_plugin.api import estimate, platform
from flat_plugin.architecture import EnergyTable, Platform
from flat_plugin.certificate.check import cost_of, figure_of
from flat_plugin.certificate.layer import LayerPart, bounded
from flat_plugin.certificate.space import OBJECTIVES, Space
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import named_dataflow
from flat_plugin.workload import Attention

EDGE = platform("edge")
SHORT = Attention(1, 12, 512, 512, 64)


def least_of(part, objective, target=inf):
    return bounded(part, objective, target).least


def reached(attention, dataflow, softmax):
    found = estimate(attention, "edge", dataflow, softmax=softmax)
    energy, cycles = found.energy_pj, found.cycles
    return {"edp": energy * cycles, "energy": energy, "latency": cycles, "traffic": found.dram_words}


@pytest.mark.parametrize("softmax", ["free", "serial", "overlapped", "array"])
@pytest.mark.parametrize(("dataflow", "rows"), [("base", None), ("flat-r64", 64), ("flat-r32", 32)])
def test_named_dataflows_are_not_below(dataflow, rows, softmax):
    part = LayerPart(SHORT, EDGE, softmax)
    if rows:
        part = LayerPart(SHORT, EDGE, softmax, fused=True, tile={"M": (rows, rows)})
    for objective, value in reached(SHORT, dataflow, softmax).items():
        assert 0.5 * value < least_of(part, objective) <= value * (1 + 1e-9), objective


def test_more_rows_to_choose_from_are_a_lower_bound():
    bounds = [
        least_of(LayerPart(SHORT, EDGE, fused=True, tile={"M": rows}), "traffic")
        for rows in ((64, 64), (32, 64), (32, 512), (1, 512))
    ]
    assert bounds == sorted(bounds, reverse=True)


def test_scores_that_do_not_fit_leave_nothing():
    tall = LayerPart(Attention(1, 12, 4096, 4096, 64), EDGE, "free", fused=True, tile={"M": (4096, 4096)})
    assert least_of(tall, "edp") == least_of(tall, "traffic") == inf


def test_heads_whose_scores_are_there_together_take_their_room():
    one, twelve = (LayerPart(SHORT, EDGE, "free", fused=True, heads=heads) for heads in (1, 12))
    assert (one.scores, twelve.scores) == (512 * 512, 12 * 512 * 512)


def test_keys_and_values_come_anew_in_every_iteration_that_does_not_hold_them():
    """4096 keys of 64 words do not fit beside the scores: K and V come once for every 32 rows."""
    long = Attention(1, 1, 4096, 4096, 64)
    part = LayerPart(long, EDGE, "free", fused=True, perfect=True, tile={"M": (32, 32)})
    assert least_of(part, "traffic") == 2 * 4096 * 64 + 128 * 2 * 4096 * 64


def test_keys_that_are_tiled_cost_corrections():
    whole, tiled = (
        LayerPart(SHORT, EDGE, "overlapped", True, online=True, tile={"M": (64, 64), "N": (keys, keys)})
        for keys in (512, 64)
    )
    assert least_of(tiled, "energy") > least_of(whole, "energy")


def test_a_target_makes_the_bound_close_and_no_higher_than_it():
    part = LayerPart(SHORT, EDGE, perfect=True)
    loose = least_of(part, "edp")
    for target in (1.001 * loose, 1.1 * loose):
        close = least_of(part, "edp", target)
        assert loose < close <= target * (1 + 1e-12) or loose == close


@pytest.mark.parametrize("objective", OBJECTIVES[2:])
def test_without_energies_cycles_and_words_are_as_ever(objective):
    unknown = Platform(EDGE.architecture, EnergyTable(unknown="nobody asked"))
    parts = [LayerPart(SHORT, each, fused=True, tile={"M": (64, 64)}) for each in (EDGE, unknown)]
    assert least_of(parts[0], objective) == least_of(parts[1], objective)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("dataflow", "rows"), [("base-opt", None), ("flat-opt", {"M": 20}), ("flash", {"M": 10, "N": 40})]
)
def test_no_layer_at_random_is_below(dataflow, rows, seed):
    """Whole layers, chained by the model, against the bound of their space and that of their own part."""
    rng = random.Random(f"{dataflow} {seed}")
    factors, softmax = (
        rng.choice(["perfect", "imperfect"]),
        rng.choice(["free", "serial", "overlapped", "array"]),
    )
    attention = Attention(rng.choice([1, 2]), 4, 60 if factors == "perfect" else 57, 80, 16)
    chip = platform(rng.choice(["edge", "cloud"]), set={"dram_gb_per_s": rng.choice([5, 50])})
    space = Space(attention, chip, softmax, named_dataflow(dataflow).with_factors(factors))
    parts = [space.part(space.rows)]
    parts += [space.part({d: (n, n) for d, n in rows.items()})] if rows else []
    bounds = {name: max(least_of(part, name) for part in parts) for name in OBJECTIVES}
    found = 0
    for mapping in random_layers(space, rows, rng):
        try:
            estimate = cost_of(space, mapping)
        except FlatError:  # it does not fit, or Timeloop does not count it
            continue
        if space.strange(mapping) is None:
            found += 1
            for name, bound in bounds.items():
                assert bound <= figure_of(estimate, name) * (1 + 1e-12), (name, mapping)
    assert found >= 3


def random_layers(space, rows, rng, number=200):
    """Fused mappings with these rows in a shared iteration."""
    perfect, online = space.dataflow.perfect, space.dataflow.online
    chip, einsums = space.platform.architecture, space.attention.einsums()
    samplers = [
        Sampler(e, chip, rng, perfect=perfect, rows=rows, whole=perfect, held="O" if online else ())
        for e in einsums
    ]
    sizes = einsums[0].sizes
    trips = tuple((d, -(-sizes[d] // {"B": 1, "H": 1, **(rows or {})}.get(d, sizes[d]))) for d in sizes)
    shared = tuple((d, n) for d, n in trips if n > 1) if rows else ()
    for _ in range(number):
        nests = [sampler.nest(sampler.drawn()) for sampler in samplers]
        if all(nests):
            operators = tuple((e.name, nest) for e, nest in zip(einsums, nests, strict=True))
            yield FusedMapping.below_outermost(space.dataflow, shared, frozenset(), operators)
