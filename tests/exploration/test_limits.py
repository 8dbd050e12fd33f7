"""What no mapping beats, worked out for the tiny chips by hand."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest
from tiny_explorations import TINY, exploration, known

from flat_plugin.architecture import ComponentEnergy, EnergyTable, Platform
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.limits import least_of, least_on
from flat_plugin.mapping.named import parse_dataflow

CHIPS = known().bounds.chips
CASE = exploration().cases[0]  # 16 × 16 scores of 8
FUSED, UNFUSED = parse_dataflow("flat-opt"), parse_dataflow("base-opt")
NS, PJ = 1e-9, 1e-12


@pytest.mark.parametrize(
    ("softmax", "cycles"),
    [
        ("serial", 2 * 16 * 16 * 8 / 16 + 256 * 4 / 8),  # the array, then the lanes
        ("overlapped", 256),
        ("free", 256),
        ("array", 256 + 256 * 10 / 16),
    ],
)
def test_the_array_and_the_lanes_take_their_turns(softmax: str, cycles: float) -> None:
    assert least_of(CASE, CHIPS, softmax, FUSED).latency == pytest.approx([cycles * NS] * 6)


@pytest.mark.parametrize(("flow", "words"), [(FUSED, 4 * 128), (UNFUSED, 4 * 128 + 4 * 256)])
def test_every_tensor_crosses_the_outermost_memory(flow, words: int) -> None:
    """A word is a quarter of an access of 400 pJ; scores that do not stay are written and read twice."""
    found = least_of(CASE, CHIPS, "serial", flow)
    assert found.energy == pytest.approx([(4096 + 256 * 4 + words * 100) * PJ] * 6)


def test_a_slow_memory_bounds_latency() -> None:
    slow = known(axes={"dram_words_per_cycle": [0.5, 8]}, area_um2={}).bounds.chips
    assert least_of(CASE, slow, "overlapped", FUSED).latency == pytest.approx([512 / 0.5 * NS, 256 * NS])


def test_on_one_chip_as_among_all() -> None:
    for design in (0, 5):
        one = least_on(CASE, CHIPS.platform(design), "serial", FUSED)
        every = least_of(CASE, CHIPS, "serial", FUSED)
        assert one.latency[0] == every.latency[design] and one.energy[0] == every.energy[design]


def test_pieces_follow_each_other() -> None:
    model = exploration(workloads=[{"model": "gpt2", "seq": 16, "level": "model"}]).cases[0]
    block = replace(model, level="block")
    whole, single = (least_of(case, CHIPS, "serial", FUSED).latency[0] for case in (model, block))
    assert 12 * single < whole < 13 * single + 1


def test_without_energies_there_is_no_least_energy() -> None:
    unknown = Platform(CHIPS.architecture(0), EnergyTable(unknown="nobody"))
    found = least_on(CASE, unknown, "serial", FUSED)
    assert isnan(found.energy[0]) and found.latency[0] == pytest.approx(384 * NS)


def test_widths_are_of_words_of_the_memory() -> None:
    narrow = exploration(workloads=[{**TINY["workloads"][0], "bits": "Q=8,K=8,V=8,O=8"}]).cases[0]
    assert isinstance(narrow, Case)
    energy = least_of(narrow, CHIPS, "serial", FUSED).energy[0]
    assert energy == pytest.approx((4096 + 1024 + 4 * 128 / 2 * 100) * PJ)


def test_the_cheapest_multiply_accumulate_counts_whatever_its_operands() -> None:
    chip = CHIPS.platform(0)
    table = chip.energies
    macs = ComponentEnergy({"compute": 1.0, "compute_8x8": 0.25, "leak": 0.0})
    cheaper = replace(chip, energies=replace(table, components={**table.components, "MAC": macs}))
    saved = (least_on(CASE, each, "serial", FUSED).energy[0] for each in (chip, cheaper))
    first, second = saved
    assert first - second == pytest.approx(4096 * 0.75 * PJ)


def test_without_lanes_nothing_waits_for_the_softmax() -> None:
    chip = CHIPS.platform(0)
    bare = replace(chip, architecture=replace(chip.architecture, softmax=None))
    found = least_on(CASE, bare, "free", FUSED)
    assert found.latency[0] == pytest.approx(256 * NS)
    assert found.energy[0] == pytest.approx((4096 + 512 * 100) * PJ)
