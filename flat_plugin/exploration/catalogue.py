"""Figures that conditions may name, with their units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from flat_plugin.exploration.expressions import Expression
from flat_plugin.exploration.figures import Answer
from flat_plugin.exploration.quantities import Quantity, Unit, of


@dataclass(frozen=True)
class At:
    """An answer on a chip of this leakage [W], area [mm²] (None: nobody knows it) and peak power [W], and the
    cycles and J (without leakage) that no mapping beats."""

    answer: Answer
    leakage_w: float
    area_mm2: float | None
    peak_w: float
    least_cycles: float
    least_j: float


@dataclass(frozen=True)
class Figure:
    """``needs`` is what it asks of a mapping: energies or cycles, or neither."""

    unit: str
    about: str
    value: Callable[[At], Any]
    needs: str = ""


FIGURES: Mapping[str, Figure] = {
    "cycles": Figure("cycle", "latency in cycles", lambda a: a.answer.cycles, "latency"),
    "latency_s": Figure("s", "latency", lambda a: a.answer.latency_s, "latency"),
    "energy_j": Figure("J", "energy", lambda a: a.answer.energy_j, "energy"),
    "edp_js": Figure("J s", "energy × latency", lambda a: a.answer["edp"], "edp"),
    "power_w": Figure(
        "J/s", "energy divided by latency, with all leakage", lambda a: a.answer.power(a.leakage_w), "edp"
    ),
    "utilization": Figure("", "of the compute units, 0 to 1", lambda a: a.answer.utilization, "latency"),
    "dram_bytes": Figure("B", "read from and written to DRAM", lambda a: a.answer.dram_bytes, "edp"),
    "limit": Figure("cycle", "cycles that no mapping of these dataflows beats", lambda a: a.least_cycles),
    "limit_energy_j": Figure(
        "J", "energy that no mapping of these dataflows beats, without leakage", lambda a: a.least_j
    ),
    "physical_limit": Figure(
        "cycle", "the limit of flat estimate: the busiest resource alone", lambda a: a.answer.limits["cycles"]
    ),
    "area_mm2": Figure("mm2", "of the chip", lambda a: a.area_mm2),
    "peak_power_w": Figure("J/s", "every part at its full rate", lambda a: a.peak_w),
}
ALIASES = {
    "latency": "latency_s",
    "seconds": "latency_s",
    "energy": "energy_j",
    "edp": "edp_js",
    "power": "power_w",
    "utilisation": "utilization",
    "area": "area_mm2",
    "peak_power": "peak_power_w",
}
_NOTHING = ("utilization", "physical_limit")  # likewise 0
_INFINITE = ("cycles", "latency_s", "energy_j", "edp_js", "power_w", "dram_bytes")  # where nothing fits


def known_names(families: tuple[str, ...]) -> tuple[str, ...]:
    """What conditions may name: figures of the best dataflow, and of each by its name."""
    plain = (*FIGURES, *ALIASES)
    return (*plain, *(f"{family}.{name}" for family in families for name in plain))


def figure_of(name: str) -> tuple[str | None, str]:
    """(dataflow or None, figure) that a name in a condition stands for."""
    family, dot, figure = name.rpartition(".")
    return (family if dot else None), ALIASES.get(figure, figure)


def check_condition(condition: Expression) -> None:
    """Units match, and it is a condition: known before any figure is, by values that none is likely to have.

    Raises:
        FlatError: they do not, or it is none.
    """
    tried = {
        name: Quantity(1.2345678 + 0.7310585 * place, of(FIGURES[figure_of(name)[1]].unit))
        for place, name in enumerate(condition.names)
    }
    condition.truth(tried, finite=False)


def quantity_of(figure: str, at: At) -> Quantity | None:
    """A figure with its unit; None where nobody knows it."""
    entry = FIGURES[figure]
    unit: Unit = of(entry.unit)
    if not at.answer.fits:
        if figure not in (*_INFINITE, *_NOTHING):
            found = entry.value(at)
            return None if found is None else Quantity(found, unit)
        return Quantity(inf if figure in _INFINITE else 0.0, unit)
    value = entry.value(at)
    return None if value is None else Quantity(float(value), unit)


def mode_of(figures: set[str]) -> str:
    """What mappings are the best in, for a condition on these figures."""
    needed = {FIGURES[name].needs for name in figures} - {""}
    return needed.pop() if len(needed) == 1 else "edp" if needed else "latency"
