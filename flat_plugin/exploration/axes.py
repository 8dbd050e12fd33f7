"""Axes of a design space: what is free, and the values that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isfinite, log
from typing import Any

from flat_plugin.errors import FlatError

MOST_VALUES = 10_000
_FORMS = "a list of values, {from: 64, to: 1024, step: 64} or {from: 64, to: 1024, times: 2}"
_CLOSE = 1e-9

Value = int | float | str | tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    """A name and its values, in the order in which they were given."""

    name: str
    values: tuple[Value, ...]

    @property
    def numeric(self) -> bool:
        """Whether expressions may calculate with it."""
        return all(isinstance(value, int | float) for value in self.values)

    def text(self, index: int) -> str:
        """A value as labels have it."""
        value = self.values[index]
        if isinstance(value, tuple):
            return "×".join(map(str, value))
        return f"{value:g}" if isinstance(value, float) else str(value)


def read_axis(name: str, given: Any) -> Axis:
    """An axis from its entry in a design file.

    Raises:
        FlatError: it has no values, values of different kinds, or one twice.
    """
    if isinstance(given, Mapping):
        values = _range(given)
    elif isinstance(given, list | tuple):
        values = tuple(_value(each) for each in given)
    else:
        raise FlatError("not the values of an axis", value=given, expected=_FORMS)
    if not values or len(values) > MOST_VALUES:
        raise FlatError("too many values for an axis", value=len(values), expected=f"1 to {MOST_VALUES:,}")
    if len({isinstance(value, int | float) for value in values}) > 1:
        raise FlatError("values of different kinds", value=given, expected="numbers, or texts, or [x, y]")
    if len(set(values)) < len(values):
        again = next(value for value in values if values.count(value) > 1)
        raise FlatError("a value given twice", value=again)
    return Axis(name, values)


def _value(given: Any) -> Value:
    if isinstance(given, list | tuple) and given and all(type(each) is int for each in given):
        return tuple(given)
    if isinstance(given, str) and given.strip():
        return given
    if isinstance(given, int | float) and not isinstance(given, bool) and isfinite(given):
        return given
    raise FlatError("not a value", value=given, expected="a number, a text, or [x, y]")


def _range(given: Mapping[str, Any]) -> tuple[Value, ...]:
    """From ``from`` by ``step``, or ``times`` as many, up to ``to`` and with it if it is met."""
    keys = set(given)
    if keys not in ({"from", "to", "step"}, {"from", "to", "times"}):
        raise FlatError("not the values of an axis", value=dict(given), expected=_FORMS)
    start, end = (_positive(given, key) for key in ("from", "to"))
    if end < start:
        raise FlatError("it ends before it starts", value=dict(given), expected="from at most to")
    if "step" in keys:
        step = _positive(given, "step")
        count = floor((end - start) / step + _CLOSE) + 1
        _check_count(count)
        return tuple(_whole(start + n * step, (start, step)) for n in range(count))
    times = _positive(given, "times")
    if times <= 1:
        raise FlatError("bad times", path="times", value=times, expected="a number above 1")
    count = floor(log(end / start) / log(times) + _CLOSE) + 1
    _check_count(count)
    return tuple(_whole(start * times**n, (start, times)) for n in range(count))


def _check_count(count: int) -> None:
    if count > MOST_VALUES:
        raise FlatError("too many values", value=count, expected=f"at most {MOST_VALUES:,}")


def _whole(number: float, of: tuple[float, ...]) -> int | float:
    """What comes of whole numbers is whole."""
    return int(number) if all(isinstance(each, int) for each in of) else float(number)


def _positive(given: Mapping[str, Any], key: str) -> int | float:
    value = given[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**53:
        raise FlatError(f"bad {key}", path=key, value=value, expected="a number above 0")
    return value
