"""Figures for people: a few digits and an SI prefix. A GB is 10^9 bytes."""

from __future__ import annotations

from collections.abc import Sequence

NOTHING = "—"  # where a figure is not known
_FEWEST, _MOST = 3, 9  # digits
_COUNTED = ("words", "cycles", "MACs")  # things, whose number takes the prefix
_PREFIXES = (
    (1e15, "P"),
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
    (1e-12, "p"),
)


def quantity(value: float, unit: str = "", digits: int = 3) -> str:
    """Three significant digits, or more, with an SI prefix: ``53.5 ms``, ``846M words``; J·s takes none."""
    value = float(f"{value:.12g}")  # 1 / 1e-9 is a hair below 1e9
    if value == 0:
        return "0"
    if unit == "J·s":
        return f"{value:.{digits}g} {unit}"
    if unit in _COUNTED:
        return f"{quantity(value, digits=digits)} {unit}"
    for factor, prefix in _PREFIXES:
        if abs(value) >= factor:
            return f"{_digits(value / factor, digits)}{' ' if unit else ''}{prefix}{unit}"
    return f"{value:.{digits}g}{' ' if unit else ''}{unit}"


def apart(values: Sequence[float], unit: str = "") -> list[str]:
    """Each as :func:`quantity` has it, all with the fewest digits that tell apart what is not equal."""
    for digits in range(_FEWEST, _MOST + 1):
        found = [quantity(value, unit, digits) for value in values]
        if len({*found}) == len({float(f"{value:.{_MOST}g}") for value in values}):
            break
    return found


def _digits(value: float, digits: int) -> str:
    whole = value >= 100 and digits == _FEWEST
    return f"{value:.0f}" if whole else f"{value:.{digits}g}"
