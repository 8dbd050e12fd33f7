"""The index's products: their tiles and scores by hand."""

import pytest
from four_cores import CHIP, ERT

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.indexing import index_works, indexed
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import mask_of


def layer(text):
    return Attention(2, 6, 8, 8, 4, kv_heads=3, mask=mask_of(text))


def products(text, height=2, tile=2):
    attention = layer(text)
    return indexed(attention, attention.mask.select, height, tile)


def tiles(found):
    return sorted(zip(found.rows.tolist(), found.pages.tolist(), found.times.tolist(), strict=True))


def test_one_choice_for_all_heads():
    """Two index queries a tile see 2, 4, 6 and 8 keys; four heads of the index are added up."""
    found = products("causal,topk=3,index=4x5")
    assert tiles(found) == [(2, 2, 1), (2, 4, 1), (2, 6, 1), (2, 8, 1)]
    assert found.heads == 4
    assert dict(found.einsum.bounds) == {"B": 2, "M": 2, "N": 8, "X": 4, "D": 5}
    assert found.scores == 2 * 2 * (2 + 4 + 6 + 8)


def test_every_head_of_keys_may_choose_for_itself():
    """Of six heads two share keys; their queries are the heads of its index."""
    found = products("topk=3,index=5")
    assert tiles(found) == [(2, 8, 4)]
    assert dict(found.einsum.bounds) == {"B": 2, "H": 3, "M": 2, "N": 8, "X": 2, "D": 5}
    assert found.scores == 2 * 3 * 8 * 8


def test_keys_that_are_scored_by_themselves():
    """Each new key is multiplied with the weights of its head, once."""
    found = products("causal,topk=3,index=keysx5")
    assert (tiles(found), found.heads) == ([(1, 8, 1)], 1)
    assert dict(found.einsum.bounds) == {"B": 2, "H": 3, "M": 1, "N": 8, "D": 5}


def test_pages_and_queries_that_choose_together_have_one_score():
    """Four rows choose together by one index query; a page of four keys has one index key."""
    found = products("causal,topk=4:4,page=4,index=4x5", height=1)
    assert tiles(found) == [(1, 1, 1), (1, 2, 1)]
    assert found.scores == 2 * (1 + 2)
    assert tiles(products("causal,topk=4:tile,index=4x5", height=1, tile=4)) == [(1, 4, 1), (1, 8, 1)]
    assert tiles(products("topk=3,index=4x5", height=100)) == [(8, 8, 1)]


def nest(found):
    """All of a head's rows in a core; keys are unrolled over its units."""
    sizes = dict(found.einsum.bounds)
    temporal = tuple((d, sizes[d]) for d in "BHMX" if d in sizes)
    return OperatorMapping(
        (
            LevelMapping("DRAM", temporal),
            LevelMapping("L2"),
            LevelMapping("L1", (("D", sizes["D"]), ("N", 2)), (("N", 4),)),
            LevelMapping("Regs"),
        )
    )


def test_work_of_all_tiles():
    """Words of index keys by tile of rows; then a multiply-accumulate for each head's score."""
    found = products("causal,topk=3,index=4x5")
    product, weighted = index_works(found, nest(found), CHIP, ERT)
    scores = 2 * 2 * (2 + 4 + 6 + 8) * 4
    assert product.computes == scores * 5
    assert product.energy["MAC", "compute"] == scores * 5
    assert (weighted.name, weighted.computes) == ("index_weights", scores)
    assert (weighted.cycles, weighted.energy["MAC", "compute"]) == (-(-scores // 16), scores)
    assert product.traffic["K"].dram_reads == pytest.approx(2 * 2 * 4 * 5 * (2 + 4 + 6 + 8))


def test_one_head_has_nothing_to_add_up():
    found = products("topk=3,index=1x5")
    assert [work.name for work in index_works(found, nest(found), CHIP, ERT)] == ["index"]


def test_a_tile_fits_its_memory():
    found = products("topk=3,index=4x5")
    wide = OperatorMapping(
        (
            LevelMapping("DRAM", (("B", 2), ("M", 2), ("X", 4))),
            LevelMapping("L2"),
            LevelMapping("L1"),
            LevelMapping("Regs", (("D", 5), ("N", 8))),
        )
    )
    with pytest.raises(InvalidMapping, match="couldn't map level Regs"):
        index_works(found, wide, CHIP, ERT)
