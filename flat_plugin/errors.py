"""The one exception family of the package: every message says where, what and what would be right."""

from __future__ import annotations

import copyreg
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import Any

from flat_plugin.wording import meant


class FlatError(Exception):
    """Bad input. The command line prints it without a traceback and exits with code 2.

    Args:
        message: what is wrong, in one sentence.
        file: the file it was found in.
        path: the place inside that file, such as ``architecture.local[1].attributes.depth``.
        value: the offending value.
        expected: what would be right: a phrase, or the names to choose from, of which the nearest to the
            value is proposed.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        path: str | None = None,
        value: object = None,
        expected: str | Collection[str] | None = None,
    ) -> None:
        self.message = message
        self.file = str(file) if file is not None else None
        self.path = None if path is None else str(path)  # a key of a file may be a number
        self.value = value
        self.expected = expected if expected is None or isinstance(expected, str) else one_of(expected, value)
        super().__init__(self.render())

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers hand errors over pickled: as they are, whatever a subclass is made from."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]

    def render(self) -> str:
        where = ": ".join(part for part in (self.file, self.path) if part)
        text = f"{where}: {self.message}" if where else self.message
        if self.value is not None:
            text += f" (got {_shorten(self.value)})"
        if self.expected:
            something = "something " if self.expected.startswith("such as ") else ""
            text += f"; expected {something}{self.expected}"
        return _printable(text)

    def located(self, file: str | Path) -> FlatError:
        """The same error, with the file it came from."""
        if self.file is None:
            self.file = str(file)
            self.args = (self.render(),)
        return self


def _printable(text: str) -> str:
    """The text with escapes for lone surrogates, which no encoding has."""
    return text.encode(errors="backslashreplace").decode()


def one_of(names: Collection[str], value: object = None) -> str:
    """``edp, energy or latency; did you mean energy?``: names, and which of them may be meant."""
    *first, last = names or ("nothing",)
    text = f"{', '.join(first)} or {last}" if first else last
    near = meant(str(value), names) if first else None
    return f"{text}; did you mean {near}?" if near else text


def check_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """A setting that has few values.

    Raises:
        FlatError: not one of those that are allowed.
    """
    if value not in allowed:
        raise FlatError("unknown choice", path=name, value=value, expected=allowed)


class InvalidMapping(FlatError):
    """A mapping that the hardware cannot run: a tile or a fan-out that does not fit.

    Args:
        level: the level that refuses it.
        tile: what the mapping needs there (words, or instances).
        capacity: what the level has.
        path: the place that asked for it, as in every :class:`FlatError`.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        level: str | None = None,
        tile: int | None = None,
        capacity: int | None = None,
    ) -> None:
        self.level, self.tile, self.capacity = level, tile, capacity
        super().__init__(message, path=path)


class SeveralErrors(FlatError):
    """All that is wrong with one input, reported together.

    Attributes:
        errors: what was found, in the order of the input.
    """

    def __init__(self, errors: Sequence[FlatError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join((f"{len(errors)} errors", *(f"  {error}" for error in errors))))


def raise_all(errors: Sequence[FlatError]) -> None:
    """Raise what was found, if anything: the one error, or all of them as SeveralErrors."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(errors)


def _shorten(value: object, limit: int = 120) -> str:
    text = _said(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _said(value: object) -> str:
    """A value as its user writes it, which in files is YAML: ``true``, and a path as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, PurePath):
        return repr(str(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_said(key)}: {_said(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return _said(value.tolist())
    return repr(value)
