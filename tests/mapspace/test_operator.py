"""The loops of one operator: the fastest candidate that fits, or why there is none."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapspace import operator
from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints
from flat_plugin.mapspace.operator import OperatorSpace, choose
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload.einsum import gemm

EDGE, ENERGIES = flat.find_architecture("edge"), flat.energy_table("edge")
PRODUCT = gemm("product", 64, 16, 48)
COPIES = {"A": 2, "W": 2, "Z": 2}
LEVELS = [memory.name for memory in EDGE.memories]


def space(**options):
    options = {"copies": COPIES, "budget": EDGE.memories[1].capacity, **options}
    return OperatorSpace(PRODUCT, EDGE, **options)


def chosen(**options):
    mapping = choose(space(**options), ENERGIES)
    return mapping, evaluate_operator(PRODUCT, EDGE, mapping, ENERGIES)


def trips(mapping, level, d):
    entry = mapping.levels[LEVELS.index(level)]
    return dict(entry.temporal).get(d, 1)


def test_it_covers_the_operator_and_fills_the_array():
    mapping, result = chosen()
    assert result.computes == 64 * 16 * 48
    assert result.compute_cycles == 64 * 16 * 48 / EDGE.compute.instances


def test_shared_loops_are_taken_as_they_are():
    mapping, _ = chosen(shared={"M": 4}, tile={"M": 16}, fused=True)
    assert trips(mapping, LEVELS[0], "M") == 4


def test_tiles_fit_the_room_that_is_left():
    budget = 2 * (16 * 16 + 16 * 16 + 16 * 16)
    mapping, result = chosen(budget=budget)
    assert 2 * sum(t.utilized_capacity for t in result[LEVELS[1]].tensors.values()) <= budget
    with pytest.raises(
        InvalidMapping, match="no tile of product fits .*: the smallest needs .* words, 1 are left"
    ):
        chosen(budget=1)


def test_dimensions_that_are_held_are_not_tiled_outside():
    mapping, _ = chosen(held=frozenset("MNK"))
    assert all(trips(mapping, LEVELS[0], d) == 1 for d in "MNK")
    streamed, _ = chosen(streamed=frozenset("N"))
    assert trips(streamed, LEVELS[0], "N") > 1


def test_tensors_on_chip_pass_the_outermost_memory():
    mapping, result = chosen(on_chip=frozenset("Z"), copies={**COPIES, "Z": 0})
    assert mapping.levels[0].bypass == {"Z"} and "Z" not in result[LEVELS[0]].tensors


def test_constraints_are_kept_to():
    fixed = LevelConstraints(LEVELS[-1], keep=frozenset("W"), bypass=frozenset("AZ"), keep_place="here")
    bound = LevelConstraints(LEVELS[1], spatial=LoopConstraints(bounds=(("M", Bound(most=1)),)))
    mapping, _ = chosen(constraints=Constraints((fixed, bound)))
    assert mapping.levels[-1].bypass == {"A", "Z"}
    assert "M" not in dict(mapping.levels[1].spatial_x + mapping.levels[1].spatial_y)
    impossible = LevelConstraints(
        LEVELS[0], temporal=LoopConstraints(bounds=(("M", Bound.exactly(5)),), place="mine")
    )
    with pytest.raises(
        InvalidMapping, match="mine: no mapping of product that this dataflow tries fits and keeps"
    ):
        chosen(constraints=Constraints((impossible,)))


def test_whole_tensors_fit_the_outermost_memory():
    small = replace(EDGE, memories=(replace(EDGE.memories[0], capacity=100), *EDGE.memories[1:]))
    with pytest.raises(
        InvalidMapping, match="the tensors of product do not fit DRAM, the outermost memory: A 1,024"
    ):
        choose(replace(space(), architecture=small), ENERGIES)


def test_shared_dimensions_are_exact_and_others_may_have_a_rest():
    own = space(shared={"M": 4, "N": 1})
    assert own.exact("M") and not own.exact("N") and not own.exact("K")
    assert space(perfect=True).exact("K")
    odd = gemm("product", 61, 16, 47)
    mapping = choose(OperatorSpace(odd, EDGE, copies=COPIES, budget=10**6), ENERGIES)
    perfect = choose(OperatorSpace(odd, EDGE, copies=COPIES, budget=10**6, perfect=True), ENERGIES)
    assert perfect.perfect and not mapping.perfect


def test_tiles_without_room_change_no_choice(monkeypatch):
    long = OperatorSpace(gemm("long", 3000, 700, 96), EDGE, copies=COPIES, budget=5000)
    found = choose(long, ENERGIES)
    monkeypatch.setattr(operator, "_with_room", lambda space, unrolling, tiles: tiles)
    assert found == choose(long, ENERGIES)
