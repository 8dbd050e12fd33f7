"""What is better in every trait costs no more: drawn pairs of chips, each by its own search."""

import random
from dataclasses import replace

import numpy as np
import pytest

from flat_plugin.batch.exploration_runs import answers_of
from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.boxes import Box
from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.design_file import read_design
from flat_plugin.exploration.figures import FRONT
from flat_plugin.exploration.floors import only
from flat_plugin.exploration.menus import bound_of
from flat_plugin.exploration.run import known_of
from flat_plugin.exploration.targets import parts_of
from flat_plugin.exploration.traits import corner_platform

WIDE = {
    "architecture": "edge",
    "axes": {
        "buffer_kb": [128, 192, 512, 2048],
        "GlobalBuffer.n_banks": [4, 16],
        "dram_gb_per_s": [2, 30],
        "buffer_gb_per_s": [50, 2000],
        "softmax_lanes": [4, 64],
        "PERegs.depth": [8, 32],
    },
    "workloads": [{"attention": "B=1,H=2,M=96,N=160,D=32"}],
    "dataflows": ["base-opt", "flat-opt", "flash"],
}


@pytest.fixture(scope="module")
def oracle():
    with answers_of(1) as answering:
        yield answering


def own(oracle, bounds: Bounds, platform, family, mode):
    asked = bounds.asked
    return oracle([Query(asked.cases[0], platform, asked.dataflows[family], mode, asked.softmax)])[0]


def least(bounds, family, designs):
    return np.array([bounds.ranked(0, int(design))[family] for design in designs])


@pytest.mark.parametrize("mode", ["edp", "energy", "latency"])
def test_a_set_is_bounded_by_its_corner(oracle, mode):
    """Also with what dearer accesses add; and the limits are below both."""
    draw = random.Random(mode)
    asked = read_design({**WIDE, "objective": mode})
    bounds = known_of(asked).bounds
    for _ in range(6):
        group = draw.choice(np.unique(bounds.group).tolist())
        members = np.flatnonzero(bounds.group == group)
        box = Box(np.array(sorted(draw.sample(members.tolist(), 5))))
        family = draw.randrange(3)
        limits = least(bounds, family, box.designs)
        value = own(oracle, bounds, box.platform(bounds), family, mode)
        bounds.learn(0, family, bound_of({mode: value}), box.corner(bounds), int(box.designs[0]))
        bound = least(bounds, family, box.designs)
        chips = [bounds.chips.platform(int(d)) for d in box.designs]
        exact = np.array([own(oracle, bounds, chip, family, mode)[mode] for chip in chips])
        assert (limits <= exact * (1 + 1e-9)).all()
        assert (bound <= exact * (1 + 1e-9)).all() and (bound >= value[mode] * (1 - 1e-12)).all()


def test_no_mapping_of_a_set_beats_those_of_its_corner(oracle):
    draw = random.Random(3)
    bounds = known_of(read_design(WIDE)).bounds
    for _ in range(4):
        group = draw.choice(np.unique(bounds.group).tolist())
        members = np.flatnonzero(bounds.group == group)
        box = Box(np.array(sorted(draw.sample(members.tolist(), 3))))
        family = draw.randrange(3)
        best = own(oracle, bounds, box.platform(bounds), family, FRONT)
        for design in box.designs:
            mine = own(oracle, bounds, bounds.chips.platform(int(design)), family, FRONT)
            for latency, energy, _ in mine.points:
                assert any(a <= latency * (1 + 1e-9) and b <= energy * (1 + 1e-9) for a, b, _ in best.points)


def test_one_mapping_of_a_front_has_the_figures_of_the_front(oracle):
    bounds = known_of(read_design(WIDE)).bounds
    asked, platform = bounds.asked, bounds.chips.platform(5)
    for flow in asked.dataflows:
        query = Query(asked.cases[0], platform, flow, FRONT, asked.softmax)
        (front,) = oracle([query])
        alone = oracle([replace(query, pick=number) for number in range(len(front.points))])
        assert [each.points[0] for each in alone] == [pytest.approx(point) for point in front.points]


def test_what_accesses_cost_at_least(oracle):
    """Floors make bounds closer, and never too close."""
    asked = read_design({**WIDE, "objective": "energy"})
    bounds = known_of(asked).bounds
    group = int(bounds.group[0])
    members = np.flatnonzero(bounds.group == group)
    best = corner_platform(bounds.chips, bounds.traits, bounds.corner(group), int(members[0]))
    menu = bound_of({"energy": own(oracle, bounds, best, 1, "energy")})
    bounds.learn(0, 1, menu, bounds.corner(group), int(members[0]))
    loose = least(bounds, 1, members)
    for number, prices in enumerate(bounds.prices):
        platform = only(best, bounds.chips.parts[prices.part].name)
        bounds.floor(0, 1, group, number, own(oracle, bounds, platform, 1, "energy").energy_j)
    bounds.learn(0, 1, menu, bounds.corner(group), int(members[0]))
    close = least(bounds, 1, members)
    assert (close >= loose).all() and (close > loose * 1.01).any()
    for place in random.Random(1).sample(range(len(members)), 6):
        exact = own(oracle, bounds, bounds.chips.platform(int(members[place])), 1, "energy")
        assert close[place] <= exact.energy_j * (1 + 1e-9)


def test_parts_are_put_together_as_the_document_builds_them():
    chips = known_of(read_design(WIDE)).bounds.chips
    for design in random.Random(2).sample(range(len(chips.space)), 12):
        built, _ = chips.build(design)
        whole = chips.architecture(design)
        assert parts_of(built) == parts_of(whole) and built.cycle_seconds == whole.cycle_seconds
