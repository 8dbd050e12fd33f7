"""The chips of a space, put together from the variants of their parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny_explorations import exploration

from flat_plugin.errors import FlatError
from flat_plugin.exploration.chips import Chips


def chips(scales: dict[str, float] | None = None, **changes: Any) -> Chips:
    asked = exploration(**changes)
    return Chips(asked.base, asked.space, asked.estimator, asked.areas, scales)


TINY = chips()


def test_a_part_has_as_many_variants_as_its_axes_have_values() -> None:
    assert TINY.names == ("DRAM", "Buffer", "MAC", "Lanes")
    assert [len(part.variants) for part in TINY.parts] == [2, 3, 1, 1]
    assert TINY.axes_of_parts == {"DRAM": {1}, "Buffer": {0}, "MAC": frozenset(), "Lanes": frozenset()}
    assert TINY.parts[1].of.tolist() == [0, 0, 1, 1, 2, 2]
    assert TINY.parts[0].column([4.0, 8.0]).tolist() == [4, 8, 4, 8, 4, 8]


def test_a_design_has_the_figures_of_its_axes() -> None:
    chip = TINY.architecture(3)
    assert (chip.memories[1].capacity, chip.memories[0].shared_bandwidth) == (1024, 8)
    assert chip == TINY.build(3)[0]
    platform = TINY.platform(3)
    assert platform.architecture.name == "tiny, buffer_kb 2, dram_words_per_cycle 8"
    assert platform.energies.energy("DRAM", "read") == 400


def test_areas_are_of_all_instances() -> None:
    """DRAM 1, MAC 16 × 100, Lanes 400 and 1000 µm² for every KB, in mm²."""
    assert TINY.area_mm2 == pytest.approx([(2001 + kb * 1000) * 1e-6 for kb in (1, 1, 2, 2, 4, 4)])
    assert TINY.without_area == ()


def test_leakage_and_peak_power() -> None:
    """2 pJ of leakage a cycle of 1 ns; DRAM moves one or two rows of 400 pJ, the buffer 48 words of 3 pJ."""
    assert TINY.leak_watts == pytest.approx([2e-3] * 6)
    rest = 48 * 12 / 4 * 1e-3 + 16e-3 + 8e-3 + 2e-3
    assert TINY.peak_watts == pytest.approx([0.4 + rest, 0.8 + rest] * 3)


def test_who_answers_is_said_by_part() -> None:
    assert TINY.source.startswith("DRAM: given in the architecture; Buffer: given")


def test_energies_and_areas_may_be_scaled() -> None:
    scaled = chips({"MAC": 1.5, "area MAC": 2.0})
    assert scaled.platform(0).energies.energy("MAC", "compute") == 1.5
    assert scaled.area_mm2 - TINY.area_mm2 == pytest.approx([1600e-6] * 6)
    assert scaled.platform(0).energies.energy("DRAM", "read") == 400


def test_what_changes_all_parts_makes_a_frame_of_its_own() -> None:
    clocked = chips(axes={"tiny.global_cycle_seconds": [1e-9, 2e-9], "buffer_kb": [1, 2]})
    assert [frame.cycle_seconds for frame in clocked.frames] == [1e-9, 2e-9]
    assert clocked.frame_of.tolist() == [0, 0, 1, 1]
    assert len(TINY.frames) == 1 and not TINY.frame_of.any()


def test_an_area_that_nobody_knows_is_not_a_number() -> None:
    odd = chips(axes={"tiny.technology": ["45nm", "3nm"]}, area_um2={"Lanes": 400}, estimator="auto")
    assert odd.without_area == () and np.isfinite(odd.area_mm2).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"area_um2": {"Cache": 3}},
            "exploration.area_um2: no such component .*expected DRAM, Buffer, MAC or",
        ),
        ({"area_um2": {"MAC": "1 - 1"}}, "exploration.area_um2.MAC: bad area .got 0."),
        ({"axes": {"buffer_kb": [1, 0.003]}}, "not a whole number of rows .*design: buffer_kb 0.003"),
    ],
)
def test_a_design_that_cannot_be_built_is_named(changes: dict[str, Any], said: str) -> None:
    changes.setdefault("area_um2", {})
    with pytest.raises(FlatError, match=said):
        chips(**changes)
