"""``result.json`` as a file: read whole and unchanged, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from math import isclose
from pathlib import Path
from typing import Any, TypeVar

from flat_plugin.batch.folder import RESULT, FolderError
from flat_plugin.batch.result_form import CLOSE, NoResult, Result
from flat_plugin.batch.run import FORMAT
from flat_plugin.errors import FlatError
from flat_plugin.schema import check

LARGEST_FILE = 64 * 2**20  # bytes


def read_document(path: Path) -> Result | NoResult:
    """The ``result.json`` at a path.

    Raises:
        FileNotFoundError: it is not there (a batch that runs may just replace it).
        FlatError: it cannot be read, is of another version, or is not of the form: by hand, perhaps.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FlatError("too large for a result", file=path, expected=f"at most {LARGEST_FILE:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise FolderError(f"cannot be read: {error.strerror}", file=path) from None
    except (ValueError, RecursionError) as error:  # bad JSON or UTF-8; bottomless nesting
        raise FlatError(f"not JSON, and so not a result of `flat run` ({error})", file=path) from None
    return checked(document, path)


def read_result(folder: Path) -> Result | NoResult | None:
    """The result of a run; None if there is none, or none that is whole and the run's own.

    Raises:
        FolderError: it cannot be read.
    """
    try:
        document = read_document(folder / RESULT)
    except FolderError:
        raise
    except (FileNotFoundError, FlatError):
        return None
    return document if document["run"] == folder.name else None


def checked(document: Any, path: Path) -> Result | NoResult:
    """A document that is what a result is.

    Raises:
        FlatError: it is not.
    """
    found = document.get("format") if isinstance(document, dict) else type(document).__name__
    if found != FORMAT:
        raise FlatError(f"format {found!r}; this version reads format {FORMAT}", file=path)
    try:
        if document.get("status") != "ok":
            return _as_written(check(NoResult, document))
        result = _as_written(check(Result, document))
        estimate, clock = result["estimate"], result["architecture"]["cycle_seconds"]
        if not isclose(estimate["seconds"], estimate["cycles"] * clock, rel_tol=CLOSE):
            raise FlatError(
                "not the cycles of this clock", path="estimate.seconds", value=estimate["seconds"]
            )
        return result
    except FlatError as error:
        raise error.located(path) from None


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a digest of its content, so that a change to any field shows."""
    return {**document, "sha256": _digest(document)}


def _digest(document: Mapping[str, Any]) -> str:
    content = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


T = TypeVar("T", Result, NoResult)


def _as_written(document: T) -> T:
    if document["sha256"] != _digest(document):
        raise FlatError(
            "changed since it was written: its content is not that of its digest",
            path="sha256",
            value=document["sha256"],
            expected="the file as `flat run` wrote it",
        )
    return document


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")
