"""What an operator's chains cost under a skeleton: words, by hand, times what they cost."""

import numpy as np
import pytest
from small_spaces import one_space

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.priced import changes_of
from flat_plugin.mapspace.search.skeleton import OUTSIDE

SIDE = one_space("registers").sides[0]
OP, PRICES = SIDE.operator, SIDE.operator.prices


def test_tiles_come_anew_as_often_as_loops_turn():
    count = np.array([[2, 3], [4, 9]])
    axis = Axis((0,), count[:, None], count, count)
    assert changes_of(axis, 1).tolist() == [4, 9] and changes_of(axis, OUTSIDE).tolist() == [1, 1]


def way_in(t, changes):
    """pJ and words of DRAM of a tensor on its way into the buffer, which keeps it."""
    words, output = OP.words[t], t == OP.structure.output
    each = PRICES.read[0] + PRICES.write[1] + (PRICES.update[0] if output else 0.0)
    first = words * (PRICES.read[0] + PRICES.write[1]) if output else 0.0
    moved = words * changes * (2 if output else 1) - (words if output else 0)
    return words * changes * each - first, moved


@pytest.mark.parametrize("t", [0, 1, 2])
def test_the_way_into_a_memory(t):
    seen = 0
    for part in SIDE.parts:
        skeleton, chains = part.skeleton, part.table.chains[t]
        if not skeleton.keep[0][t] or skeleton.stays == t:
            continue
        place = skeleton.count(t, 1)
        turns = np.ones(len(chains)) if place == OUTSIDE else chains.axis.count[place]
        energy, moved = way_in(t, turns)
        assert chains.figures.energy == pytest.approx(energy)
        assert chains.figures.words == pytest.approx(moved)
        seen += 1
    assert seen > 0


def test_what_a_memory_passes_costs_nothing_outside_it():
    for part in SIDE.parts[:200]:
        for t, chains in enumerate(part.table.chains):
            if not part.skeleton.keep[0][t] and part.skeleton.stays != t:
                assert not chains.figures.energy.any() and not chains.figures.words.any()


def test_the_tensor_that_stays_carries_the_choices_inside():
    part = next(p for p in SIDE.parts if p.skeleton.stays >= 0 and not p.skeleton.keep[0][p.skeleton.stays])
    chains = part.table.chains[part.skeleton.stays]
    count = changes_of(chains.axis, part.skeleton.staying())
    assert chains.inside == pytest.approx(part.menu.least + part.menu.rough.word * count)
    assert chains.figures.energy == pytest.approx(chains.inside)
    other = next(p for p in SIDE.parts if p.skeleton.stays < 0)
    assert (other.table.energy, other.table.words) == (other.menu.least, other.menu.rough.moved)
