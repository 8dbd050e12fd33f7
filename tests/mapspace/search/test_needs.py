"""What an operator needs in its family: room, ports, ends and the scores; by hand."""

import numpy as np
import pytest
from small_spaces import BASE, FLASH, FUSED, one_space

from flat_plugin.mapspace.search.needs import whole_cycles

LOGIT, ATTEND = 0, 1  # of 4 rows, 4 keys and heads of 4, below a buffer of one memory


def needs(flow, operator=LOGIT):
    return one_space("registers", flow).sides[operator].needs


def test_a_point_that_costs_at_least_so_much():
    """DRAM moves 4 words a cycle: 100 words take 25, more than the array's 10. Meanwhile memories leak."""
    point, leak = needs(BASE).least(10.0, 7.0, 100.0), needs(BASE).operator.leak
    assert (point.cycles[0], point.steps[0], point.traffic[0]) == (25, 10, 100)
    assert leak > 0 and point.energy[0] == 7 + 25 * leak
    assert not point.room.any() and not point.edge.any()
    assert needs(BASE).least(np.array([10.0, 30.0]), 7.0, 100.0).cycles.tolist() == [25, 30]


def test_cycles_are_whole_where_ports_are_busier_than_the_array():
    """And stay as they are where rounding alone makes them more."""
    busy = np.array([24.2, 25.0 + 1e-13, 3.5])
    assert whole_cycles(np.array([10.0, 10.0, 10.0]), busy).tolist() == [25, 25, 10]


def test_ports():
    assert needs(BASE).ports(1, np.array([32.0]), np.array([16.0])).tolist() == [3]  # 16 words a cycle
    assert needs(BASE).ports(2, np.array([32.0]), np.array([16.0])).tolist() == [0]  # no limit


@pytest.mark.parametrize(("flow", "each"), [(FUSED, 0), (FLASH, 2)])
def test_scores_are_held_where_operators_meet(flow, each):
    """Rows × keys of a shared iteration; online a maximum and a sum of each row besides."""
    side = one_space("registers", flow).sides[LOGIT]
    scores = side.needs.least_scores(side.shared.ranges)
    for r, rows in enumerate(side.shared.ranges[0]):
        for k, keys in enumerate(side.shared.ranges[1]):
            m = rows["M"].least if "M" in rows else 4
            n = keys["N"].least if "N" in keys else 4
            assert scores[r, k] == m * n + each * m


def test_operators_apart_hold_no_scores():
    side = one_space("registers").sides[LOGIT]
    assert not side.needs.least_scores(side.shared.ranges).any()
    assert not any(held.any() for held in side.needs.least_held(side.axes, {}, 4.0))


@pytest.mark.parametrize(("flow", "counted"), [(BASE, (2, 2, 2)), (FUSED, (2, 2, 0))])
def test_tiles_count_twice_but_for_scores_that_are_held(flow, counted):
    side = one_space("registers", flow).sides[LOGIT]
    skeleton = side.kinds.skeletons[0]
    kept = skeleton.keep[0]
    tiles = np.array([[[0.0]] * 3, [[3.0], [5.0], [7.0]], [[9.0]] * 3])
    room = side.needs.room(skeleton, tiles, np.array([11.0]))
    words = sum(c * w for c, w, keeps in zip(counted, (3, 5, 7), kept, strict=True) if keeps)
    assert room[side.needs.meeting, 0] == words + 11


def test_the_first_tiles_way_in_and_the_last_ones_way_out():
    """Q and K of logit cross DRAM's port of 4 words; of attend O does."""
    tiles = np.array([[[0.0]] * 3, [[8.0], [12.0], [20.0]], [[0.0]] * 3])
    for operator in (LOGIT, ATTEND):
        side = one_space("registers", FUSED).sides[operator]
        names = side.operator.structure.names
        for skeleton in side.kinds.skeletons[:20]:
            words = dict(zip(names, (8, 12, 20), strict=True))
            kept = [n for n, keeps in zip(names, skeleton.keep[0], strict=True) if keeps and n in "QKO"]
            assert side.needs.least_edge(skeleton, tiles)[0] == sum(words[n] for n in kept) / 4
    assert needs(BASE).least_edge(skeleton, tiles)[0] == 0
