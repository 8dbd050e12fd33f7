"""Tables as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.plain import plain
from flat_plugin.report.analysis.columns import Row
from flat_plugin.report.extra_libraries import need


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Columns in the order of the first row.

    Raises:
        FlatError: the file cannot be written.
    """
    _write(path, csv_text(rows).encode())


def write_json(value: object, path: Path) -> None:
    """Any value of plain types, what is not finite as null; rows of a table are objects.

    Raises:
        FlatError: the file cannot be written.
    """
    _write(path, json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False).encode())


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """A table with its columns' types.

    Raises:
        FlatError: the ``report`` extra is not installed, or the file cannot be written.
    """
    need("pyarrow", "Parquet")
    frame = need("pandas", "Parquet").DataFrame([dict(row) for row in rows])
    _write(path, frame.to_parquet(index=False))


def csv_text(rows: Sequence[Row]) -> str:
    """Numbers as they are, to the last digit; nothing for None."""
    stream = io.StringIO()
    if rows:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What goes wrong inside is said of this path."""
    try:
        yield
    except OSError as error:
        raise FlatError(f"cannot write: {error.strerror}", file=path) from None
