"""A row of the table: all that tells it from others, or what is wrong with it."""

import csv
from pathlib import Path

import pytest

from flat_plugin.documents.table import read_table
from flat_plugin.errors import FlatError
from flat_plugin.paper.h100.rows import H100Row, case_of

RECORDED = Path(__file__).parents[2] / "reference" / "h100" / "attention.csv"
FLAT = {
    **{"variant": "flat", "kernel": "call", "batch_heads": 96, "M_query_rows": 512, "N_keys": 512},
    **{"d_head": 64, "R_rows_per_tile": 16, "Bc_keys_per_tile": 64},
}


def lines(folder, *rows):
    """Rows that say only what is given; the other columns are empty."""
    path = folder / "table.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(H100Row.__annotations__), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return read_table(path, H100Row)


def test_a_case_names_all_that_tells_rows_apart(tmp_path):
    changes = [
        {},
        {"variant": "online"},
        {"batch_heads": 97},
        {"M_query_rows": 8},
        {"N_keys": 576},
        {"d_head": 128},
        {"R_rows_per_tile": 32},
        {"Bc_keys_per_tile": 128},
    ]
    names = {str(case_of(line)) for line in lines(tmp_path, *({**FLAT, **change} for change in changes))}
    assert len(names) == len(changes) and "flat BH96 M512 N512 d64 R16 Bc64" in names


def test_parts_of_a_call_and_kernels_of_unknown_tiles_are_not_compared(tmp_path):
    others = [{"kernel": "main"}, {"variant": "sdpa_flash", "R_rows_per_tile": "", "Bc_keys_per_tile": ""}]
    for line in lines(tmp_path, *({**FLAT, **other} for other in others)):
        assert case_of(line) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"variant": "paged"}, "variant: a row that cannot be placed (got 'paged')"),
        ({"kernel": "second"}, "kernel: a row that cannot be placed (got 'second')"),
        ({"R_rows_per_tile": ""}, "R_rows_per_tile: a tile of flat"),
        ({"variant": "unfused"}, "R_rows_per_tile: a tile of unfused (got 16)"),
    ],
)
def test_a_row_that_cannot_be_placed_says_why(change, said, tmp_path):
    with pytest.raises(FlatError) as refused:
        case_of(lines(tmp_path, {**FLAT, **change})[0])
    assert said in str(refused.value)


def test_an_empty_cell_is_no_number(tmp_path):
    (line,) = lines(tmp_path, FLAT)
    assert line.row["cold_tensor_macs"] is None and line.row["R_rows_per_tile"] == 16
    with pytest.raises(FlatError, match="N_keys: not of the right kind"):
        lines(tmp_path, {**FLAT, "N_keys": ""})
    with pytest.raises(FlatError, match="cold_tensor_macs: not of the right kind"):
        lines(tmp_path, {**FLAT, "cold_tensor_macs": "many"})


def test_what_ships_is_read():
    cases = [case_of(line) for line in read_table(RECORDED, H100Row)]
    assert len(cases) == 345 and sum(case is not None for case in cases) == 98
