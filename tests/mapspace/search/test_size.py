"""How many mappings a setting declares, counted one by one on a setting made up by hand."""

from types import SimpleNamespace

import numpy as np

from flat_plugin.mapspace.search.size import size_of


def side(row_tags, key_tags, own, skeletons, pads, unrolled):
    """Of chains with these shared loops, so many chains of its own axis, and what may be in its units."""
    return SimpleNamespace(
        needs=SimpleNamespace(rows=0, keys=1),
        axes=(range(len(row_tags)), range(len(key_tags)), range(own)),
        shared=SimpleNamespace(tags=(np.array(row_tags), np.array(key_tags)), shape=(2, 1)),
        kinds=SimpleNamespace(skeletons=[SimpleNamespace(stays=s, whole=w) for s, w in skeletons]),
        units=SimpleNamespace(pads={s: range(n) for s, n in pads.items()}, unrolled=range(unrolled)),
    )


LOGIT = side(
    [0, 0, 1], [0, 0], own=4, skeletons=[(0, False), (1, False), (0, True)], pads={0: 5, 1: 2}, unrolled=3
)
ATTEND = side([0, 1, 1], [0], own=1, skeletons=[(0, False)], pads={0: 1}, unrolled=2)


def test_pairs_have_the_same_shared_loops():
    """Rows: 2 · 1 with the first shared loops and 1 · 2 with the second; keys: 2 · 1."""
    inside = (5 + 2) * 3 * 1 * 2
    assert size_of([LOGIT, ATTEND]) == inside * (4 * 1) * (2 * 1 + 1 * 2) * 2


def test_one_operator_alone():
    assert size_of([LOGIT]) == (5 + 2) * 3 * 4 * 3 * 2


def test_a_tensor_that_no_unit_can_keep_has_no_choice():
    assert size_of([side([0], [0], 1, [(2, False)], {0: 5}, 3)]) == 0


def test_sizes_are_whole_however_large():
    many = side([0] * 10**6, [0] * 10**6, 1, [(0, False)] * 10**3, {0: 10**6}, 10**6)
    assert size_of([many, many]) == (10**15) ** 2 * (10**12) ** 2
