"""DRAM types with cited energies per bit."""

from __future__ import annotations

import pytest

from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.energy import recorded_table
from flat_plugin.errors import FlatError

MAC = Compute("MAC", "intmac", 16)
SRAM = Memory("B", "SRAM", 16, 4, capacity=32768, attributes={"depth": 8192})


@pytest.mark.parametrize(
    ("variant", "read", "write"),
    [("GDDR6", 7.5, 7.5), ("HBM2E", 6.0, 6.0), ("HBM3", 10.625, 7.75), ("LPDDR5", 6.4, 6.4)],
)
def test_an_access_is_of_the_full_width(variant: str, read: float, write: float) -> None:
    outer = Memory("D", "DRAM", 16, 8, attributes={"type": variant})
    table = recorded_table(Architecture("a", (outer, SRAM), MAC))
    found = table.components["D"]
    assert found.actions["read"] == pytest.approx(read * 128)
    assert found.actions["write"] == found.actions["update"] == pytest.approx(write * 128)
    assert "Micron" in found.estimator or "measured on an H100" in found.estimator
    assert "cited: D" in table.source


def test_a_type_without_a_figure_is_refused_with_the_reason() -> None:
    outer = Memory("D", "DRAM", 16, 8, attributes={"type": "DDR5"})
    with pytest.raises(FlatError, match="type DDR5, for no maker states"):
        recorded_table(Architecture("a", (outer, SRAM), MAC))
