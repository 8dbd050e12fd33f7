"""Figures that conditions may name."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from flat_plugin.exploration.catalogue import (
    ALIASES,
    FIGURES,
    At,
    figure_of,
    known_names,
    mode_of,
    quantity_of,
)
from flat_plugin.exploration.figures import Answer
from flat_plugin.exploration.quantities import name_of

ANSWER = Answer(
    "flat", cycles=10, latency_s=2.0, energy_j=6.0, leak_j=2.0, utilization=0.5, dram_bytes=64,
    limits={"cycles": 8},
)  # fmt: skip
AT = At(ANSWER, leakage_w=3.0, area_mm2=4.0, peak_w=9.0, least_cycles=5.0, least_j=1.0)
NOTHING = replace(AT, answer=Answer("flat", "too small"))
VALUES = {
    "cycles": (10, "cycle"),
    "latency_s": (2.0, "s"),
    "energy_j": (6.0, "J"),
    "edp_js": (12.0, "J s"),
    "power_w": ((6.0 - 2.0) / 2.0 + 3.0, "J/s"),
    "utilization": (0.5, ""),
    "dram_bytes": (64, "B"),
    "limit": (5.0, "cycle"),
    "limit_energy_j": (1.0, "J"),
    "physical_limit": (8, "cycle"),
    "area_mm2": (4.0, "mm2"),
    "peak_power_w": (9.0, "J/s"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_has_its_value_and_unit(name: str) -> None:
    found = quantity_of(name, AT)
    assert found is not None
    assert (found.value, name_of(found.unit)) == VALUES[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, inf) for name in ("cycles", "latency_s", "energy_j", "edp_js", "power_w", "dram_bytes")),
        *((name, 0.0) for name in ("utilization", "physical_limit")),
        *((name, VALUES[name][0]) for name in ("limit", "limit_energy_j", "area_mm2", "peak_power_w")),
    ],
)
def test_where_nothing_fits(name: str, value: float) -> None:
    found = quantity_of(name, NOTHING)
    assert found is not None and found.value == value


def test_an_area_that_nobody_knows_is_none() -> None:
    assert quantity_of("area_mm2", replace(AT, area_mm2=None)) is None
    assert quantity_of("area_mm2", replace(NOTHING, area_mm2=None)) is None


def test_names_with_and_without_a_dataflow() -> None:
    assert figure_of("edp") == (None, "edp_js") and figure_of("cycles") == (None, "cycles")
    assert figure_of("flat-opt.utilisation") == ("flat-opt", "utilization")
    assert set(ALIASES.values()) <= set(FIGURES)
    names = known_names(("base", "flat"))
    assert len(names) == 3 * len({*FIGURES, *ALIASES}) and {"edp", "base.edp", "flat.limit"} <= set(names)


@pytest.mark.parametrize(
    ("figures", "mode"),
    [
        ({"cycles", "latency_s", "area_mm2"}, "latency"),
        ({"energy_j"}, "energy"),
        ({"cycles", "energy_j"}, "edp"),
        ({"power_w"}, "edp"),
        ({"area_mm2", "limit"}, "latency"),
    ],
)
def test_what_mappings_are_the_best_in(figures: set[str], mode: str) -> None:
    assert mode_of(figures) == mode
