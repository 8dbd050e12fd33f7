"""Masks against a test of every pair of a query and a key."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mask_pairs import needs

from flat_plugin.errors import FlatError
from flat_plugin.workload.blocks import Blocks, read_blocks
from flat_plugin.workload.mask import FULL, Mask, parse_mask


def needed(mask, queries, keys):
    """The keys of every query, pair by pair."""
    return [{n for n in range(keys) if needs(mask, queries, keys, m, n)} for m in range(queries)]


@st.composite
def masks(draw, queries, keys):
    """Any mask of a small layer."""
    sizes = st.integers(0, max(queries, keys) + 3)
    if draw(st.integers(0, 5)) == 0:
        rows, side = draw(st.integers(1, queries + 1)), draw(st.integers(1, keys + 1))
        line = st.text("01", min_size=-(-keys // side), max_size=-(-keys // side))
        count = -(-queries // rows)
        return Mask(blocks=Blocks(rows, side, tuple(draw(st.lists(line, min_size=count, max_size=count)))))
    kind = draw(st.sampled_from(("none", "window", "chunk")))
    window = draw(st.tuples(sizes, sizes)) if kind == "window" else None
    chunk = draw(st.tuples(st.integers(1, max(queries, keys) + 3), sizes)) if kind == "chunk" else None
    causal, near = draw(st.booleans()), kind != "none"
    sinks, tokens = (draw(sizes), draw(sizes)) if near else (0, 0)
    offset = draw(st.none() | sizes) if causal or near else None
    prefix = draw(sizes) if causal and not near else 0
    return Mask(causal, window, sinks, tokens, offset, chunk=chunk, prefix=prefix)


@st.composite
def layers(draw, most=14):
    queries, keys = draw(st.integers(1, most)), draw(st.integers(1, most))
    return queries, keys, draw(masks(queries, keys)), draw(st.integers(1, queries + 1))


def check_every_pair(queries, keys, mask, rows):
    by_row = needed(mask, queries, keys)
    assert mask.needed(queries, keys) == sum(map(len, by_row))
    every = [by_row[first : first + rows] for first in range(0, queries, rows)]
    every = [tile for tile in every if any(tile)]
    tiles = [set().union(*tile) for tile in every]
    found = mask.tiles(queries, keys, rows)

    def one_by_one(values):
        return values.repeat(found.times).tolist()

    assert one_by_one(found.rows) == [len(tile) for tile in every]
    assert one_by_one(found.keys) == [len(tile) for tile in tiles]
    assert one_by_one(found.kept) == [0, *(len(a & b) for a, b in pairwise(tiles))][: len(tiles)]
    assert one_by_one(found.same) == [False, *(a == b for a, b in pairwise(tiles))][: len(tiles)]
    before = [set().union(*tiles[:n]) for n in range(len(tiles))]
    assert one_by_one(found.fresh) == [len(a - b) for a, b in zip(tiles, before, strict=True)]
    assert found.scores == sum(len(a) * len(b) for a, b in zip(every, tiles, strict=True))
    assert mask.most(queries, keys, rows) == max(map(len, tiles), default=0)
    assert found.every == len(set().union(*tiles))
    assert found.around == (len(tiles[0] & tiles[-1]) if tiles else 0)


@settings(max_examples=10_000, deadline=None)
@given(layers())
def test_every_pair_is_counted(layer):
    check_every_pair(*layer)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_tiles_that_are_alike_stand_for_each_other(data):
    queries, keys, mask, rows = data.draw(layers(most=90))
    check_every_pair(queries, keys, mask, data.draw(st.just(rows) | st.integers(1, 4)))


@settings(max_examples=300)
@given(st.integers(1, 8), st.integers(0, 6), st.integers(1, 5), st.integers(0, 5), st.booleans(), st.data())
def test_requests_with_keys_in_common(number, common, rows, more, causal, data):
    queries, keys = number * rows, common + number * (rows + more)
    mask = Mask(causal=causal, shared=(number, common))
    mask.check(queries, keys)
    check_every_pair(queries, keys, mask, data.draw(st.integers(1, queries + 1)))


def test_requests_fill_their_layer():
    mask = Mask(shared=(4, 10))
    mask.check(8, 30)
    for queries, keys in ((7, 30), (8, 31), (8, 14)):
        with pytest.raises(FlatError, match="no 4 requests with 10 keys in common"):
            mask.check(queries, keys)
    with pytest.raises(FlatError, match="no window, chunk, prefix or offset"):
        Mask(window=(3, 0), shared=(4, 10))


@pytest.mark.parametrize("text", ["window=64", "window=64:64,sinks=4", "window=64:100,global=9"])
def test_a_window_has_few_entries(text):
    assert len(parse_mask(text).tiles(1 << 40, 1 << 40, 16).times) < 100


@given(layers())
def test_what_is_printed_is_read(layer):
    mask = layer[2]
    if not mask.blocks:
        assert parse_mask(str(mask)) == mask


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("full", FULL),
        ("causal", Mask(causal=True)),
        ("window=4", Mask(causal=True, window=(3, 0))),
        ("causal, window=4", Mask(causal=True, window=(3, 0))),
        ("causal,window=3:9", Mask(causal=True, window=(3, 0))),
        ("window=3:9", Mask(window=(3, 9))),
        ("window=64:64,global=1", Mask(window=(64, 64), tokens=1)),
        ("window=1024,sinks=4,offset=100", Mask(True, (1023, 0), 4, 0, 100)),
        ("causal,chunk=8192", Mask(True, chunk=(8192, 0))),
        ("chunk=14:5", Mask(chunk=(14, 5))),
        ("chunk=512,global=32", Mask(tokens=32, chunk=(512, 0))),
        ("causal,prefix=197", Mask(True, prefix=197)),
    ],
)
def test_masks_as_they_are_written(text, mask):
    assert parse_mask(text) == mask


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "unknown part"),
        ("casual", "unknown part"),
        ("causal=1", "unknown part"),
        ("window", "unknown part"),
        ("causal,causal", "given twice"),
        ("full,causal", "full cannot be combined with other parts"),
        ("window=-1", "not a number"),
        ("window=0", "no token"),
        ("window=1:2:3", "not a number"),
        ("sinks=1:2", "not a number"),
        ("window=1e3", "not a number"),
        ("causal,sinks=4", "without a window"),
        ("global=4", "without a window"),
        ("offset=4", "without causal"),
        ("chunk=0", "no token"),
        ("chunk=0:3", "not a number"),
        ("chunk=4,window=4", "a window or chunks"),
        ("prefix=4", "sees its own keys where the others are causal"),
        ("causal,prefix=4,chunk=4", "without window or chunks"),
        ("window=9999999999999", "mask.window"),
        ("no/such/file.yaml", "no such file"),
    ],
)
def test_what_is_no_mask_is_refused(text, said):
    with pytest.raises(FlatError, match=said):
        parse_mask(text)


def test_a_window_as_wide_as_the_sequence_is_causal():
    assert parse_mask("window=64").needed(64, 64) == parse_mask("causal").needed(64, 64) == 64 * 65 // 2


def test_a_step_of_decoding_needs_all_before_it():
    assert parse_mask("causal").needed(1, 4096) == 4096
    assert parse_mask("causal,window=512").needed(1, 4096) == 512
    assert parse_mask("causal,offset=0").needed(1, 4096) == 1


def test_a_file_of_blocks(tmp_path):
    file = tmp_path / "mask.yaml"
    file.write_text("mask: {rows: 2, keys: 3, blocks: ['10', '11']}\n")
    mask = parse_mask(str(file))
    assert str(mask) == "3 of 4 blocks of 2x3"
    assert mask.needed(3, 5) == 2 * 3 + 1 * 5  # the last blocks are cut off
    with pytest.raises(FlatError, match="2 blocks of 3 keys"):
        mask.check(4, 7)


@pytest.mark.parametrize(
    "text",
    [
        "mask: {rows: 2, keys: 3}",
        "mask: {rows: 0, keys: 3, blocks: ['1']}",
        "mask: {rows: 2, keys: 3, blocks: []}",
        "mask: {rows: 2, keys: 3, blocks: ['10', '1']}",
        "mask: {rows: 2, keys: 3, blocks: ['2']}",
        "mask: {rows: 2, keys: 3, blocks: ['1'], more: 1}",
        "mask: {rows: 2, keys: 3, blocks: ['1']}\nmore: 1",
        "blocks: 3",
    ],
)
def test_a_wrong_pattern_is_refused(text):
    with pytest.raises(FlatError):
        read_blocks(text)


@pytest.mark.parametrize("text", ["causal", "window=4096", "window=512:512,global=64", "window=1024,sinks=4"])
def test_tiles_of_one_row_touch_what_is_needed(text):
    """A million of them, as arrays."""
    many, mask = 1 << 20, parse_mask(text)
    assert mask.tiles(many, many, 1).scores == mask.needed(many, many)


def test_queries_behind_all_keys_are_said():
    """A chunk of 64 at the end of its cache; one that begins in it; one behind all of it."""
    assert parse_mask("causal,offset=64").notes(64, 128) == []
    (some,) = parse_mask("causal,offset=100").notes(64, 128)
    assert some == "offset=100: 36 of 64 queries stand behind the last of the 128 keys"
    (every,) = parse_mask("causal,offset=200").notes(64, 128)
    assert every.endswith("64 of 64 queries stand behind the last of the 128 keys; no key is masked")
    (window,) = parse_mask("causal,window=90,offset=200").notes(64, 128)
    assert not window.endswith("masked")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("cusal", "causal"), ("windw=4", "window"), ("causal,sink=2", "sinks"), ("causal=1", "")],
)
def test_a_part_that_is_misspelt_is_answered_with_what_was_meant(text, meant):
    with pytest.raises(FlatError, match="unknown part of a mask") as refused:
        parse_mask(text)
    asked = f"; did you mean {meant}?"
    assert str(refused.value).endswith(asked if meant else "a file of blocks")
