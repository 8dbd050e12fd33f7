"""Smart buffers: storage and two address adders, as Accelergy's public components define them."""

from __future__ import annotations

import pytest

from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.energy.plug_in.flat_arithmetic import adder, register_file
from flat_plugin.energy.recorded import recorded_component

MAC = Compute("MAC", "intmac", 16)


def _answer(kind: str, depth: int, width: int, **attributes: object) -> tuple[dict[str, float], float]:
    memory = Memory(
        "B", kind, 16, width // 16, capacity=depth * width // 16, attributes={"depth": depth, **attributes}
    )
    found = recorded_component(memory, Architecture("a", (memory,), MAC))
    return dict(found.actions), found.area_um2 or 0.0


def test_an_sram_with_two_adders() -> None:
    plain, area = _answer("SRAM", 8192, 64)
    smart, smart_area = _answer("smartbuffer_SRAM", 8192, 64)
    generator = adder(13, 1e-9)
    assert smart["read"] == pytest.approx(plain["read"] + generator.energy_pj)
    assert smart["write"] == smart["update"] == pytest.approx(plain["write"] + generator.energy_pj)
    assert smart["leak"] == pytest.approx(plain["leak"] + 2 * generator.leak_pj)
    assert smart_area == pytest.approx(area + 2 * generator.area_um2)


def test_banks_are_no_part_of_it() -> None:
    assert _answer("smartbuffer_SRAM", 8192, 64, n_banks=27) == _answer("smartbuffer_SRAM", 8192, 64)


def test_registers_of_full_size_are_a_register_file() -> None:
    found, _ = _answer("smartbuffer_RF", 128, 64)
    assert found["read"] == pytest.approx(register_file(128, 1e-9).energy_pj + adder(7, 1e-9).energy_pj)


def test_small_registers_are_scaled_down() -> None:
    found, area = _answer("smartbuffer_RF", 16, 16)
    whole, generator = register_file(64, 1e-9), adder(4, 1e-9)
    dynamic, static = 0.5 * 0.25**0.78, 0.5 * 0.25
    assert found["read"] == pytest.approx(whole.energy_pj * dynamic + generator.energy_pj)
    assert found["leak"] == pytest.approx(whole.leak_pj * static + 2 * generator.leak_pj)
    assert area == pytest.approx(whole.area_um2 * static + 2 * generator.area_um2)


def test_a_plain_storage_is_an_sram_as_timeloop_takes_it() -> None:
    assert _answer("storage", 8192, 64) == _answer("SRAM", 8192, 64)
