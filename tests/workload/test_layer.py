from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.products import Linear


def test_what_is_not_given_follows_from_the_rest():
    layer = Layer(8, 512, 64)
    assert (layer.kv_heads, layer.value_dim, layer.kv_hidden) == (8, 64, 512)
    assert layer == Layer(8, 512, 64, kv_heads=8, value_dim=64, kv_hidden=512)


def test_a_decoder_is_causal():
    assert Layer(8, 512, 64, kind="decoder").causal
    assert not Layer(8, 512, 64, kind="encoder").causal
    assert not Layer(8, 512, 64, kind="decoder", causal=False).causal


def test_linear_weights():
    assert Layer(2, 10, 3).linear_weights == 4 * 10 * 6
    assert Layer(4, 10, 3, kv_heads=2).linear_weights == 2 * 10 * 12 + 2 * 10 * 6
    assert Layer(2, 10, 3, feed_forward=7).linear_weights == 240 + 2 * 70
    assert Layer(2, 10, 3, feed_forward=7, gated=True).linear_weights == 240 + 3 * 70
    assert Layer(2, 10, 3, value_dim=5).linear_weights == 2 * 10 * 6 + 2 * 10 * 10
    assert Layer(2, 10, 3, kv_hidden=1).linear_weights == 2 * 60 + 2 * 6
    assert Layer(2, 10, 3, others=(Linear("gate", 10, 6, times=2),)).linear_weights == 240 + 120


@pytest.mark.parametrize(
    "changes",
    [{"heads": 0}, {"kv_heads": 3}, {"feed_forward": -1}, {"gated": 1}, {"causal": 0}, {"kind": "odd"}],
    ids=lambda changes: next(iter(changes)),
)
def test_every_field_is_checked(changes):
    with pytest.raises(FlatError, match=next(iter(changes))):
        Layer(**{"heads": 8, "hidden": 512, "head_dim": 64} | changes)
