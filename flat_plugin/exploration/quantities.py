"""Numbers with units, for expressions: what is added or compared must be of one kind.

A number that is written down has no unit of its own: beside a quantity it takes that one's, which is in its
name (``latency_s <= 0.05``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Unit = tuple[tuple[str, int], ...]  # powers of base units, by name

# Written after a number: the unit of the figures, and how many of it.
WRITTEN: Mapping[str, tuple[str, float]] = {
    **{"s": ("s", 1.0), "ms": ("s", 1e-3), "us": ("s", 1e-6), "µs": ("s", 1e-6), "ns": ("s", 1e-9)},
    **{"J": ("J", 1.0), "mJ": ("J", 1e-3), "uJ": ("J", 1e-6), "µJ": ("J", 1e-6), "nJ": ("J", 1e-9)},
    **{"pJ": ("J", 1e-12), "cycles": ("cycle", 1.0), "words": ("word", 1.0)},
    **{"B": ("B", 1.0), "kB": ("B", 1e3), "MB": ("B", 1e6), "GB": ("B", 1e9)},
    **{"KiB": ("B", 2.0**10), "MiB": ("B", 2.0**20), "mm2": ("mm2", 1.0), "mm²": ("mm2", 1.0)},
}
_WATTS = {"W": 1.0, "mW": 1e-3}


@dataclass(frozen=True)
class Quantity:
    """A value, or an array of them, in ``unit``; None is a number that is written down."""

    value: Any
    unit: Unit | None = None

    def __str__(self) -> str:
        return name_of(self.unit) or "a number"


def of(base: str) -> Unit:
    """``s``, ``J s``, ``J/s``: base units after each other, those after a stroke divide."""
    above, _, below = base.partition("/")
    powers: dict[str, int] = {}
    for names, step in ((above, 1), (below, -1)):
        for name in names.split():
            powers[name] = powers.get(name, 0) + step
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def written(number: float, unit: str) -> Quantity | None:
    """A number with its unit, as ``20 ms``; None where there is no such unit."""
    if unit in _WATTS:
        return Quantity(number * _WATTS[unit], of("J/s"))
    base = WRITTEN.get(unit)
    return None if base is None else Quantity(number * base[1], of(base[0]))


def units() -> tuple[str, ...]:
    """What may be written after a number."""
    return (*WRITTEN, *_WATTS)


def name_of(unit: Unit | None) -> str:
    """``J s``, ``J/s``; empty of a plain number."""
    above = " ".join(f"{name}{power if power > 1 else ''}" for name, power in unit or () if power > 0)
    below = " ".join(f"{name}{-power if power < -1 else ''}" for name, power in unit or () if power < 0)
    return f"{above or 1}/{below}" if below else above


def same(one: Quantity, two: Quantity, what: str) -> Unit | None:
    """The unit of two that are added or compared.

    Raises:
        ValueError: they have different ones.
    """
    if one.unit is None or two.unit is None or one.unit == two.unit:
        return two.unit if one.unit is None else one.unit
    raise ValueError(f"{one} {what} {two} do not have the same unit")


def product(one: Quantity, two: Quantity, sign: int) -> Unit | None:
    """The unit of a product (``sign`` 1) or a quotient (-1); a written number changes no unit."""
    if one.unit is None and two.unit is None:
        return None
    powers = dict(one.unit or ())
    for name, power in two.unit or ():
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


SUMS: Mapping[str, Callable[[Any, Any], Any]] = {"Add": operator.add, "Sub": operator.sub}
PRODUCTS: Mapping[str, tuple[Callable[[Any, Any], Any], int]] = {
    "Mult": (operator.mul, 1),
    "Div": (operator.truediv, -1),
    "FloorDiv": (operator.floordiv, -1),
    "Mod": (operator.mod, -1),
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Eq": operator.eq,
    "NotEq": operator.ne,
}
# Of one argument: those that keep its unit, and those of plain numbers.
KEEPING: Mapping[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "round": np.round,
}
PLAIN: Mapping[str, Callable[[Any], Any]] = {"sqrt": np.sqrt, "log2": np.log2}
CHOOSING: Mapping[str, Callable[[Any, Any], Any]] = {"min": np.minimum, "max": np.maximum}
