"""What chooses keys, before a layer: the index's products and the top-k unit."""

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapspace import index_products
from flat_plugin.mapspace.index_products import behind_choosing, choosing
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import mask_of

PLATFORM = flat.platform("edge", set={"topk_lanes": 16})


def layer(text):
    return Attention(1, 2, 64, 64, 16, mask=mask_of(text))


def works(text, platform=PLATFORM):
    attention = layer(text)
    return choosing(attention, attention.mask.select, 16, platform.architecture, platform.energies)


def test_products_and_the_unit_behind_them():
    product, weights, last = works("causal,topk=8,index=4x8")
    assert (product.name, weights.name, last.name) == ("index", "index_weights", "choose")
    assert product.computes == 8 * weights.computes
    assert [work.name for work in works("topk=8,index=1x8")] == ["index", "choose"]


def test_the_height_that_pays_is_taken(monkeypatch):
    """Twice as tall as long as it costs no more; the first that costs more ends it."""
    seen = []
    own = index_products._cost

    def cost(found):
        seen.append(own(found))
        return seen[-1]

    monkeypatch.setattr(index_products, "_cost", cost)
    taken = works("causal,topk=8,index=4x8")
    assert own(taken[:-1]) == min(seen)


@pytest.mark.parametrize("queries", [1, 5, 64, 100000])
def test_heights_go_from_that_of_the_array_to_all_queries(queries):
    heights = index_products._heights(queries, PLATFORM.architecture)
    assert heights[-1] == queries and heights == sorted(set(heights))
    assert all(b == min(queries, 2 * a) for a, b in zip(heights, heights[1:], strict=False))
    assert queries / heights[0] <= 2 * index_products._MOST_TILES


def test_a_layer_waits_for_its_choice():
    attention = layer("causal,topk=8,index=4x8")
    found = flat.estimate(attention, PLATFORM, "flat-r16")
    assert list(found.operators)[:3] == ["index", "index_weights", "choose"]
    given = flat.estimate(layer("causal,topk=8"), PLATFORM, "flat-r16")
    assert behind_choosing(given, layer("causal,topk=8"), given.mapping, *_parts()) is given
    full = flat.estimate(layer("full"), PLATFORM, "flat-r16")
    assert behind_choosing(full, layer("full"), full.mapping, *_parts()) is full


def _parts():
    return PLATFORM.architecture, PLATFORM.energies


def test_without_a_unit_it_is_refused():
    with pytest.raises(FlatError, match="no top-k unit"):
        works("topk=8,index=4x8", flat.platform("edge"))


def test_a_product_that_fits_nowhere():
    small = flat.platform("edge", set={"topk_lanes": 16, "buffer_kb": 0.0625})
    with pytest.raises(InvalidMapping):
        works("topk=8,index=64x512", small)
