"""Two stretches of keys, against sets of keys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.workload.key_spans import Spans

KEYS = st.integers(0, 12)
TRIPLES = st.lists(st.tuples(KEYS, KEYS, KEYS), min_size=1, max_size=5)


def spans(triples: list[tuple[int, int, int]]) -> Spans:
    return Spans.of(*(np.array(column) for column in zip(*triples, strict=True)))


def keys(triple: tuple[int, int, int]) -> set[int]:
    head, start, stop = triple
    return {*range(head), *range(start, stop)}


@given(TRIPLES)
def test_a_union_has_each_key_once(triples: list[tuple[int, int, int]]) -> None:
    assert spans(triples).keys.tolist() == [len(keys(triple)) for triple in triples]


@given(TRIPLES, st.randoms())
def test_keys_in_common(triples: list[tuple[int, int, int]], random: np.random.Generator) -> None:
    others = triples[::-1]
    common = spans(triples).common(spans(others)).tolist()
    assert common == [len(keys(a) & keys(b)) for a, b in zip(triples, others, strict=True)]


@given(TRIPLES, st.integers(1, 5))
def test_pages_are_whole(triples: list[tuple[int, int, int]], page: int) -> None:
    last = 13
    paged = [
        {key for key in range(last) if any(other // page == key // page for other in keys(triple))}
        for triple in triples
    ]
    assert spans(triples).paged(page, last).keys.tolist() == [len(each) for each in paged]
