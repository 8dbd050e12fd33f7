"""Tables in files."""

import json
from math import inf
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.report.export import csv_text, write_csv, write_json, write_parquet

ROWS = [{"run": "a", "cycles": 0.1 + 0.2, "energy": None}, {"run": "b,c", "cycles": 2, "energy": 3}]


def test_numbers_stand_to_the_last_digit_and_nothing_for_none() -> None:
    assert csv_text(ROWS) == 'run,cycles,energy\na,0.30000000000000004,\n"b,c",2,3\n'
    assert csv_text([]) == ""


def test_files(tmp_path: Path) -> None:
    write_csv(ROWS, tmp_path / "new" / "runs.csv")
    assert (tmp_path / "new" / "runs.csv").read_text() == csv_text(ROWS)
    write_json({"least": -inf, "name": "µ"}, tmp_path / "runs.json")
    assert json.loads((tmp_path / "runs.json").read_text()) == {"least": None, "name": "µ"}


def test_types_of_columns_are_kept(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    write_parquet(ROWS, tmp_path / "runs.parquet")
    assert pandas.read_parquet(tmp_path / "runs.parquet")["cycles"].tolist() == [0.1 + 0.2, 2.0]


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FlatError, match="runs.csv: cannot write"):
        write_csv(ROWS, tmp_path / "file" / "runs.csv")
