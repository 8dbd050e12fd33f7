"""A mapping that says what it shares and does otherwise is refused, with one sentence."""

from dataclasses import replace

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import SharedLoops
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.named import parse_dataflow

MEMORIES = ("DRAM", "L2", "L1", "Regs")


def check(mapping, attention):
    check_fused(mapping, {einsum.name: einsum for einsum in attention.einsums()}, MEMORIES)


def with_level(mapping, name, number, **changes):
    """One level of one operator changed."""
    levels = list(mapping[name].levels)
    levels[number] = replace(levels[number], **changes)
    changed = dict(mapping.operators) | {name: replace(mapping[name], levels=tuple(levels))}
    return replace(mapping, operators=tuple(changed.items()))


def with_stage(mapping, **stage):
    return replace(mapping, stage=tuple(sorted((dict(mapping.stage) | stage).items())))


def shared(mapping, *loops):
    return replace(mapping, shared=loops)


def test_a_mapping_that_holds(cores, attention):
    check(cores, attention)
    assert cores.scores == 2
    assert dict(cores.trips) == {"H": 2, "M": 8}
    assert (cores.turns("M"), cores.unrolled("M")) == (2, 4)


OUTER = SharedLoops("DRAM", (("H", 2),))
CASES = {
    "not outermost": (
        lambda m: shared(m, SharedLoops("DRAM", (("H", 1),)), SharedLoops("L2", (("M", 2),), (("M", 4),))),
        "loops of DRAM are not the shared loops",
    ),
    "not at this memory": (
        lambda m: shared(m, OUTER, SharedLoops("L2", (("M", 2),), (("M", 2),))),
        "unrolled below L2",
    ),
    "unrolled otherwise": (lambda m: shared(m, OUTER, SharedLoops("L2", (("M", 2),))), "unrolled below L2"),
    "inside S": (
        lambda m: shared(m, OUTER, SharedLoops("L1", (("N", 8),))),
        "a shared loop that is not outside L1, where S is staged",
    ),
    "no such memory": (lambda m: shared(m, SharedLoops("L3", (("H", 2),))), "unknown memory"),
    "one operator's own": (lambda m: shared(m, SharedLoops("DRAM", (("D", 2),))), "both operators"),
    "S further out": (
        lambda m: with_level(m, "logit", 1, bypass=frozenset()),
        "fused, yet S is kept in L2",
    ),
    "S not at home": (
        lambda m: with_level(m, "attend", 2, bypass=frozenset("P")),
        "P is not kept in L1, where it lives",
    ),
    "Q from nowhere": (
        lambda m: with_level(m, "logit", 0, bypass=frozenset("QS")),
        "Q is not kept in DRAM",
    ),
    "S in DRAM": (lambda m: with_stage(m, S="DRAM"), "S is staged in DRAM"),
    "staged inside S": (lambda m: with_stage(m, K="Regs"), "K is staged in Regs"),
    "staged and passed by": (
        lambda m: with_level(m, "logit", 1, bypass=frozenset("KS")),
        "K bypasses L2",
    ),
    "rows not whole": (
        lambda m: shared(m, OUTER, SharedLoops("L2", (("N", 2),))),
        "does not correct its rows",
    ),
    "apart": (
        lambda m: with_level(m, "attend", 1, spatial_x=(), spatial_y=(("M", 4),)),
        "logit and attend unroll the shared loops differently below L2",
    ),
    "another size": (lambda m: with_level(m, "attend", 2, temporal=(("N", 4), ("M", 2))), "another size"),
    "no trips": (lambda m: shared(m, SharedLoops("DRAM", (("H", True),))), "whole numbers"),
}


@pytest.mark.parametrize("case", CASES)
def test_refusals(case, cores, attention):
    change, message = CASES[case]
    with pytest.raises(FlatError, match=message):
        check(change(cores), attention)


def test_a_tile_that_moves_within_a_shared_iteration_is_not_staged(cores, attention):
    """An own loop over keys at L2 brings K in parts: it is streamed through L1, and whole in L2."""
    streamed = cores
    for name in ("logit", "attend"):
        streamed = with_level(streamed, name, 1, temporal=(("N", 2), ("M", 2)))
        streamed = with_level(streamed, name, 2, temporal=(("N", 4), ("M", 2)))
    check(streamed, attention)
    with pytest.raises(FlatError, match="logit moves the tile of K within a shared iteration"):
        check(with_stage(streamed, K="L1"), attention)


def test_rows_that_cores_hold_are_the_same_in_both_operators(cores, attention):
    """An own loop outside the cores gives each of them other rows than the other operator does."""
    other = with_level(cores, "attend", 0, temporal=(("M", 2), ("H", 2)))
    other = with_level(other, "attend", 2, temporal=(("N", 8),))
    other = shared(other, OUTER, SharedLoops("L2", (), (("M", 4),)))
    other = with_level(with_level(other, "logit", 1, temporal=()), "attend", 1, temporal=(("M", 2),))
    other = with_level(other, "attend", 0, temporal=(("H", 2),))
    other = with_level(other, "logit", 2, temporal=(("N", 8), ("M", 4)))
    other = with_level(other, "attend", 2, temporal=(("N", 8), ("M", 2)))
    other = with_stage(other, O="L2")
    with pytest.raises(FlatError, match="an iteration of the shared loop over M is not the same"):
        check(replace(other, dataflow=parse_dataflow("flat-r4")), attention)


def test_unfused_operators_share_loops_only_at_the_outermost_memory(cores, attention):
    base = replace(cores, dataflow=parse_dataflow("base"), stage=())
    for name, scores in (("logit", "S"), ("attend", "P")):
        for number in (0, 1):
            base = with_level(base, name, number, bypass=frozenset())
        assert scores not in base[name].levels[0].bypass
    with pytest.raises(FlatError, match="inside DRAM of unfused operators"):
        check(base, attention)
    check(shared(base, OUTER), attention)
