"""The rows of a shared iteration that shared loops may have: each with what it costs at least."""

import numpy as np
import pytest
from small_spaces import FLASH, FUSED, one_space

from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.rows import EachRows

BAR = Bar(Best("edp"))


def looks(space, bar=BAR):
    """Every choice of shared loops, with those of its rows."""
    rows = EachRows(space)
    return [(look, list(rows.of(look, bar))) for look in space._looks(bar)]


@pytest.mark.parametrize("flow", [FUSED, FLASH], ids=lambda flow: flow.name)
def test_rows_make_up_the_dimension(flow):
    """Of four rows and keys: iterations of so many each, that cover them and no more than they must."""
    space, seen = one_space("registers", flow), 0
    for look, found in looks(space):
        ranges = {**space.ranges[0][look.rows], **space.ranges[1][look.keys]}
        for each in found:
            assert not each.shared and (each.rows, each.keys) == (look.rows, look.keys)
            assert {d for d, _, _ in each.tile} == set(ranges)
            for d, rows, times in each.tile:
                assert rows * times >= 4 > rows * (times - 1)
                assert times == np.prod(ranges[d].trips)
            seen += 1
    assert seen > 0


@pytest.mark.parametrize("flow", [FUSED, FLASH], ids=lambda flow: flow.name)
def test_known_rows_cost_no_less_than_any(flow):
    for look, found in looks(one_space("registers", flow)):
        for each in found:
            for name in ("energy", "latency", "traffic"):
                assert each.least[name][0] >= look.least[name][0] * (1 - 1e-9)
            assert all(own >= any_rows for own, any_rows in zip(each.steps, look.steps, strict=True))


def test_a_bar_leaves_out_what_costs_more():
    space = one_space("registers", FLASH)
    every = [each for _, found in looks(space) for each in found]
    ceiling = float(np.median([each.least["edp"][0] for each in every]))
    few = [each for _, found in looks(space, Bar(Best("edp"), ceiling)) for each in found]
    wanted = [each for each in every if each.least["edp"][0] <= ceiling]
    assert 0 < len(few) <= len(wanted) < len(every)
