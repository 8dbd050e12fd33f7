"""Tests of kinds of plain values, which tell apart what JSON does not, such as true and 1."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getattr_static
from math import isfinite
from numbers import Integral
from pathlib import Path
from typing import Any


class Infinite(float):
    """The form of a number that may be infinite: what has no bound."""


def test_of(kind: Any) -> Callable[[Any], bool]:
    """What tells whether a value is of a kind: a class, a protocol, ``Any`` or None."""
    if kind is Any or kind is object:
        return lambda value: True
    if kind is float:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)
    if kind is Infinite:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == value
    if kind is int:
        return lambda value: isinstance(value, int | Integral) and not isinstance(value, bool)
    if kind is str:
        return lambda value: isinstance(value, str) and _writable(value)
    if kind is Path:
        return lambda value: isinstance(value, Path) and "\0" not in str(value)
    if kind is None or kind is type(None):
        return lambda value: value is None
    if getattr(kind, "_is_protocol", False):
        return _protocol(kind)
    return lambda value: isinstance(value, kind)


def _protocol(kind: Any) -> Callable[[Any], bool]:
    """Whether a value has the members of a protocol; none of them is called for it."""
    members = {*kind.__annotations__, *(name for name in vars(kind) if not name.startswith("_"))}
    return lambda value: all(getattr_static(value, name, None) is not None for name in members)


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character
        return False
    return "\0" not in text
