"""What may be unknown in a question, and the values that it is looked for among."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.architecture.overrides import OVERRIDES
from flat_plugin.errors import FlatError
from flat_plugin.exploration.axes import Axis, read_axis
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.targets import Base

OF_WORKLOAD = ("seq", "batch", "queries")
_RANGE = re.compile(r"(?P<start>[\d.e+]+?)\.\.(?P<end>[\d.e+]+)(?:(?P<how>[/*])(?P<by>[\d.e+]+))?")
_FORMS = "128,256,512, or 128..4096 (by 1), 128..4096/64 (by 64), 128..65536*2 (doubling)"
_SHORT = {"dram_gbps": "dram_gb_per_s", "buffer_gbps": "buffer_gb_per_s"}
# Where nothing is said: from, to, and how many values an octave.
_USUAL: dict[str, tuple[int, int, int]] = {
    "seq": (128, 131072, 8),
    "batch": (1, 256, 8),
    "queries": (1, 4096, 8),
    "buffer_kb": (32, 16384, 16),
    "buffer_words_per_cycle": (1, 65536, 16),
    "dram_words_per_cycle": (1, 8192, 16),
    "buffer_gb_per_s": (1, 131072, 16),
    "dram_gb_per_s": (1, 8192, 16),
    "softmax_lanes": (1, 8192, 16),
    "topk_lanes": (1, 8192, 16),
}


@dataclass(frozen=True)
class Unknown:
    """Its name and values; ``of_workload`` where it is a size, and not of the hardware."""

    axis: Axis
    of_workload: bool

    @property
    def name(self) -> str:
        return self.axis.name

    def case(self, case: Case, place: int) -> Case:
        """The workload with a value of it."""
        if not self.of_workload:
            return case
        size: dict[str, Any] = {self.name: self.axis.values[place]}
        return replace(case, sized=replace(case.sized, **size))

    def settings(self, place: int) -> dict[str, Any]:
        """What it sets of the hardware."""
        value = self.axis.values[place]
        return {} if self.of_workload else {self.name: list(value) if isinstance(value, tuple) else value}


def name_and_values(text: str, path: str) -> tuple[str, str]:
    """``buffer_kb=256,512`` as the name and the values.

    Raises:
        FlatError: it has not both.
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    if not (name and equals and values):
        raise FlatError("not a name and its values", path=path, value=text, expected="buffer_kb=256,512")
    return name, values


def unknown_of(name: str, values: str | list[Any] | None, base: Base, path: str = "unknown") -> Unknown:
    """An unknown with its values.

    Raises:
        FlatError: nothing has this name, it has no values if none are given, or they are wrong.
    """
    name = _SHORT.get(name, name)
    of_workload = name in OF_WORKLOAD
    if not of_workload and not base.is_target(name):
        expected = (*OF_WORKLOAD, *OVERRIDES, *base.variables, *(f"{n}.<attribute>" for n in base.names))
        raise FlatError("nothing has this name", path=path, value=name, expected=expected)
    if values is None and name not in _USUAL:
        raise FlatError("its values must be given", path="values", expected=_FORMS)
    given = _usual(name) if values is None else values if isinstance(values, list) else read_values(values)
    try:
        axis = read_axis(name, given)
    except FlatError as error:
        raise FlatError(error.message, path="values", value=error.value, expected=_FORMS) from None
    if of_workload and not all(isinstance(value, int) for value in axis.values):
        raise FlatError("sizes must be whole numbers", path="values", value=values, expected=_FORMS)
    return Unknown(axis, of_workload)


def read_values(text: str) -> Any:
    """Values as they are written on the command line.

    Raises:
        FlatError: not of the form.
    """
    if match := _RANGE.fullmatch(text.strip()):
        how = {"/": "step", "*": "times"}[match["how"] or "/"]
        return {
            "from": _number(match["start"]),
            "to": _number(match["end"]),
            how: _number(match["by"] or "1"),
        }
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise FlatError("not values", path="values", value=text, expected=_FORMS)
    return [_value(part) for part in parts]


def _number(text: str) -> int | float:
    value = _value(text)
    if not isinstance(value, int | float):
        raise FlatError("not a number", path="values", value=text, expected=_FORMS)
    return value


def _value(text: str) -> Any:
    if re.fullmatch(r"\d+x\d+", text):
        return [int(part) for part in text.split("x")]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _usual(name: str) -> list[int]:
    """Whole numbers, about evenly spaced in octaves."""
    start, end, each = _USUAL[name]
    found: list[int] = []
    n = 0
    while (value := round(start * 2 ** (n / each))) <= end:
        if not found or value > found[-1]:
            found.append(value)
        n += 1
    return found
