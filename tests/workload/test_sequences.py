"""Lengths of a model, and of the requests of a step."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.lengths import Lengths
from flat_plugin.workload.requests import Requests
from flat_plugin.workload.sequences import Sequences

LAYER = Layer(2, 8, 4, 16, kind="decoder")
LENGTHS = Lengths("toy", 128, None, paired=False, step=None)
SERVING = Sequences(LENGTHS, (Requests(3, keys=64), Requests(1, keys=96, queries=32)))


def test_one_length_is_one_layer_of_attention() -> None:
    (attention,) = Sequences(LENGTHS, ()).attentions(LAYER, None, 4, None)
    assert (attention.batch, attention.queries, attention.keys) == (4, 128, 128)


def test_each_kind_of_requests_has_a_layer_of_its_own() -> None:
    found = [(a.batch, a.queries, a.keys) for a in SERVING.attentions(LAYER, None, 1, None)]
    assert found == [(3, 1, 64), (1, 32, 96)]


@pytest.mark.parametrize(("seq", "batch", "queries"), [(64, 1, None), (None, 2, None), (None, 1, 1)])
def test_requests_have_their_own_lengths(seq: int | None, batch: int, queries: int | None) -> None:
    with pytest.raises(FlatError, match="the requests of a step have their own lengths"):
        SERVING.attentions(LAYER, seq, batch, queries)
