"""The JSON object of a configuration file."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.paths import is_file, is_folder

_LOG = logging.getLogger(__name__)
LIMIT_BYTES = 16 * 2**20
"""Real files are a few kilobytes; the bound keeps a mistaken path from filling the memory."""


def config_path(path: str | Path) -> Path:
    """The file itself; of a folder its ``config.json``."""
    file = Path(path)
    return file / "config.json" if is_folder(file) else file


def read_config_file(file: Path) -> dict[str, Any]:
    """Read a file of at most :data:`LIMIT_BYTES`.

    Raises:
        FlatError: it is missing, unreadable, too large, not JSON, not a JSON object, or has a field twice.
    """
    fields = _parse(file, _read_bytes(file))
    if not isinstance(fields, dict):
        raise FlatError("not a JSON object", file=file, value=type(fields).__name__, expected="{…}")
    return fields


def _read_bytes(file: Path) -> bytes:
    if not is_file(file):
        raise FlatError("no such file", file=file, expected="a model's config.json")
    try:
        with file.open("rb") as stream:
            _LOG.info("read %s", file)
            data = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=file) from error
    if len(data) > LIMIT_BYTES:
        raise FlatError("too large for a config.json", file=file, expected="at most 16 MiB")
    return data


def _parse(file: Path, data: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise FlatError("given twice", file=file, path=name, value=value, expected="once")
            found[name] = value
        return found

    # ValueError: bad JSON, bad UTF-8 or a number of thousands of digits.
    # RecursionError: bottomless nesting.
    try:
        return json.loads(data, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise FlatError(f"not JSON: {error}", file=file) from error
