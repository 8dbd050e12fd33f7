"""Figures of an architecture changed, and everything that follows from them."""

import pytest
from small_documents import chain, dram, mac, memory

import flat_plugin as flat
from flat_plugin.architecture import find_architecture, read_architecture
from flat_plugin.architecture.overrides import OVERRIDES, AxesForm, OverridesForm, override
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError

EDGE = find_architecture("edge")
NESTED = read_architecture(
    chain(
        dram(type="LPDDR4"),
        memory(depth=1024, width=128, datawidth=16, read_bandwidth=8, write_bandwidth=4),
        memory("Regs[1..8]", "regfile", depth=16, width=16, meshX=4, meshY=2),
        mac("MAC[1..32]", width=16, meshX=16, meshY=2),
        technology="45nm",
        global_cycle_seconds=1e-9,
    )
)


def test_nothing_changes_without_a_change():
    assert override(EDGE, {}) == EDGE


def test_a_larger_buffer():
    found = override(EDGE, {"buffer_kb": 1024})
    assert found.memories[1].capacity == 1024 * 1024 // 2
    assert found.memories[1].attributes["depth"] == 16384
    assert found.memories[0] == EDGE.memories[0]
    assert found.compute == EDGE.compute


def test_bandwidth_is_of_reads_and_writes_together():
    dram, buffer, *_ = override(NESTED, {"dram_words_per_cycle": 50, "buffer_words_per_cycle": 100}).memories
    assert dram.shared_bandwidth == 50
    assert (buffer.shared_bandwidth, buffer.read_bandwidth) == (100, float("inf"))
    assert "read_bandwidth" not in buffer.attributes


def test_pes_take_along_what_lies_below_them():
    found = override(EDGE, {"pes": [64, 16]})
    registers = found.memories[2]
    for part in (registers, found.compute):
        assert (part.instances, part.mesh_x, part.mesh_y) == (1024, 64, 16)
    assert found.fanout(1) == (64, 16)
    assert found.fanout(2) == (1, 1)
    assert found.softmax == EDGE.softmax


def test_a_pe_keeps_what_is_in_it():
    assert NESTED.fanout(2) == (4, 1)
    found = override(NESTED, {"pes": [2, 2]})
    assert found.fanout(1) == (2, 2)
    assert found.fanout(2) == (4, 1)
    assert (found.compute.instances, found.compute.mesh_x, found.compute.mesh_y) == (16, 8, 2)


def test_softmax_lanes():
    found = override(EDGE, {"softmax_lanes": 256}).softmax
    assert found is not None
    assert found.lanes == 256


def test_softmax_passes():
    layer = flat.parse_attention("B=1,H=1,M=64,N=64,D=16")
    three, two = (flat.estimate(layer, override(EDGE, {"softmax_passes": n}), "flat-r16") for n in (3, 2))
    assert two.busy["SoftmaxUnit"] == 6 / 4 * three.busy["SoftmaxUnit"]
    words = [e.operators["softmax"].traffic["S"] for e in (three, two)]
    assert [(w.buffer_reads, w.buffer_writes) for w in words] == [(3 * 4096, 2 * 4096), (2 * 4096, 4096)]
    assert two.limits.energy_pj > three.limits.energy_pj


def test_an_architecture_that_is_no_longer_the_preset_gets_energies_of_its_own():
    larger = override(EDGE, {"buffer_kb": 1024})
    assert energy_for(EDGE).source != energy_for(larger).source
    before, after = (energy_for(a).components["GlobalBuffer"].area_um2 for a in (EDGE, larger))
    assert before is not None and after is not None and after > before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bufer_kb": 1}, ["unknown override", *OVERRIDES]),
        ({"buffer_kb": 0.03}, ["buffer_kb", "not a whole number of rows", "multiple of 0.0625"]),
        ({"buffer_kb": -1}, ["buffer_kb", "above 0"]),
        ({"buffer_kb": True}, ["buffer_kb", "above 0"]),
        ({"dram_words_per_cycle": "fast"}, ["dram_words_per_cycle", "'fast'"]),
        ({"pes": 64}, ["pes", "[x, y]"]),
        ({"pes": [0, 4]}, ["pes", "[0, 4]"]),
        ({"softmax_lanes": 0}, ["softmax_lanes", "1 or more"]),
        ({"softmax_passes": 1}, ["softmax_passes", "2 or 3"]),
    ],
)
def test_bad_changes(changes, words):
    with pytest.raises(FlatError) as refused:
        override(EDGE, changes)
    assert all(word in str(refused.value) for word in words)


def test_no_array_to_resize():
    single = override(EDGE, {"pes": [1, 1]})
    with pytest.raises(FlatError, match="no array to resize"):
        override(single, {"pes": [2, 2]})


def test_bandwidths_in_gigabytes():
    """A word of 16 bits a cycle of 1 ns is 2 GB/s."""
    found = override(NESTED, {"dram_gb_per_s": 8, "buffer_gb_per_s": 25})
    assert [memory.shared_bandwidth for memory in found.memories[:2]] == pytest.approx([4, 12.5])
    assert found.memories[1].read_bandwidth == float("inf")
    assert override(NESTED, {"dram_words_per_cycle": 4}).memories[0] == found.memories[0]
    with pytest.raises(FlatError, match="dram_gb_per_s"):
        override(NESTED, {"dram_gb_per_s": "fast"})


@pytest.mark.parametrize("memory", ["dram", "buffer"])
def test_one_bandwidth_is_given_once(memory):
    changes = {f"{memory}_words_per_cycle": 5, f"{memory}_gb_per_s": 10}
    for order in (changes, dict(reversed(changes.items()))):
        with pytest.raises(FlatError, match="one bandwidth is given twice"):
            override(find_architecture("edge"), order)


def test_sweeps_know_every_change() -> None:
    for form in (OverridesForm, AxesForm):
        assert form.__annotations__.keys() == OVERRIDES.keys()
