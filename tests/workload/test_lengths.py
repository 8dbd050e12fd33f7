"""Lengths of a model: its own or those asked for, of encoder, decoder and steps of decoding."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload import Layer
from flat_plugin.workload.lengths import Lengths

DECODER = Layer(heads=2, hidden=32, head_dim=16, feed_forward=64, kind="decoder")


def lengths(tokens=64, source=None, paired=False, step=None):
    return Lengths("model", tokens, source, paired, step)


def sizes(found, layer=DECODER, seq=None, batch=1, queries=None):
    attention = found.attention(layer, seq, batch, queries)
    return attention.batch, attention.queries, attention.keys


def test_its_own_length_unless_another_is_asked_for():
    assert sizes(lengths()) == (1, 64, 64)
    assert sizes(lengths(), seq=16, batch=3) == (3, 16, 16)


def test_a_step_has_few_queries_and_all_keys():
    assert sizes(lengths(step=2)) == (1, 2, 64)
    assert lengths(step=2).of("decoder", None) == 2


def test_a_decoder_attends_to_its_encoder():
    pair = lengths(tokens=8, source=64, paired=True)
    cross = Layer(heads=2, hidden=32, head_dim=16, feed_forward=64, kind="cross")
    encoder = Layer(heads=2, hidden=32, head_dim=16, feed_forward=64, kind="encoder")
    assert [sizes(pair, layer) for layer in (encoder, DECODER, cross)] == [(1, 64, 64), (1, 8, 8), (1, 8, 64)]
    assert (pair.of("encoder", None), pair.of("decoder", None)) == (64, 8)


@pytest.mark.parametrize(
    ("found", "asked", "message"),
    [
        (lengths(tokens=None), {}, "seq: model has no sequence length of its own"),
        (lengths(step=65), {}, "queries: more new tokens than tokens .got 65.; expected at most the 64 keys"),
        (lengths(), {"seq": 0}, "seq: "),
        (lengths(), {"batch": 0}, "batch: "),
    ],
)
def test_lengths_that_cannot_be(found, asked, message):
    with pytest.raises(FlatError, match=message):
        sizes(found, **asked)
