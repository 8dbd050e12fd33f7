"""CSV files: each row of a declared form and told apart by its line."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from flat_plugin.errors import FlatError, raise_all
from flat_plugin.paths import is_file
from flat_plugin.schema import MOST_ERRORS, check

T = TypeVar("T")

LARGEST_FILE = 64 * 2**20  # bytes, decompressed
MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Line(Generic[T]):
    """One row, and where it stands; ``row`` is of the table's form."""

    file: Path
    number: int
    row: T

    def error(self, message: str, value: object = None, expected: str | None = None) -> FlatError:
        return FlatError(message, file=self.file, path=f"line {self.number}", value=value, expected=expected)


def read_table(path: Path, form: type[T], *, whole: bool = False, remark: bool = False) -> list[Line[T]]:
    """The rows of a table, which may be compressed (``.gz``).

    Args:
        whole: whether the form names every column that there may be. Others are passed over otherwise; see
            :func:`unread`.
        remark: whether the last line may be a text alone in the first cell, which is passed over.

    Raises:
        FlatError: the file is not there, is no CSV in UTF-8, lacks a column, or a row is not of the form;
            SeveralErrors where several rows are not.
    """
    reader = csv.reader(io.StringIO(table_text(path), newline=""), strict=True)
    try:
        head = next(reader, [])
        _check_columns(path, head, form, whole=whole)
        kinds = get_type_hints(form, include_extras=True)
        lines, errors = [], []
        rows = [(reader.line_num, cells) for cells in reader if cells]
        for number, cells in rows[:-1] if remark and rows and _is_remark(rows[-1][1]) else rows:
            try:
                place = f"line {number}"
                row = check(form, _row(cells, head, kinds, place), place)
                lines.append(Line(path, number, row))
            except FlatError as error:
                errors.append(error.located(path))
            if len(errors) >= MOST_ERRORS or len(lines) > MOST_ROWS:
                break
    except csv.Error as error:
        raise FlatError(f"not CSV: {error}", file=path, path=f"line {reader.line_num}") from None
    raise_all(errors)
    if not 0 < len(lines) <= MOST_ROWS:
        raise FlatError(
            "no rows" if not lines else "too many rows", file=path, expected=f"1 to {MOST_ROWS:,}"
        )
    return lines


def unread(path: Path, form: Any, known: Mapping[str, str]) -> list[str]:
    """Columns of a table that nobody reads, but for those ``known`` to change nothing, with the reason."""
    head = next(csv.reader(io.StringIO(table_text(path), newline="")), [])
    return [name for name in head if name not in form.__annotations__ and name not in known]


def table_text(path: Path) -> str:
    """The text of a table's file.

    Raises:
        FlatError: it is not there, too large, damaged, or no text.
    """
    if not is_file(path):
        raise FlatError("there is no such table", file=path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise FlatError("too large a table", file=path, expected=f"at most {LARGEST_FILE:,} bytes")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FlatError("not a text file", file=path, path=f"line {line}", expected="UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FlatError(f"a damaged file: {error}", file=path, expected="a whole .gz") from None
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=path) from None


def _is_remark(cells: list[str]) -> bool:
    """Whether a line is a text in the first cell alone; a number there is a row without its end."""
    first, *others = cells
    return bool(re.search("[A-Za-z]", first)) and not any(others)


def _check_columns(path: Path, head: list[str], form: Any, *, whole: bool) -> None:
    names = set(head) if whole else form.__annotations__.keys()
    for name in sorted(names - form.__annotations__.keys()):
        known = sorted(form.__annotations__)
        raise FlatError("unknown column", file=path, path="line 1", value=name, expected=known)
    missing = sorted(form.__required_keys__ - set(head))
    if missing:
        raise FlatError("a column is missing", file=path, path="line 1", value=", ".join(missing))
    twice = sorted({name for name in head if head.count(name) > 1} & names)
    if twice:
        raise FlatError("a column is given twice", file=path, path="line 1", value=twice[0])


def _row(cells: list[str], head: list[str], kinds: dict[str, Any], place: str) -> Any:
    if len(cells) != len(head):
        expected = f"{len(head)}, as in the head"
        raise FlatError("wrong number of cells", path=place, value=len(cells), expected=expected)
    return {name: _value(cell, kinds[name]) for name, cell in zip(head, cells, strict=True) if name in kinds}


def _value(cell: str, kind: Any) -> object:
    """A cell as its column has it; as the text that it is where it is no number.

    Where a column may lack a value, an empty cell is None.
    """
    if get_origin(kind) in (NotRequired, Required):
        return _value(cell, get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return _value(cell, get_args(kind)[0]) if cell.strip() else None
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if kind not in (int, float):
        return cell.strip()
    try:
        number = float(cell)
        return int(number) if kind is int and number.is_integer() else number
    except (ValueError, OverflowError):
        return cell
