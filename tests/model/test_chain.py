"""A layer on four cores, checked by hand: room, words, latency."""

from dataclasses import replace

import pytest
from four_cores import CHIP, LAYER, answer, on_cores

from flat_plugin import find_architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.model.chain import Latency, fused_latency, total_busy, total_energy, unfused_latency
from flat_plugin.model.operator_work import Work


def test_room_of_every_memory():
    """Both operators' tiles, twice, down to L1; S once in L1; the registers by turns."""
    assert [str(need).partition(" =")[0] for need in answer().requirements] == [
        "L2: 2·Q[M16×D4] + 2·K[N8×D4] + 2·V[N8×E4] + 2·O[M16×E4]",
        "L1: 2·Q[M2×D4] + 2·K[N8×D4] + 2·V[N8×E4] + 2·O[M2×E4] + S[M2×N8]",
        "Regs: Q[1]",
    ]
    assert answer().requirement.buffer == "L1"


@pytest.mark.parametrize(("level", "words"), [(1, 383), (2, 175)])
def test_whichever_memory_is_too_small_says_so(level, words):
    memories = list(CHIP.memories)
    memories[level] = replace(memories[level], capacity=words)
    with pytest.raises(InvalidMapping, match=f"{memories[level].name}: .* = {words + 1:,} > {words:,} words"):
        answer(chip=replace(CHIP, memories=tuple(memories)))


def test_words_at_every_memory():
    """K leaves DRAM once a head and L2 once for all cores; every core fills its own."""
    words = answer(softmax="free").traffic["K"]
    assert words.level(0) == (64, 0)
    assert words.level(1)[0] == 64  # read once for four cores, and not again for the second half of the rows
    assert words.level(2)[1] == 4 * 64
    assert answer(softmax="free").to_dict()["tensors"]["K"]["levels"]["L1"]["writes"] == 256


def test_latency_is_the_busiest_resource_and_the_tiles_in_and_out():
    """Steps of both operators; Q and K through DRAM's and L2's ports, O back."""
    found = answer(softmax="free")
    steps = 2 * LAYER.softmax_elements * 4 / 16
    into = (64 + 32) / 4 + (4 * 8 + 32) / 16  # L2's tiles, and those of all cores (K once)
    out = 64 / 4 + 4 * 8 / 16
    assert (found.bound, found.cycles) == ("MAC", steps + into + out)


def test_cores_without_work_are_said():
    idle = answer(on_cores(2), softmax="serial")
    assert "2 of 4 L1 have no work in logit and attend" in idle.notes
    assert idle.busy["SoftmaxUnit"] == 2 * answer(softmax="serial").busy["SoftmaxUnit"]
    assert not any("no work" in note for note in answer().notes)


def works():
    return [
        Work("logit", 10.0, {"MAC": 10.0, "DRAM": 4.0}, {("MAC", "compute"): 2.0}),
        Work("softmax", 6.0, {"SoftmaxUnit": 6.0, "DRAM": 1.0}, {("SoftmaxUnit", "compute"): 1.0}),
        Work("attend", 9.0, {"MAC": 5.0, "DRAM": 9.0}, {("MAC", "compute"): 3.0, ("DRAM", "V"): 4.0}),
    ]


def test_unfused_operators_wait_for_each_other():
    found = unfused_latency(works())
    assert found.cycles == 10 + 6 + 9
    assert found.bound == "MAC"  # 10 cycles of logit; DRAM has 9 of attend


def test_fused_ones_take_as_long_as_the_busiest_and_the_edges(chip):
    assert fused_latency(works(), chip, softmax_serial=False, edges=2.0) == Latency(15 + 2, "MAC")
    serial = fused_latency(works(), chip, softmax_serial=True)
    assert serial == Latency(15 + 6, "MAC + SoftmaxUnit")


def test_sums_over_operators():
    assert total_busy(works()) == {"MAC": 15, "DRAM": 14, "SoftmaxUnit": 6}
    assert total_energy(works()) == {"MAC": 5, "SoftmaxUnit": 1, "DRAM": 4}


@pytest.fixture
def chip():
    return find_architecture("edge")
