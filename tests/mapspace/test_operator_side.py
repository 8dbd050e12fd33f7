"""Points of one operator: each is what the model counts for its mapping, and no bound is above one."""

from math import inf

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.operator_side import Points, Side, terms_of
from flat_plugin.mapspace.outer_tilings import Shared
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload import parse_attention
from flat_plugin.workload.einsum import gemm

PRODUCT = gemm("product", 4, 2, 4)


def side(name, shared=None, room=inf):
    architecture = ARCHITECTURES[name]
    below = Below(structure_of(PRODUCT), architecture, ENERGIES)
    shared = shared or (Shared(),)
    return Side.of(below, architecture, shared, [room] * len(shared), fused=False)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_figures_are_those_of_the_mapping(name):
    one, architecture = side(name), ARCHITECTURES[name]
    points = one.expand(np.arange(len(one.rows)))
    buffer = architecture.memories[1]
    assert len(points) > 3
    for n in range(0, len(points), max(1, len(points) // 25)):
        if points.footprint[n] > buffer.capacity:
            continue
        mapping = one.mapping(int(points.row[n]), int(points.choice[n]))
        result = evaluate_operator(PRODUCT, architecture, mapping, ENERGIES)
        assert points.cycles[n] == result.cycles and points.steps[n] == result.compute_cycles
        assert points.energy[n] == pytest.approx(result.energy_pj)
        outer = result["DRAM"].tensors.values()
        assert points.traffic[n] == sum(counts.reads + counts.updates for counts in outer)
        assert points.footprint[n] == 2 * sum(t.utilized_capacity for t in result["Buffer"].tensors.values())


@pytest.mark.parametrize("name", ["registers", "narrow", "linked"])
def test_bounds_are_never_above_a_point(name):
    one = side(name)
    every = np.arange(len(one.rows))
    points, loose, tight = one.expand(every), one.outline(), one.tighter(every)
    for bounds in (loose, tight):
        for figure in ("energy", "cycles", "steps", "traffic", "footprint"):
            found, least = getattr(points, figure), getattr(bounds, figure)[points.row]
            assert (least <= found * (1 + 1e-12)).all(), figure
        assert (bounds.busy[:, points.row] <= points.busy + 1e-9).all()
    assert (loose.energy <= tight.energy * (1 + 1e-12)).all()


def test_tilings_that_do_not_fit_are_left_out():
    every, few = side("registers"), side("registers", room=20)
    assert few.declared == every.declared and 0 < len(few.rows) < len(every.rows)
    assert (few.expand(np.arange(len(few.rows))).footprint <= 20).all()


def test_tiles_that_are_whole():
    one = side("registers", (Shared((("M", 2),)),))
    whole = one.whole(1, np.arange(len(one.rows)))  # W has N and K
    turns = one.turns(np.arange(len(one.rows)))
    assert (whole == ((turns[1] == 1) & (turns[2] == 1))).all()
    one.only(np.flatnonzero(whole))
    assert len(one.rows) == whole.sum()


def test_what_counts_of_which_tensors():
    logit, attend = parse_attention("B=1,H=1,M=4,N=4,D=2").einsums()
    fused, apart = terms_of(logit, True), terms_of(logit, False)
    assert (fused.copies, fused.edge, fused.on_chip) == ((2, 2, 0), (True, True, False), (False, False, True))
    assert fused.moved == (True, True, False)
    assert (apart.copies, apart.edge, apart.moved) == ((2, 2, 2), (False,) * 3, (True,) * 3)
    assert terms_of(attend, True).on_chip == (True, False, False)


def points(*columns):
    rows = np.array(columns, dtype=float).T
    shared = np.zeros(len(columns), dtype=int)
    cycles, steps, _, energy, traffic, footprint, edge = rows
    return Points(shared, cycles, steps, rows[2:3], energy, traffic, footprint, edge, shared, shared)


def test_points_as_columns_and_their_least():
    two = points((1, 2, 3, 4, 5, 6, 7), (7, 6, 5, 4, 3, 2, 1))
    least = two.least()
    assert (least.cycles[0], least.steps[0], least.busy[0, 0], least.edge[0]) == (1, 2, 3, 1)
    assert two.take(np.array([1])).cycles.tolist() == [7]
    assert two.column().cycles.shape == (2, 1)
    assert len(Points.joined([two, two])) == 4
