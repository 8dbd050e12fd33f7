"""Published tables: CSV files, each row of a declared form and told apart by its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from flat_plugin.errors import FlatError, raise_all
from flat_plugin.paths import is_file
from flat_plugin.schema import MOST_ERRORS, Above0, Range, check
from flat_plugin.workload.sizes import LARGEST

T = TypeVar("T")
U = TypeVar("U")

Size = Annotated[int, Range(1, LARGEST)]
Figure = Above0
LARGEST_FILE = 64 * 2**20  # bytes
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Line(Generic[T]):
    """One row, and where it stands; ``row`` is of the table's form."""

    file: Path
    number: int
    row: T

    def error(self, message: str, value: object = None, expected: str | None = None) -> FlatError:
        return FlatError(message, file=self.file, path=f"line {self.number}", value=value, expected=expected)


def read_table(path: Path, form: type[T]) -> list[Line[T]]:
    """The rows of a published table. Columns that the form does not name are passed over; see
    :func:`unread`.

    Raises:
        FlatError: the file is not there, is no CSV in UTF-8, lacks a column, or a row is not of the form;
            SeveralErrors where several rows are not.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        head = next(reader, [])
        _check_columns(path, head, form)
        kinds = get_type_hints(form, include_extras=True)
        lines, errors = [], []
        for cells in reader:
            if not cells:
                continue  # an empty line
            try:
                place = f"line {reader.line_num}"
                row = check(form, _row(cells, head, kinds, place), place)
                lines.append(Line(path, reader.line_num, row))
            except FlatError as error:
                errors.append(error.located(path))
            if len(errors) >= MOST_ERRORS or len(lines) > MOST_ROWS:
                break
    except csv.Error as error:
        raise FlatError(f"no CSV: {error}", file=path, path=f"line {reader.line_num}") from None
    raise_all(errors)
    if not 0 < len(lines) <= MOST_ROWS:
        raise FlatError(
            "no rows" if not lines else "too many rows", file=path, expected=f"1 to {MOST_ROWS:,}"
        )
    return lines


def unread(path: Path, form: Any, known: Mapping[str, str]) -> list[str]:
    """Columns of a table that nobody reads, but for those ``known`` to change nothing, with the reason."""
    head = next(csv.reader(io.StringIO(_text(path), newline="")), [])
    return [name for name in head if name not in form.__annotations__ and name not in known]


def each_placed(lines: Iterable[Line[T]], evaluate: Callable[[Line[T]], U]) -> list[U]:
    """What is made of every row.

    Raises:
        FlatError: a row asks for what cannot be evaluated; the error names its line. SeveralErrors where
            several do.
    """
    found, errors = [], []
    for line in lines:
        try:
            found.append(evaluate(line))
        except FlatError as error:
            where = "" if error.file else f"{error.path}: " if error.path else ""
            own = error if error.file else line.error(where + error.message, error.value, error.expected)
            errors.append(own)
    raise_all(errors[:MOST_ERRORS])
    return found


def tokens_of(length: str) -> int:
    """``4K`` is 4096, ``1M`` 1048576.

    Raises:
        FlatError: it is no length.
    """
    read = re.fullmatch(r"([1-9][0-9]{0,8})([KM]?)", length)
    if read is None:
        raise FlatError("not a length", path="seq_len", value=length, expected="such as 512, 4K or 1M")
    return int(read[1]) * {"": 1, "K": 2**10, "M": 2**20}[read[2]]


def _text(path: Path) -> str:
    if not is_file(path):
        raise FlatError("published data is not here", file=path)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise FlatError("too large a table", file=path, expected=f"at most {LARGEST_FILE:,} bytes")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FlatError("not a text file", file=path, path=f"line {line}", expected="UTF-8") from None
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=path) from None


def _check_columns(path: Path, head: list[str], form: Any) -> None:
    missing = sorted(form.__required_keys__ - set(head))
    if missing:
        raise FlatError("a column is missing", file=path, path="line 1", value=", ".join(missing))
    twice = sorted({name for name in head if head.count(name) > 1} & form.__annotations__.keys())
    if twice:
        raise FlatError("a column is given twice", file=path, path="line 1", value=twice[0])


def _row(cells: list[str], head: list[str], kinds: dict[str, Any], place: str) -> Any:
    if len(cells) != len(head):
        expected = f"{len(head)}, as in the head"
        raise FlatError("another number of cells", path=place, value=len(cells), expected=expected)
    return {name: _value(cell, kinds[name]) for name, cell in zip(head, cells, strict=True) if name in kinds}


def _value(cell: str, kind: Any) -> object:
    """A cell as its column has it; as the text that it is where it is no number.

    Where a column may lack a value, an empty cell is None.
    """
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
