"""No mapping that the search finds beats a limit, whatever the shape, the buffer and the bandwidths."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flat_plugin as flat
from flat_plugin.architecture import (
    Architecture,
    ComponentEnergy,
    Compute,
    EnergyTable,
    Memory,
    preset_path,
)
from flat_plugin.model.operator_work import edge_cycles
from flat_plugin.model.tiling import least_traffic

SIZES = st.sampled_from([1, 2, 4, 6, 16, 60])
WIDTHS = st.sampled_from([0.5, 4, inf])


@st.composite
def layers(draw):
    heads, kv = draw(st.sampled_from([(1, 1), (2, 1), (2, 2)]))
    m, n, d, e = (draw(SIZES) for _ in range(4))
    return flat.parse_attention(f"B=1,H={heads},KV={kv},M={m},N={n},D={d},E={e}")


@st.composite
def architectures(draw):
    words = draw(st.sampled_from([16, 64, 256, 1024]))
    read, write, shared = (draw(WIDTHS) for _ in range(3))
    memories = (
        Memory("DRAM", "DRAM", 16, read_bandwidth=read, write_bandwidth=write, shared_bandwidth=shared),
        Memory("Buffer", "SRAM", 16, 2, capacity=words),
        Memory("Regs", "regfile", 16, capacity=2, instances=4, mesh_x=2, mesh_y=2),
    )
    return Architecture("tiny", memories, Compute("MAC", "intmac", 16, 4, 2, 2))


@st.composite
def tables(draw):
    pj = st.sampled_from([0.0, 1.0, 100.0])
    names = ("DRAM", "Buffer", "Regs", "MAC")
    actions = ("read", "write", "update", "leak", "compute")
    return EnergyTable({name: ComponentEnergy({a: draw(pj) for a in actions}) for name in names})


@settings(max_examples=60, deadline=None)
@given(layers(), architectures(), tables(), st.sampled_from(["traffic", "energy", "latency"]))
def test_no_search_beats_a_limit(layer, architecture, table, objective):
    for family in ("base-opt", "flat-opt", "flash"):
        try:
            found = flat.search(
                layer,
                architecture,
                dataflow=family,
                objective=objective,
                softmax="free",
                ert=table,
                factors="perfect",
            ).estimate
        except flat.InvalidMapping:
            continue
        assert found.dram_words >= found.limits.best_tiling_dram_words >= found.limits.compulsory_dram_words
        assert found.cycles >= found.limits.cycles * (1 - 1e-12)
        assert found.energy_pj >= found.limits.energy_pj * (1 - 1e-12)


@settings(max_examples=60, deadline=None)
@given(layers(), architectures(), tables(), st.sampled_from(["flat-m", "flat-b", "flat-h", "flat-r"]))
def test_no_overflow_beats_a_limit(layer, architecture, table, flow):
    try:
        found = flat.estimate(layer, architecture, flow, softmax="free", overflow="spill", ert=table)
    except flat.InvalidMapping:
        return
    assert found.dram_words >= found.limits.best_tiling_dram_words


@pytest.mark.parametrize(
    ("shape", "flow", "words"),
    [
        ("B=1,H=1,M=4,N=16,D=64,E=16", "flat-h", 44),
        ("B=1,H=2,M=16,N=4,D=64,E=16", "flat-m", 44),
        ("B=1,H=2,M=8,N=8,D=128,E=128", "flat-r8", 57),
    ],
)
def test_a_share_of_the_scores_may_stay(shape, flow, words):
    memories = (Memory("DRAM", "DRAM", 16), Memory("Buffer", "SRAM", 16, capacity=words))
    tiny = Architecture("tiny", memories, Compute("MAC", "intmac", 16, 4, 4, 1))
    free = EnergyTable({name: ComponentEnergy.of_nothing() for name in ("DRAM", "Buffer", "MAC")})
    layer = flat.parse_attention(shape)
    found = flat.estimate(layer, tiny, flow, softmax="free", overflow="spill", ert=free)
    assert not found.fits
    assert found.dram_words >= found.limits.best_tiling_dram_words


def test_what_the_best_tiling_is():
    layer = flat.parse_attention("B=2,H=12,KV=3,M=512,N=2048,D=64,E=32")
    rows, keys, width = 2 * 12 * 512, 2 * 3 * 2048, 64 + 32
    compulsory = (rows + keys) * width
    assert least_traffic(layer, inf) == compulsory
    assert least_traffic(layer, 2048 * width + 2048) == compulsory  # K, V and a row of scores
    fewer = least_traffic(layer, 100_000)
    held = 100_000 // (width + 1)  # rows of Q and O, and a column of scores
    streamed = rows * width + (4 * 512 / held) * keys * width
    assert 0.98 * streamed < fewer <= streamed
    assert least_traffic(layer, 1) <= compulsory + 2 * rows * 2048  # not fused
    words = [least_traffic(layer, 2**n) for n in range(30)]
    assert words == sorted(words, reverse=True)


def test_a_search_comes_close_to_it():
    """Double buffers and perfect factors are what is between."""
    layer = flat.parse_attention("B=1,H=1,M=256,N=256,D=16")
    edge, ert = flat.find_architecture("edge"), preset_path("edge") / "ERT.yaml"
    for words in (512, 2048, 8192):
        memories = (edge.memories[0], replace(edge.memories[1], capacity=words), *edge.memories[2:])
        small = replace(edge, memories=memories)
        found = flat.search(
            layer, small, dataflow="flash,flat-opt", objective="traffic", softmax="free", ert=ert
        )
        assert 1 <= found.value / found.estimate.limits.best_tiling_dram_words < 3.5


@pytest.mark.parametrize(("read", "write", "cycles"), [(4, 1, 10 + 20), (1, 4, 40 + 5), (inf, 2, 10)])
def test_what_comes_in_is_read_and_what_goes_out_written(read, write, cycles):
    memory = Memory("DRAM", "DRAM", 16, read_bandwidth=read, write_bandwidth=write)
    assert edge_cycles(memory, 40, 20) == cycles
