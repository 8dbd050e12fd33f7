"""Figures for people: a few digits and an SI prefix. A GB is 10^9 bytes."""

from __future__ import annotations

NOTHING = "—"  # where a figure is not known
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


def quantity(value: float, unit: str = "") -> str:
    """Three or four significant digits with an SI prefix: ``53.5 ms``, ``846M words``; J·s takes none."""
    value = float(f"{value:.12g}")  # 1 / 1e-9 is a hair below 1e9
    if value == 0:
        return "0"
    if unit == "J·s":
        return f"{value:.3g} {unit}"
    if unit in _COUNTED:
        return f"{quantity(value)} {unit}"
    for factor, prefix in _PREFIXES:
        if abs(value) >= factor:
            return f"{_digits(value / factor)}{' ' if unit else ''}{prefix}{unit}"
    return f"{value:.3g}{' ' if unit else ''}{unit}"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
