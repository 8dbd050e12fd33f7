"""Tables by their shared loops, against going through all tiles."""

import numpy as np
import pytest
from small_spaces import BASE, FLASH, FUSED, one_space

from flat_plugin.mapspace.search.shared_loops import ByLoops, Shared
from flat_plugin.mapspace.search.shared_tiles import Range

WHOLE = np.ones(1)


@pytest.mark.parametrize("flow", [BASE, FUSED, FLASH], ids=lambda flow: flow.name)
@pytest.mark.parametrize("operator", [0, 1])
def test_the_least_with_each_choice(flow, operator):
    side = one_space("registers", flow).sides[operator]
    for part in side.parts[:: max(1, len(side.parts) // 8)]:
        found = ByLoops(side.shared, side.needs, WHOLE, part.table)
        least = np.full(side.shared.shape, np.inf)
        of_rows, of_keys = side.shared.tags
        for chains, cost in part.table.rows(np.inf, np.inf):
            rows, keys = (
                tags[part.table.chains[axis].columns[chains[axis]]]
                for tags, axis in ((of_rows, side.needs.rows), (of_keys, side.needs.keys))
            )
            np.minimum.at(least, (rows, keys), cost)
        assert (found.energy[0] <= least * (1 + 1e-9)).all()
        if flow is BASE:  # the scores take no room, which tables of others take for less than it is
            np.testing.assert_allclose(found.energy[0], least)


def test_words_are_the_fewest_of_each_axis():
    side = one_space("registers", FLASH).sides[0]
    part = side.parts[0]
    words = ByLoops(side.shared, side.needs, WHOLE, part.table).words
    fewest = part.table.words + sum(chains.fewest for chains in part.table.chains)
    assert words.shape == side.shared.shape and words.min() == pytest.approx(fewest)


def test_dimensions_that_some_shared_loop_walks():
    none = np.zeros(1, dtype=int)
    shared = Shared((none, none), ([{}, {"M": Range((2,), 2, 2)}], [{"N": Range((3,), 2, 2)}]), ())
    assert shared.shape == (2, 1)
    assert (shared.walked(0), shared.walked(1)) == ({"M"}, {"N"})
