"""Tables of a batch as files: the same numbers in every form."""

import csv
import json

import pytest

from flat_plugin import FlatError
from flat_plugin.report.export import write_csv, write_json, write_parquet
from flat_plugin.report.write import table_rows


@pytest.fixture(scope="module")
def rows(results):
    return table_rows(results)


def test_csv_json_and_parquet_hold_the_same_numbers(rows, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    for ending, write in {"csv": write_csv, "json": write_json, "parquet": write_parquet}.items():
        write(rows, tmp_path / f"runs.{ending}")
    with (tmp_path / "runs.csv").open(newline="") as stream:
        from_csv = list(csv.DictReader(stream))
    from_json = json.loads((tmp_path / "runs.json").read_text())
    from_parquet = pandas.read_parquet(tmp_path / "runs.parquet").to_dict("records")
    assert from_json == rows
    for row, text, other in zip(rows, from_csv, from_parquet, strict=True):
        for name, value in row.items():
            if isinstance(value, float):
                assert float(text[name]) == value == other[name]


def test_a_file_that_cannot_be_written_is_said(rows, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FlatError, match="cannot write"):
        write_csv(rows, tmp_path / "file" / "runs.csv")


def test_what_the_extra_brings_is_named_where_it_is_absent(rows, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FlatError, match="pip install 'altair.*' 'pyarrow"):
        write_parquet(rows, tmp_path / "runs.parquet")
    assert not list(tmp_path.iterdir())
