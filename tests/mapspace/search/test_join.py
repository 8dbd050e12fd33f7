"""Metrics of two operators together, by hand, on any hierarchy."""

from dataclasses import replace

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.mapspace.search.join import FREE, Chain, together
from flat_plugin.mapspace.search.points import Points
from flat_plugin.model.operator_work import Traffic, Work

CHIP = Architecture(
    "small",
    (
        Memory("DRAM", "DRAM", 16, shared_bandwidth=2, network_latency=3),
        Memory("L2", "SRAM", 16, capacity=100),
        Memory("L1", "SRAM", 16, capacity=60, shared_bandwidth=4),
    ),
    Compute("MAC", "intmac", 16),
    softmax=SoftmaxUnit(4),
)
SOFTMAX = Work(
    "softmax",
    7.0,
    {"SoftmaxUnit": 7.0, "DRAM": 2.0, "MAC": 1.0},
    {("SoftmaxUnit", "compute"): 5.0},
    {"S": Traffic.at(0, 3, 1)},
)


def point(cycles, steps, dram, energy, traffic, l2, l1, edge):
    one = {k: np.array([float(v)]) for k, v in dict(cycles=cycles, steps=steps, energy=energy).items()}
    busy, room = np.array([[dram], [0.0], [5.0]]), np.array([[0.0], [l2], [l1]])
    more = {"traffic": np.array([float(traffic)]), "edge": np.array([float(edge)])}
    return Points(busy=busy, room=room, number=np.zeros(1, int), **one, **more)


LOGIT = point(20, 10, 12.0, 100, 30, 40.0, 30.0, 2)
ATTEND = point(25, 15, 11.0, 200, 50, 50.0, 20.0, 1)


def chain(fused, serial=False, meeting=2, softmax=SOFTMAX, chip=CHIP):
    return Chain(chip, fused, serial, meeting, softmax)


def metrics(*args, sides=(LOGIT, ATTEND), **options):
    return chain(*args, **options).metrics(sides).at(0)


def test_unfused_operators_follow_each_other_and_have_the_memories_by_turns():
    assert metrics(False, meeting=1) == (305, 20 + 25 + 7, 84, 50)


def test_fused_operators_share_memories_and_ports():
    """Steps 10 + 15 + 1 of softmax, ports of DRAM 12 + 11 + 2; ends 3, network 3."""
    assert metrics(True) == (305, 26 + 3 + 3, 84, 50)
    assert metrics(True, serial=True)[1] == 26 + 7 + 6
    assert metrics(True, softmax=FREE)[:3] == (300, 25 + 6, 80)


@pytest.mark.parametrize(("l2", "l1", "fits"), [(90, 50, True), (89, 50, False), (90, 49, False)])
def test_every_memory_down_to_the_meeting_one_must_hold_them(l2, l1, fits):
    memories = (
        CHIP.memories[0],
        replace(CHIP.memories[1], capacity=l2),
        replace(CHIP.memories[2], capacity=l1),
    )
    chip = replace(CHIP, memories=memories)
    assert np.isfinite(metrics(True, chip=chip)[0]) == fits
    assert np.isfinite(metrics(True, chip=chip, meeting=1)[0]) == (l2 >= 90)


def test_points_by_points():
    two = LOGIT.take(np.array([0, 0]))
    found = chain(True).pairs(two, ATTEND)
    assert found.energy.shape == (2, 1) and found.energy[1, 0] == 305
    assert chain(True).pairs(two, None).energy.shape == (2, 1)
    assert found.flat().energy.tolist() == [305, 305]


def test_figures_that_goals_grow_with():
    def names(fused, *goals):
        figures = chain(fused).seen(LOGIT, goals)
        known = {id(getattr(LOGIT, name)): name for name in ("cycles", "energy", "traffic", "steps", "edge")}
        return [known.get(id(figure), "memory") for figure in figures]

    assert names(False, "edp") == ["cycles", "energy"]
    assert names(False, "traffic") == ["cycles", "energy", "traffic"]
    assert names(False, "traffic", "footprint") == ["memory", "traffic"]
    assert names(True, "edp") == ["energy", "steps", "edge", *["memory"] * 4]  # two ports, two rooms


def test_room_that_two_share():
    """[shares]: one needs much room to be cheap, the other little; halves: (9, 4) and (5, 1)."""
    assert together([np.array([9.0, 4.0])]) == 4
    assert together([np.array([9.0, 4.0]), np.array([5.0, 1.0])]) == min(9 + 1, 4 + 5)
    assert together([np.array([np.inf, 4.0]), np.array([np.inf, 1.0])]) == np.inf
