"""The order of values in tables and axes: numbers by size, also those inside names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")

Place = tuple[Any, ...]


def place(value: object) -> Place:
    """A sort key: nothing first, then numbers by size, then texts, in which 64 comes before 256."""
    if value is None or value == "" or value == {}:
        return (0,)
    if isinstance(value, int | float):
        return (1, float(value))
    if isinstance(value, Mapping):
        return (2, *(part for key in sorted(value, key=str) for part in (str(key), *place(value[key]))))
    if isinstance(value, list | tuple):
        return (3, *(place(entry) for entry in value))
    return (4, *_parts(str(value)))


def _parts(text: str) -> list[tuple[int, float, str]]:
    return [
        (0, float(part), "") if index % 2 else (1, 0.0, part)
        for index, part in enumerate(_NUMBER.split(text))
        if part
    ]
