"""Designs that another covers are left out; of equal ones the first stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.exploration.dominance import undominated
from flat_plugin.exploration.traits import Traits


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=40), st.integers(1, 3))
def test_as_by_comparing_all_pairs(rows, groups):
    values = np.array(rows, dtype=float).T
    group = np.arange(len(rows)) % groups
    group = np.unique(group, return_inverse=True)[1]
    kept = undominated(Traits((), values[:3], group), values[3:])

    def covers(i, j):
        better = (values[:3, i] >= values[:3, j]).all() and values[3, i] <= values[3, j]
        equal = (values[:, i] == values[:, j]).all()
        return group[i] == group[j] and better and (not equal or i < j)

    expected = [not any(covers(i, j) for i in range(len(rows)) if i != j) for j in range(len(rows))]
    assert kept.tolist() == expected
