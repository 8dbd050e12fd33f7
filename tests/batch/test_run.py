"""Finished runs are taken as they are only while the figures of the model stay the same."""

from small_documents import chain, component, dram, mac, memory

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.batch.run import FIGURES, staged
from flat_plugin.workload import parse_attention

ARCHITECTURE = chain(
    dram(shared_bandwidth=2),
    memory(depth=1024, width=128, datawidth=16),
    component("Softmax", "softmax_unit", lanes=4),
    memory("Regs[1..16]", "regfile", depth=16, width=16, meshX=4, meshY=4),
    mac("MAC[1..16]", width=16, meshX=4, meshY=4),
    technology="45nm",
    global_cycle_seconds=1e-9,
)
ACTIONS = {"read": 8.0, "write": 8.0, "update": 8.0, "leak": 0.5, "compute": 2.0}
# FIGURES: {(layer, dataflow): (cycles, pJ, words to and from DRAM)}
LONG, SHORT = "B=1,H=2,M=64,N=64,D=16", "B=1,H=2,M=64,N=4,D=4"  # SHORT: K and V fit the registers whole
KNOWN = {
    6: {
        (LONG, "base"): (24576, 3211264.0, 40960.0),
        (LONG, "flat-r16"): (25344.0, 3176448.0, 8192.0),
        (SHORT, "flat-r16"): (840.0, 61408.0, 1088.0),
    },
}


def test_a_figure_that_changes_needs_a_new_number() -> None:
    """If this fails, the model's answers have changed: raise FIGURES and record them under it."""
    names = ("DRAM", "Buffer", "Softmax", "Regs", "MAC")
    table = EnergyTable({name: ComponentEnergy(ACTIONS) for name in names}, "this test")
    found = {}
    for layer, dataflow in KNOWN[FIGURES]:
        hardware = read_architecture(ARCHITECTURE)
        answer = flat.estimate(parse_attention(layer), hardware, dataflow, ert=table)
        found[layer, dataflow] = (answer.cycles, answer.energy_pj, answer.dram_words)
    assert found == KNOWN[FIGURES]


SWEEP = {"models": ["bert-base"], "seq": [512], "architectures": ["edge"], "dataflows": ["base", "flat-h"]}


def test_a_run_is_named_by_all_that_decides_its_result() -> None:
    runs = flat.plan({"sweep": SWEEP}).runs
    assert [str(run) for run in runs] == [
        "bert-base, 1 × 512 tokens, on edge, base, native",
        "bert-base, 1 × 512 tokens, on edge, flat-h, native",
    ]
    assert len({run.key for run in runs}) == 2
    again = flat.plan({"sweep": {**SWEEP, "time_limit": 5}}).runs
    assert [run.key for run in again] == [run.key for run in runs]  # it decides no result


def test_tensors_in_any_order_are_one_stage() -> None:
    assert staged(("v", " K")) == staged(("K", "V")) == ("K", "V")
