"""Tables as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.report.columns import Value
from flat_plugin.report.extra import need

Row = Mapping[str, Value]


def write_table(rows: Sequence[Row], path: Path) -> None:
    """By the file's ending: ``.csv``, ``.json`` or ``.parquet``.

    Raises:
        FlatError: another ending, or Parquet without the ``report`` extra.
    """
    if path.suffix == ".csv":
        _write(path, csv_text(rows).encode())
    elif path.suffix == ".json":
        _write(path, json.dumps([dict(row) for row in rows], indent=1, ensure_ascii=False).encode())
    elif path.suffix == ".parquet":
        need("pyarrow", "Parquet")
        _write(path, need("pandas", "Parquet").DataFrame([dict(row) for row in rows]).to_parquet(index=False))
    else:
        raise FlatError("unknown kind of table", file=path, expected=".csv, .json or .parquet")


def csv_text(rows: Sequence[Row]) -> str:
    """Numbers as they are, to the last digit; nothing for None."""
    stream = io.StringIO()
    if rows:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise FlatError(f"cannot write: {error.strerror}", file=path) from None
