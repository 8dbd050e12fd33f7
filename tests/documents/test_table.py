"""CSV tables of a declared form."""

import gzip
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest

from flat_plugin.documents.table import read_table, unread
from flat_plugin.errors import FlatError


class Form(TypedDict):
    name: str
    words: int
    energy: NotRequired[float | None]


def table(folder: Path, text: str, name: str = "table.csv") -> Path:
    file = folder / name
    data = text.encode()
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return file


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_rows_have_the_types_of_their_columns(tmp_path: Path, name: str) -> None:
    file = table(tmp_path, "name,words,energy,more\n a ,12,0.5,x\n\nb,3.0,,y\n", name)
    lines = read_table(file, Form)
    assert [line.row for line in lines] == [
        {"name": "a", "words": 12, "energy": 0.5},
        {"name": "b", "words": 3, "energy": None},
    ]
    assert [line.number for line in lines] == [2, 4] and unread(file, Form, {}) == ["more"]
    assert unread(file, Form, {"more": "a remark"}) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: a column is missing"),
        ("name\na\n", "line 1: a column is missing .*words"),
        ("name,words,name\n", "line 1: a column is given twice"),
        ("name,words\na\n", "line 2: wrong number of cells"),
        ("name,words\na,many\n", r"line 2\.words: not of the right kind .*'many'"),
        ("name,words\n", "no rows"),
        ('name,words\n"a,1\n', "line 2: not CSV"),
    ],
)
def test_mistakes_are_named_by_their_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FlatError, match=f"table.csv: {said}"):
        read_table(table(tmp_path, text), Form)


def test_mistakes_of_several_rows_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(FlatError, match="(?s)^2 errors.*line 2.*line 3"):
        read_table(table(tmp_path, "name,words\na,x\nb,y\n"), Form)


def test_where_a_form_is_whole_no_other_column_may_be(tmp_path: Path) -> None:
    with pytest.raises(FlatError, match="line 1: unknown column .*'more'"):
        read_table(table(tmp_path, "name,words,more\na,1,2\n"), Form, whole=True)


def test_a_damaged_file(tmp_path: Path) -> None:
    file = table(tmp_path, "name,words\na,1\n", "table.csv.gz")
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(FlatError, match="a damaged file"):
        read_table(file, Form)
