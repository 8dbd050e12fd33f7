"""Selections: how they are written, and what is refused."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask, mask_of, parse_mask
from flat_plugin.workload.selection import Index, Select


@pytest.mark.parametrize(
    ("text", "select"),
    [
        ("topk=64", Select(64)),
        ("causal,topk=64:tile", Select(64, None)),
        ("causal,topk=64:16", Select(64, 16)),
        ("causal,topk=64,page=16", Select(64, page=16)),
        ("causal,topk=2048,index=64x128,index_bits=8", Select(2048, index=Index(128, 64, 8))),
        ("causal,window=128,topk=8,index=32", Select(8, index=Index(32))),
    ],
)
def test_a_selection_is_written_as_it_is_read(text, select):
    mask = mask_of(text)
    assert mask.select == select
    assert mask_of(str(mask)) == mask
    assert not mask.full


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topk=0", "mask.topk: no size"),
        ("topk=-1", "mask.topk: no size"),
        ("topk=", "mask.topk: no size"),
        ("topk=many", "mask.topk: no size"),
        ("topk=1.5", "mask.topk: no size"),
        ("topk=8:", "mask.topk: no size"),
        ("topk=8:0", "mask.topk: no size"),
        ("topk=8:row", "mask.topk: no size"),
        ("topk", "unknown part of a mask"),
        ("topk=8,topk=9", "topk is given twice"),
        ("full,topk=8", "full cannot be combined with other parts"),
        ("page=8", "page without topk changes nothing"),
        ("causal,index=8", "index without topk changes nothing"),
        ("topk=8,index_bits=8", "index_bits without index change nothing"),
        ("topk=8,page=3", "mask.topk: no whole number of pages"),
        ("topk=8,index=8x", "mask.index: no size"),
        ("topk=8,index=8x8x8", "mask.index: no size"),
        ("topk=8,index=8,index_bits=0", "mask.index_bits: no width of a word"),
        ("topk=8,index=8,index_bits=wide", "mask.index_bits: no width of a word"),
        ("topk=8,sinks=2", "sinks without a window or chunks change nothing"),
    ],
)
def test_what_is_no_selection_is_refused(text, said):
    with pytest.raises(FlatError) as refused:
        mask_of(text)
    assert said in str(refused.value)


def test_values_are_checked_as_texts_are():
    for wrong in (
        lambda: Select(0),
        lambda: Select(True),
        lambda: Select(8, 0),
        lambda: Select(8, index="8"),
    ):
        with pytest.raises(FlatError):
            wrong()
    with pytest.raises(FlatError, match="no selection"):
        Mask(select="topk=8")
    blocks = Mask(blocks=Blocks(4, 6, ("10", "11")), select=Select(4, page=4))
    with pytest.raises(FlatError, match="blocks of no whole number of pages"):
        Attention(1, 1, 8, 12, 8, mask=blocks)


def test_a_selection_is_given_as_a_file_of_blocks(tmp_path):
    text = "mask: {rows: 2, keys: 4, blocks: ['10', '11'], selected: true}"
    (tmp_path / "chosen.yaml").write_text(text)
    (tmp_path / "blocks.yaml").write_text(text.replace(", selected: true", ""))
    chosen, blocks = (parse_mask(tmp_path / f"{name}.yaml") for name in ("chosen", "blocks"))
    assert (chosen.select, blocks.select) == (Select(None, 2, 4), None)
    assert chosen.blocks == blocks.blocks
    assert str(chosen) == "selected keys in 3 of 4 blocks of 2x4"
    assert chosen.tiles(4, 8, 2).keys.tolist() == [4, 8]
    (tmp_path / "wrong.yaml").write_text(text.replace("true", "maybe"))
    with pytest.raises(FlatError, match="mask.selected"):
        parse_mask(tmp_path / "wrong.yaml")
