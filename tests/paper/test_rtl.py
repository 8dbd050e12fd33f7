"""Against 40 RTL simulations of fused attention (TileFlow's artifact): counts equal, cycles close.

Everything comes from the engine's counts of an explicit nest: see flat_plugin/paper/rtl.py.
"""

from dataclasses import replace

import pytest

from flat_plugin import estimate
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.documents.table import read_table
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.paper.comparison import summarize
from flat_plugin.paper.rtl import (
    COUNTERS,
    FILE,
    RtlCase,
    RtlRow,
    evaluate_rtl,
    rtl_architecture,
    rtl_comparisons,
    rtl_mapping,
)


@pytest.fixture(scope="module")
def rows(published):
    return [(RtlCase.of(line.row), line.row) for line in read_table(published(FILE) / FILE, RtlRow)]


@pytest.fixture(scope="module")
def comparisons(published):
    return rtl_comparisons(published(FILE))


@pytest.mark.parametrize("counter", COUNTERS)
def test_every_counter_of_every_row_is_equal(comparisons, counter):
    chosen = [c for c in comparisons if c.metric == counter]
    assert len(chosen) == 40
    assert [(c.case, c.ours) for c in chosen] == [(c.case, c.theirs) for c in chosen]


def test_cycles_within_5_percent_on_average_and_16_at_worst(comparisons):
    cycles = next(s for s in summarize(comparisons) if s.metric == "cycles")
    assert cycles.cases == 40
    assert cycles.mean_error < 0.035  # measured 3.41 %
    assert cycles.max_error < 0.112  # measured 11.18 %: M = N = 256, tiles 64/64/256; ours is slower


def test_dram_counters_follow_the_closed_form(rows):
    """M·D + ⌈M/R⌉·N(D+E) in, M·E out: row granularity with K and V streamed."""
    for case, row in rows:
        tiles = case.queries // case.tile_rows
        pair = case.head_dim + case.value_dim
        reads = case.queries * case.head_dim + tiles * case.keys * pair
        assert int(row["mem_to_buf_bits"]) == 16 * reads
        assert int(row["buf_to_mem_bits"]) == 16 * case.queries * case.value_dim


def test_the_public_dataflow_moves_the_same_words(rows):
    """``flat-r<tile_M>`` with K and V streamed, as a user asks for it, in a buffer too small to hold
    K or V (in a larger one the search holds them: fewer words than the RTL moves)."""
    machine = rtl_architecture()
    names = [memory.name for memory in machine.memories] + [machine.compute.name]
    none = EnergyTable({name: ComponentEnergy.of_nothing() for name in names})
    for case, row in rows:
        staged = case.tile_rows * (case.keys + 2 * case.head_dim + 2 * case.value_dim)
        slabs = 2 * 2 * 16 * (case.head_dim + case.value_dim)
        outer, buffer, registers = machine.memories
        small = replace(machine, memories=(outer, replace(buffer, capacity=staged + slabs), registers))
        answer = estimate(
            case.attention, small, f"flat-r{case.tile_rows}", stage=("Q", "S", "O"), softmax="free", ert=none
        )
        assert sum(t.dram_reads for t in answer.traffic.values()) * 16 == int(row["mem_to_buf_bits"])
        assert sum(t.dram_writes for t in answer.traffic.values()) * 16 == int(row["buf_to_mem_bits"])


def test_what_each_piece_adds_to_the_counters():
    """In units of M·N, D = E = 64: Q is a quarter (each weight once), K and V four (for each 16 rows of
    weights), P one, partial sums four in and four out for each operator, the extra pass one and one."""
    result = evaluate_rtl(RtlCase(256, 256, 64, 64, 64, 16, 256))
    unit = 256 * 256
    reads = {
        (work.name, tensor): words.buffer_reads / unit
        for work in result.works
        for tensor, words in work.traffic.items()
        if words.buffer_reads
    }
    assert reads == {
        ("logit", "Q"): 0.25,
        ("logit", "K"): 4,
        ("logit", "S"): 3,
        ("logit accumulators", "S"): 1,
        ("score_pass", "S"): 1,
        ("attend", "S"): 1,
        ("attend", "V"): 4,
        ("attend", "O"): 3.75,
        ("attend accumulators", "O"): 0.25,
    }
    assert result.counters["buf_to_reg_bits"] == 16 * unit * 18.25
    assert result.counters["reg_to_buf_bits"] == 16 * unit * 9


def test_one_port_for_the_whole_buffer_would_be_too_slow(rows):
    """Why the buffer's 32 words/cycle are read as a figure a port: shared, the error is up to 57 %."""
    machine = rtl_architecture()
    outer, buffer, registers = machine.memories
    shared = replace(machine, memories=(outer, replace(buffer, shared_bandwidth=32.0), registers))
    ratios = [evaluate_rtl(case, shared).latency.cycles / float(row["rtl_cycles"]) for case, row in rows]
    assert max(ratios) > 1.5


def test_the_mapping_prints():
    text = fused_text(rtl_mapping(RtlCase(256, 256, 64, 64, 64, 16, 64)))
    assert "logit" in text and "attend" in text
