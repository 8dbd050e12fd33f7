"""``exploration.json``: the result of an exploration in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flat_plugin.batch.folder import FolderError, write_json
from flat_plugin.batch.result_file import LARGEST_FILE, sealed
from flat_plugin.errors import FlatError
from flat_plugin.exploration.result import FORMAT, ExploreResult

NAME = "exploration.json"


def write_exploration(found: ExploreResult, folder: Path) -> None:
    """Whole or not at all, with a digest."""
    write_json(folder / NAME, sealed(found.to_dict()), durable=True)


def is_exploration(folder: Path) -> bool:
    """Whether a folder holds the result of one."""
    return (folder / NAME).is_file()


def read_exploration(folder: Path) -> dict[str, Any]:
    """The result in a folder, as ``flat explore --json`` prints it.

    Raises:
        FlatError: it cannot be read, is of another version, or was changed since it was written.
    """
    path = folder / NAME
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FlatError("too large for an exploration", file=path)
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FolderError(f"cannot be read: {error.strerror}", file=path) from None
    except (ValueError, RecursionError) as error:
        raise FlatError(f"not JSON ({error})", file=path, expected="what flat explore wrote") from None
    found = document.get("format") if isinstance(document, dict) else None
    if found != FORMAT:
        raise FlatError(f"format {found!r}; this version reads format {FORMAT}", file=path)
    digest = document.pop("sha256", None)
    if sealed(document)["sha256"] != digest:
        raise FlatError(
            "changed since it was written", file=path, path="sha256", expected="what flat explore wrote"
        )
    return dict(document)
