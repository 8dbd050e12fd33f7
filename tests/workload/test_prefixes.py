"""Requests that share their first keys, as one sequence and apart."""

import pytest

from flat_plugin.workload import Attention, Mask
from flat_plugin.workload.prefixes import apart, together
from flat_plugin.workload.requests import Requests

CAUSAL = Mask(causal=True)
FOUR = Requests(4, keys=100, queries=2, shared=60)


def layer(mask: Mask = CAUSAL) -> Attention:
    return Attention(FOUR.number, 8, FOUR.queries, FOUR.keys, 64, mask=mask)


def test_the_common_keys_are_there_once() -> None:
    joined = together(layer(), FOUR)
    assert (joined.batch, joined.queries, joined.keys) == (1, 4 * 2, 60 + 4 * 40)
    assert joined.needed_scores == layer().needed_scores


def test_apart_undoes_it() -> None:
    assert apart(together(layer(), FOUR)) == layer()


@pytest.mark.parametrize(
    ("mask", "requests"),
    [(CAUSAL, Requests(4, keys=100, queries=2)), (Mask(causal=True, window=(9, 0)), FOUR)],
    ids=["nothing in common", "a window that does not reach"],
)
def test_other_requests_stay_by_themselves(mask: Mask, requests: Requests) -> None:
    assert together(layer(mask), requests) == layer(mask)
