"""Words that several children share: kinds of the same number of children are one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.model.sibling_requests import asked

KINDS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 9)), min_size=1, max_size=5)


@given(KINDS)
def test_nothing_is_lost_when_kinds_are_joined(kinds: list[tuple[int, int, int]]) -> None:
    together, apart, words = (
        [np.array([float(value)]) for value in column] for column in zip(*kinds, strict=True)
    )
    found = asked(together, apart, words)
    assert found.total[0] == sum(w for _, _, w in kinds)
    assert found.delivered[0] == sum(t * w for t, _, w in kinds)
    assert found.times(np.array([3.0]))[0] == 3 * found.total[0]
    assert found.share(np.array([4.0]))[0] == pytest.approx(found.delivered[0] / 4)


def test_equal_kinds_become_one() -> None:
    one = np.array([2.0])
    found = asked([one, one, one], [one, one, one], [np.array([1.0]), np.array([2.0]), np.array([4.0])])
    assert [words[0] for words in found.words] == [0, 0, 7]


def test_kinds_that_are_the_same_in_all_mappings_are_numbers() -> None:
    found = asked([2.0, 1.0], [1.0, 1.0], [5.0, 3.0])
    assert (found.together, found.words) == ((1.0, 2.0), (3.0, 5.0))
    assert found.delivered == 13 and found.share(2.0) == 6.5
