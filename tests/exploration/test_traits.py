"""What is better in every trait costs no more: drawn pairs of chips, each by its own search."""

import random

import numpy as np
import pytest

from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.boxes import Box
from flat_plugin.exploration.chip_cost import Query, answers
from flat_plugin.exploration.design_file import read_design
from flat_plugin.exploration.run import known_of
from flat_plugin.exploration.targets import parts_of

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


def own(bounds: Bounds, platform, family, mode):
    asked = bounds.asked
    query = Query(asked.cases[0], platform, asked.dataflows[family], mode, asked.softmax)
    return answers([query])[0][mode]


@pytest.mark.parametrize("mode", ["edp", "energy", "latency"])
def test_a_set_is_bounded_by_its_corner(mode):
    """Also with what dearer accesses add; and the limits are below both."""
    draw = random.Random(mode)
    asked = read_design({**WIDE, "objective": mode})
    bounds = known_of(asked).bounds
    for _ in range(6):
        group = draw.choice(np.unique(bounds.group).tolist())
        members = np.flatnonzero(bounds.group == group)
        box = Box(np.array(sorted(draw.sample(members.tolist(), 5))))
        family = draw.randrange(3)
        limits = bounds.least[mode][0, family, box.designs].copy()
        value = own(bounds, box.platform(bounds), family, mode)
        bounds.learn(mode, 0, family, value, box.corner(bounds), int(box.designs[0]))
        bound = bounds.least[mode][0, family, box.designs]
        exact = [own(bounds, bounds.chips.platform(int(d)), family, mode) for d in box.designs]
        assert (limits <= np.array(exact) * (1 + 1e-9)).all()
        assert (bound <= np.array(exact) * (1 + 1e-9)).all() and (bound >= value * (1 - 1e-12)).all()


def test_what_accesses_cost_at_least():
    """Floors make bounds closer, and never too close."""
    from flat_plugin.exploration.floors import only
    from flat_plugin.exploration.traits import corner_platform

    asked = read_design({**WIDE, "objective": "energy"})
    bounds = known_of(asked).bounds
    group = int(bounds.group[0])
    members = np.flatnonzero(bounds.group == group)
    best = corner_platform(bounds.chips, bounds.traits, bounds.corner(group), int(members[0]))
    value = own(bounds, best, 1, "energy")
    bounds.learn("energy", 0, 1, value, bounds.corner(group), int(members[0]))
    loose = bounds.least["energy"][0, 1, members].copy()
    for number, prices in enumerate(bounds.prices):
        platform = only(best, bounds.chips.parts[prices.part].name)
        bounds.floor(0, 1, group, number, own(bounds, platform, 1, "energy"))
    bounds.learn("energy", 0, 1, value, bounds.corner(group), int(members[0]))
    close = bounds.least["energy"][0, 1, members]
    assert (close >= loose).all() and (close > loose * 1.01).any()
    for place in random.Random(1).sample(range(len(members)), 6):
        exact = own(bounds, bounds.chips.platform(int(members[place])), 1, "energy")
        assert close[place] <= exact * (1 + 1e-9)


def test_parts_are_put_together_as_the_document_builds_them():
    chips = known_of(read_design(WIDE)).bounds.chips
    for design in random.Random(2).sample(range(len(chips.space)), 12):
        built, _ = chips.build(design)
        whole = chips.architecture(design)
        assert parts_of(built) == parts_of(whole) and built.cycle_seconds == whole.cycle_seconds
