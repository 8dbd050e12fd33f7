"""Published tables: read as declared, whatever rows they hold, or refused with the line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from flat_plugin.documents.table import read_table
from flat_plugin.errors import FlatError
from flat_plugin.paper.authors import FILE as AUTHORS
from flat_plugin.paper.authors import AuthorsCase, AuthorsRow, authors_comparisons, evaluate_authors
from flat_plugin.paper.fusemax import FLAT_FILE, UNFUSED_FILE, flat_comparisons, unfused_comparisons
from flat_plugin.paper.rtl import FILE as RTL
from flat_plugin.paper.rtl import rtl_comparisons
from flat_plugin.paper.validation import validate

ROW: AuthorsRow = {
    **{"platform": "cloud", "models": "BERT", "seq_len": "1K", "B": 64, "H": 12, "M": 1024, "P": 1024},
    **{"E": 64, "F": 64, "P1": 256, "fusion_granularity": "row"},
    **{"Q_loc": "offchip", "K_loc": "offchip", "QK_loc": "onchip", "V_loc": "offchip", "AV_loc": "offchip"},
    **{"QK_stationarity": "output", "AV_stationarity": "output", "proportion_spilled": 0.0},
    **{"mem_traffic": 1e9, "ideal_latency": 1.0, "actual_latency": 1.0, "energy": 1e12},
}
XLM = {"models": "XLM", "H": 16, "E": 128, "F": 128}


def table(path: Path, *rows: Any) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path.parent


def test_a_row_of_any_model_length_and_platform_is_placed(tmp_path: Path) -> None:
    rows = [
        ROW,
        {**ROW, **XLM},
        {**ROW, **XLM, "platform": "edge"},
        {**ROW, "seq_len": "4K", "M": 4096, "P": 4096},
    ]
    names = {row.case for row in authors_comparisons(table(tmp_path / AUTHORS, *rows))}
    assert names == {"cloud BERT 1K flat-r256", "cloud XLM 1K flat-r256", "edge XLM 1K flat-r256"} | {
        "cloud BERT 4K flat-r256"
    }


def test_fusemax_rows_are_placed_by_model_and_length(tmp_path: Path) -> None:
    table(tmp_path / AUTHORS, ROW, {**ROW, **XLM}, {**ROW, **XLM, "platform": "edge"})
    published = {"seq_len": "1K", "traffic": 1e9, "latency": 1.0}
    for file in (FLAT_FILE, UNFUSED_FILE):
        table(tmp_path / file, {"model": "BERT", **published}, {"model": "XLM", **published})
    rows = [*flat_comparisons(tmp_path), *unfused_comparisons(tmp_path)]
    found = {(row.experiment, row.case): row.ours for row in rows if row.unit == "B"}
    unfused = "fusemax unfused"
    bert, xlm = found[unfused, "BERT 1K base"], found[unfused, "XLM 1K base"]
    scores, operands = 64 * 1024**2, 64 * 1024 * 4  # a head's, of all sequences; per element of a head
    assert (bert, xlm) == tuple(2 * heads * (4 * scores + operands * d) for heads, d in ((12, 64), (16, 128)))
    assert ("fusemax flat, published loops", "XLM 1K flat-r256") in found


@pytest.mark.parametrize(
    ("file", "row", "said"),
    [
        (
            FLAT_FILE,
            {"model": "BERT", "seq_len": "2K"},
            "line 2: a row that cannot be placed (got 'BERT 2K')",
        ),
        (UNFUSED_FILE, {"model": "GPT-9", "seq_len": "1K"}, "line 2: model: unknown model (got 'GPT-9')"),
        (UNFUSED_FILE, {"model": "BERT", "seq_len": "long"}, "line 2: seq_len: not a length (got 'long')"),
    ],
)
def test_a_fusemax_row_that_cannot_be_placed_is_named(file: str, row: Any, said: str, tmp_path: Path) -> None:
    table(tmp_path / AUTHORS, ROW)
    for each in (FLAT_FILE, UNFUSED_FILE):
        table(tmp_path / each, {"model": "BERT", "seq_len": "1K", "traffic": 1e9, "latency": 1})
    table(tmp_path / file, {**row, "traffic": 1e9, "latency": 1})
    with pytest.raises(FlatError) as refused:
        validate(tmp_path, "fusemax")
    assert f"{tmp_path / file}: {said}" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"M": "many"}, "line 3.M: not of the right kind (got 'many'); expected a whole number"),
        ({"M": 2.5}, "line 3.M: not of the right kind (got 2.5)"),
        ({"M": 0}, "line 3.M: out of range (got 0)"),
        ({"M": 10**300}, "line 3.M: out of range"),
        ({"energy": "nan"}, "line 3.energy: not of the right kind (got nan)"),
        ({"energy": -1}, "line 3.energy: out of range (got -1.0)"),
        ({"proportion_spilled": 2}, "line 3.proportion_spilled: out of range (got 2.0); expected 0 to 1"),
        (
            {"Q_loc": "nowhere"},
            "line 3.Q_loc: not of the right kind (got 'nowhere'); expected onchip or offchip",
        ),
        ({"P1": 300}, "line 3: P1: tiles of rows are whole (got 300); expected a divisor of 1024"),
        ({"M": 1000}, "line 3: mapping.N: the factors of dimension N multiply to"),
    ],
)
def test_a_row_of_the_authors_that_is_wrong_is_named(changes: Any, said: str, tmp_path: Path) -> None:
    table(tmp_path / AUTHORS, ROW, {**ROW, **changes})
    with pytest.raises(FlatError) as refused:
        authors_comparisons(tmp_path)
    assert f"{tmp_path / AUTHORS}: {said}" in str(refused.value)


SIZES = {"M": 256, "L": 256, "K": 80, "N": 80, "tile_M": 32, "tile_K": 16, "tile_L": 64, "rtl_cycles": 9e4}
BITS = dict.fromkeys(("mem_to_buf_bits", "buf_to_mem_bits", "buf_to_reg_bits", "reg_to_buf_bits"), 1e6)


@pytest.mark.parametrize("changes", [{"tile_M": 24}, {"tile_K": 32}, {"tile_L": 8}])
def test_a_tile_that_the_array_does_not_take_is_named(changes: Any, tmp_path: Path) -> None:
    (tile,) = changes
    table(tmp_path / RTL, {**SIZES, **BITS}, {**SIZES, **BITS, **changes})
    with pytest.raises(FlatError, match=f"line 3: {tile}: a tile that is not taken"):
        rtl_comparisons(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: a column is missing"),
        (b"M\xff,L\n1,2\n", "line 1: not a text file; expected UTF-8"),
        (b"\xef\xbb\xbfmodel,seq_len,traffic,latency\n", "no rows"),
        (
            b"model,seq_len,traffic,latency\nBERT,1K,1\n",
            "line 2: wrong number of cells (got 3); expected 4",
        ),
        (b'model,seq_len,traffic,latency\nBERT,"1K,1,2\n', "not CSV: unexpected end of data"),
        (b"model,seq_len,traffic,traffic,latency\nBERT,1K,1,1,1\n", "line 1: a column is given twice"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    from flat_plugin.paper.fusemax import FuseMaxRow

    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(FlatError) as refused:
        read_table(tmp_path / "t.csv", FuseMaxRow)
    assert said in str(refused.value)


@pytest.mark.parametrize("rows", [32, 64, 128])
@pytest.mark.parametrize("scores", ["onchip", "offchip"])
def test_rows_that_are_not_staged_stream_past_every_tile_of_keys(rows: int, scores: Any) -> None:
    """Under weight stationarity: once for every 32 keys that the array of the edge holds."""
    places = {"platform": "edge", "QK_stationarity": "weight", "AV_stationarity": "weight", "QK_loc": scores}
    row: Any = {**ROW, **XLM, **places, "seq_len": "2K", "M": 2048, "P": 2048, "P1": rows}
    result = evaluate_authors(AuthorsCase.of(row))
    words: dict[str, float] = {}
    for work in result.works:
        for tensor, moved in work.traffic.items():
            words[tensor] = words.get(tensor, 0) + moved.dram
    q = 64 * 16 * 2048 * 128
    assert words["Q"] == q * 2048 / 32
    assert words["K"] == words["V"] == q * 2048 / rows
    staged = evaluate_authors(AuthorsCase.of({**row, "Q_loc": "onchip"}))
    assert sum(moved.dram for work in staged.works for t, moved in work.traffic.items() if t == "Q") == q
