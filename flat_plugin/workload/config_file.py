"""A JSON object of named settings, read with care: whose file, which field, what was wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flat_plugin.errors import FlatError
from flat_plugin.workload.sizes import LARGEST

_T = TypeVar("_T")

LIMIT_BYTES = 16 * 2**20
"""Real files are a few kilobytes; the bound keeps a mistaken path from filling the memory."""


@dataclass(frozen=True)
class ConfigFile:
    """The settings of one file. A field that is ``null`` counts as absent."""

    file: Path
    fields: dict[str, Any]

    def has(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def size(self, name: str) -> int:
        """A field that must be there and be a positive whole number."""
        if not self.has(name):
            raise FlatError("missing field", file=self.file, path=name, expected="1 or more")
        value = self.fields[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise FlatError(
                f"not a whole number but a {type(value).__name__}",
                file=self.file,
                path=name,
                value=value,
                expected="1 or more",
            )
        if value < 1:
            raise FlatError(
                "a size must be positive",
                file=self.file,
                path=name,
                value=value,
                expected="1 or more",
            )
        if value > LARGEST:
            raise FlatError(
                "a size that is too large",
                file=self.file,
                path=name,
                value=value,
                expected=f"at most {LARGEST:,}",
            )
        return value

    def size_or(self, name: str | None, default: int) -> int:
        """The same for a field that may be absent, or that the format may not have."""
        return self.size(name) if name is not None and self.has(name) else default

    def text(self, name: str) -> str:
        """A field that may be absent: the empty text then."""
        if not self.has(name):
            return ""
        return self._typed(name, str, "a text")

    def flag(self, name: str, default: bool) -> bool:
        """A field that may be absent."""
        return self._typed(name, bool, "true or false") if self.has(name) else default

    def _typed(self, name: str, kind: type[_T], expected: str) -> _T:
        value = self.fields[name]
        if not isinstance(value, kind):
            raise FlatError("wrong type", file=self.file, path=name, value=value, expected=expected)
        return value


def read_config_file(path: str | Path) -> ConfigFile:
    """Read a file of at most :data:`LIMIT_BYTES`, or ``config.json`` in a folder.

    Raises:
        FlatError: it is missing, unreadable, too large, not JSON, or not a JSON object.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "config.json"
    fields = _parse(file, _read_bytes(file))
    if not isinstance(fields, dict):
        raise FlatError("not a JSON object", file=file, value=type(fields).__name__, expected="{…}")
    return ConfigFile(file, fields)


def _read_bytes(file: Path) -> bytes:
    if not file.is_file():
        raise FlatError("no such file", file=file, expected="a model's config.json")
    try:
        with file.open("rb") as stream:
            data = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=file) from error
    if len(data) > LIMIT_BYTES:
        raise FlatError("too large for a config.json", file=file, expected="at most 16 MiB")
    return data


def _parse(file: Path, data: bytes) -> Any:
    # ValueError: bad JSON, bad UTF-8 or a number of thousands of digits.
    # RecursionError: bottomless nesting.
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FlatError(f"not JSON: {error}", file=file) from error
