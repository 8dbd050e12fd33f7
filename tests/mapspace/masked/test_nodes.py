"""A few iterations stand for all: what is linear in the keys, or in their tiles, has the same sum."""

import numpy as np
import pytest

from flat_plugin.mapspace.masked.iterations import iterations_of
from flat_plugin.mapspace.masked.nodes import FEW
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

MASKS = [
    "causal",
    "causal,offset=1000",
    "window=5000",
    "window=4096,sinks=4",
    "window=100:300,global=50",
]


@pytest.mark.parametrize("rows", [1, 3, 16])
@pytest.mark.parametrize("mask", MASKS)
def test_sums_are_those_of_all(mask, rows):
    tokens = 3 << 13
    layer = Attention(1, 1, tokens, tokens, 8, mask=mask_of(mask))
    iterations = iterations_of(layer, rows, 1)
    kinds, few = iterations.kinds, iterations.nodes([4, 64, 512])
    for tile in (1, 64, 512):
        every = np.ceil(kinds.keys / tile)
        assert (every[few.index] * few.weights).sum() == pytest.approx((every * kinds.times).sum(), rel=1e-12)
    assert len(few) <= len(kinds)
    if mask == "causal" and rows == 1:
        assert len(few) < len(kinds) / 10


@pytest.mark.parametrize("rows", [1, 2, 8, 16])
@pytest.mark.parametrize("extents", [(2, 32, 1024), (4, 64, 8192), (1, 8, 4096), (4, 4, 16384)])
@pytest.mark.parametrize("mask", ["causal", "causal,offset=1024"])
def test_tiles_within_tiles_need_few(mask, extents, rows):
    """Of tiles that rows make whole, of the part of a tile that is first and of that which is last."""
    tokens = (3 << 13) + (1 << 11)
    layer = Attention(1, 1, tokens, tokens, 8, mask=mask_of(mask))
    iterations = iterations_of(layer, rows, 1)
    kinds, few = iterations.kinds, iterations.nodes(extents)
    for tile in extents:
        for every in (np.ceil(kinds.keys / tile), kinds.keys % tile, kinds.keys % tile == 0):
            found = (every[few.index] * few.weights).sum()
            assert found == pytest.approx((every * kinds.times).sum(), rel=1e-12)
    assert len(few) < 1200


def test_few_are_all_counted():
    layer = Attention(1, 1, 64, 64, 8, mask=mask_of("causal"))
    few = iterations_of(layer, 1, 1).nodes([4])
    assert len(few) == 64 <= FEW and not len(few.left)
