"""Marks on the annotations of forms, for readers and editors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Closed:
    """Of a TypedDict: it has no other keys than its form names."""


@dataclass(frozen=True)
class Single:
    """Of a list: an entry may stand alone for a list of one."""


@dataclass(frozen=True)
class Some:
    """Of a list or a mapping: it is not empty."""


@dataclass(frozen=True)
class Among:
    """Of a text: it is one of these."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Says:
    """What an editor shows of a value."""

    text: str


@dataclass(frozen=True)
class Proposes:
    """Names that an editor completes a text by; others, such as files, are taken too."""

    names: Callable[[], Iterable[str]]


CLOSED: Final = Closed()
SINGLE: Final = Single()
SOME: Final = Some()
