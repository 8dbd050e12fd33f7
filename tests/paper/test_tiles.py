"""One tile of the shared loops: 512 rows in eight tiles, two heads."""

from __future__ import annotations

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.paper.tiles import one_tile, tile_words
from flat_plugin.workload import Attention

LOGIT = Attention(1, 2, 512, 128, 16).logit()
SHARED = (("H", 2), ("M", 8))
NEST = OperatorMapping(
    (
        LevelMapping("DRAM", (("N", 4), ("M", 16), ("H", 2)), bypass=frozenset("S")),
        LevelMapping("Buffer", (("M", 32), ("N", 32), ("D", 16))),
    )
)


def test_its_nest_has_the_shared_loops_taken_away() -> None:
    einsum, nest = one_tile(LOGIT, NEST, SHARED)
    assert einsum.sizes == {"B": 1, "H": 1, "M": 64, "N": 128, "D": 16}
    assert nest.levels[0].temporal == (("N", 4), ("M", 2), ("H", 1))
    assert nest.levels[1] == NEST.levels[1] and nest.levels[0].bypass == frozenset("S")
    assert all(nest.covers(d) == size for d, size in einsum.bounds)


def test_without_shared_loops_it_is_the_operator() -> None:
    assert one_tile(LOGIT, NEST, ()) == (LOGIT, NEST)


def test_words_of_its_tiles_in_the_buffer() -> None:
    """32 rows and 32 keys of 16."""
    mapping = FusedMapping.below_outermost(
        parse_dataflow("flat-r64"), SHARED, frozenset(), (("logit", NEST),)
    )
    assert tile_words(LOGIT, mapping, ("Q",)) == 32 * 16
    assert tile_words(LOGIT, mapping, ("Q", "K", "V")) == 2 * 32 * 16
    assert tile_words(LOGIT, mapping, ("S",)) == 32 * 32
    assert tile_words(LOGIT, mapping, ()) == 0
