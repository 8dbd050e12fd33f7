"""What keeps a mapper inside a dataflow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_mappings import array_of_two_fanouts, mappings

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.timeloop.constraints import constraint_directives, with_fixed
from flat_plugin.timeloop.directives import Bypass, Directive, Loops, mapping_directives
from flat_plugin.workload.einsum import Einsum

ONCE = (("B", 1), ("H", 1))


def loops_of(directives: tuple[Directive, ...]) -> list[Loops]:
    return [each for each in directives if isinstance(each, Loops)]


def kept_at(directives: tuple[Directive, ...]) -> list[str]:
    return [each.target for each in directives if isinstance(each, Bypass)]


def test_a_fused_chain_keeps_its_shared_loops(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    found = constraint_directives(logit, edge, row_tiles, ("B", "H", "M"))
    outer, *held = loops_of(found)
    assert (outer.target, outer.type) == ("DRAM", "temporal")
    assert dict(outer.factors) == {"B": 1, "H": 12, "M": 8, "N": 1, "D": 1}
    assert outer.permutation == ("M", "H", "B", "N", "D")
    assert [(each.target, each.type, each.factors) for each in held] == [
        ("GlobalBuffer", "temporal", ONCE),
        ("GlobalBuffer", "spatial", ONCE),
        ("PERegs", "temporal", ONCE),
    ]
    assert kept_at(found) == ["DRAM", "GlobalBuffer", "PERegs"]


def test_an_operator_by_itself_keeps_batches_and_heads_only(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    found = loops_of(constraint_directives(logit, edge, row_tiles))
    assert [(each.target, each.type) for each in found] == [
        ("GlobalBuffer", "temporal"),
        ("GlobalBuffer", "spatial"),
        ("PERegs", "temporal"),
    ]
    assert {each.factors for each in found} == {ONCE}


def test_heads_that_a_mapping_has_below_the_outermost_memory_stay_free_there(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    outer = replace(row_tiles.levels[0], temporal=(("M", 8), ("H", 4)))
    inner = replace(row_tiles.levels[2], temporal=(("H", 3),))
    mapping = OperatorMapping((outer, row_tiles.levels[1], inner))
    outermost, *below = loops_of(constraint_directives(logit, edge, mapping, ("B", "H", "M")))
    assert dict(outermost.factors) == {"B": 1, "H": 4, "M": 8, "N": 1, "D": 1}
    assert [each.factors for each in below] == [(("B", 1),)] * 3


def test_every_memory_outside_the_scores_is_fixed(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    """S is staged in the registers: the loops of the buffer, and below it, are shared too."""
    dram, buffer, registers = row_tiles.levels
    deep = OperatorMapping((dram, replace(buffer, bypass=frozenset({"S"})), registers))
    found = loops_of(constraint_directives(logit, edge, deep, ("H", "M")))
    assert [(each.target, each.type, bool(each.permutation)) for each in found] == [
        ("DRAM", "temporal", True),
        ("GlobalBuffer", "temporal", True),
        ("GlobalBuffer", "spatial", True),
        ("PERegs", "temporal", False),
    ]


def test_levels_between_the_scores_and_the_registers_keep_what_they_like(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    dram, buffer, registers = row_tiles.levels
    between = tuple(LevelMapping(name) for name in ("L3", "L2"))
    memories = tuple(replace(edge.memories[1], name=each.level) for each in between)
    chip = replace(edge, memories=(*edge.memories[:2], *memories, edge.memories[2]))
    mapping = OperatorMapping((dram, buffer, *between, registers))
    assert kept_at(constraint_directives(logit, chip, mapping)) == ["DRAM", "GlobalBuffer", "PERegs"]


@pytest.mark.parametrize(
    ("changes", "shared", "said"),
    [
        ({}, ("Z",), "shared: a shared loop .*'Z'.; expected B, H, M, N or D"),
        ({"level": "HBM"}, (), "mapping: the mapping's levels are not the architecture's memories"),
    ],
)
def test_refusals(
    logit: Einsum,
    edge: Architecture,
    row_tiles: OperatorMapping,
    changes: dict[str, str],
    shared: tuple[str, ...],
    said: str,
) -> None:
    first, *rest = row_tiles.levels
    mapping = OperatorMapping((replace(first, **changes), *rest))
    with pytest.raises(FlatError, match=said):
        constraint_directives(logit, edge, mapping, shared)


@settings(max_examples=30)
@given(mappings(), st.booleans())
def test_a_mapping_obeys_its_constraints(case: tuple[Einsum, OperatorMapping], fused: bool) -> None:
    einsum, mapping = case
    architecture = array_of_two_fanouts()
    found = {(d.target, d.type): d for d in mapping_directives(einsum, architecture, mapping)}
    shared = ("H", "M") if fused else ()
    for constraint in constraint_directives(einsum, architecture, mapping, shared):
        directive = found[constraint.target, constraint.type]
        if isinstance(constraint, Loops) and isinstance(directive, Loops):
            assert set(constraint.factors) <= set(directive.factors)
            assert constraint.permutation in ((), directive.permutation)
        else:
            assert constraint == directive


OURS = Loops("Buffer", "spatial", (("B", 1),), array="array")


def test_a_users_constraints_come_beside_the_dataflows() -> None:
    theirs = Loops("Regs", "temporal", (("N", 4),))
    assert set(with_fixed([OURS], [theirs])) == {OURS, theirs}
    assert with_fixed([OURS], []) == (OURS,)


def test_where_both_speak_of_a_factor_the_dataflows_counts() -> None:
    theirs = Loops("Buffer", "spatial", (("B", 2), ("N", 4)), bounds=("B<=2", "M<=16"))
    (both,) = with_fixed([OURS], [theirs])
    assert both == Loops("Buffer", "spatial", (("B", 1), ("N", 4)), array="array", bounds=("M<=16",))


@pytest.mark.parametrize(
    ("own", "theirs", "both"),
    [
        (((), None), (("N", "M"), 1), (("N", "M"), 1)),
        ((("M", "N"), 2), (("N", "M"), 1), (("M", "N"), 2)),
        ((("M", "N"), None), (("N", "M"), 1), (("M", "N"), None)),  # a split counts in its own order
        (((), None), ((), None), ((), None)),
    ],
)
def test_orders_and_splits(own: tuple, theirs: tuple, both: tuple) -> None:
    mine, other = (replace(OURS, permutation=order, split=split) for order, split in (own, theirs))
    (found,) = with_fixed([mine], [other])
    assert isinstance(found, Loops)
    assert (found.permutation, found.split) == both


def test_tensors_of_both_are_kept_or_passed_by() -> None:
    (both,) = with_fixed([Bypass("Buffer", ("Q",), ("S",))], [Bypass("Buffer", ("S", "K"), ("Q", "V"))])
    assert both == Bypass("Buffer", ("Q", "K"), ("S", "V"))
