"""Patterns of blocks."""

from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.blocks import Blocks, read_blocks, read_pattern

DIAGONAL = Blocks(64, 32, ("10", "01"))


def test_a_pattern_says_what_it_needs() -> None:
    assert str(DIAGONAL) == "2 of 4 blocks of 64x32"


@pytest.mark.parametrize(
    ("queries", "keys", "fits"), [(128, 64, True), (65, 33, True), (64, 64, False), (128, 65, False)]
)
def test_it_covers_the_layer_and_no_more(queries: int, keys: int, fits: bool) -> None:
    if fits:
        return DIAGONAL.check(queries, keys)
    with pytest.raises(FlatError, match=r"^mask\.blocks: the pattern has 2 blocks"):
        DIAGONAL.check(queries, keys)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ((), "empty"),
        (("10", "1"), r"mask\.blocks\[1\]: a row of blocks"),
        (("12",), r"mask\.blocks\[0\]"),
        (("",), "without blocks"),
    ],
)
def test_rows_are_texts_of_0_and_1(pattern: tuple[str, ...], words: str) -> None:
    with pytest.raises(FlatError, match=words):
        Blocks(1, 1, pattern)


def test_a_file_holds_one(tmp_path: Path) -> None:
    file = tmp_path / "blocks.yaml"
    file.write_text("mask: {rows: 64, keys: 32, blocks: ['10', '01'], selected: true}")
    assert read_pattern(file) == (DIAGONAL, True) and read_blocks(file) == DIAGONAL
    file.write_text("mask: {rows: 64, keys: 32, blocks: ['10'], chosen: true}")
    with pytest.raises(FlatError, match="blocks.yaml: mask: unknown key .*'chosen'"):
        read_blocks(file)
