"""Cycles, energy and validity that follow from counts, by hand."""

from dataclasses import replace

import numpy as np
import pytest
from counted_by_hand import BUFFER_WORDS, CHIP, ENERGIES, NEST, PRODUCT, STEPS, WORDS

from flat_plugin.architecture import ComponentEnergy, EnergyTable, Memory
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.cost import accessed, action_energy, blocks, evaluate, throttled
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.workload.einsum import gemm

MACS = 8 * 4 * 6


def evaluated(energies=ENERGIES, memories=(), **changes):
    """On the chip with changes of memories, by number."""
    every = tuple(replace(memory, **dict(memories).get(i, {})) for i, memory in enumerate(CHIP.memories))
    return evaluate(batch_of(PRODUCT, replace(CHIP, memories=every, **changes), [NEST]), energies)


def words(level):
    return sum(sum(counts[1:]) for (name, _), counts in WORDS.items() if name == level)


def test_the_busiest_port_decides():
    costs = evaluated()
    assert costs.cycles[0] == BUFFER_WORDS / 4 == 74
    assert costs.level_cycles[:, 0].tolist() == [STEPS, 74, STEPS]
    assert costs.throttling[:, 0].tolist() == [1, pytest.approx(STEPS * 4 / BUFFER_WORDS), 1]
    assert costs.utilization[0] == MACS / 4 / 74
    wide = evaluated(memories=[(1, {"shared_bandwidth": 8})])
    assert (wide.cycles[0], wide.utilization[0]) == (STEPS, 1)


def test_ports_for_reads_and_writes():
    costs = evaluated(memories=[(1, {"shared_bandwidth": np.inf, "write_bandwidth": 2})])
    assert costs.cycles[0] == (48 + 24 + 32) / 2
    costs = evaluated(memories=[(1, {"shared_bandwidth": np.inf, "read_bandwidth": 2})])
    assert costs.cycles[0] == (96 + 96) / 2


def test_networks_are_filled_and_drained_once():
    assert evaluated(memories=[(0, {"network_latency": 5}), (1, {"network_latency": 2})]).cycles[0] == 81


def test_energy_is_words_times_energy():
    costs = evaluated()
    assert costs.access_energy[:, :, 0].sum(axis=1).tolist() == [
        words("DRAM") * 100,
        BUFFER_WORDS * 10,
        4 * words("Regs"),
    ]
    assert costs.compute_energy[0] == MACS * 0.5
    assert costs.energy[0] == words("DRAM") * 100 + BUFFER_WORDS * 10 + 4 * words("Regs") + MACS * 0.5


def test_rows_of_several_words_are_accessed_whole():
    costs = evaluated(memories=[(0, {"block_size": 5})])
    rows = sum(-(-n // 5) for n in (48, 24, 32))
    assert costs.access_energy[0, :, 0].sum() == rows * 100
    assert blocks(np.array([4.0, 5.0, 6.0]), Memory("L", "SRAM", 16, block_size=5)).tolist() == [1, 1, 2]
    assert blocks(np.array([4.0]), Memory("L", "SRAM", 16)).tolist() == [4]


def test_one_access_serves_a_cluster():
    costs = evaluated(memories=[(2, {"cluster_size": 2})])
    assert costs.access_energy[2, :, 0].sum() == 2 * words("Regs")
    assert accessed(costs.counts, replace(CHIP.memories[2], cluster_size=4), 2)[0] == 1


def test_leakage_is_of_every_cycle_and_instance():
    leaking = {
        name: ComponentEnergy({**part.actions, "leak": 0.25}) for name, part in ENERGIES.components.items()
    }
    costs = evaluated(EnergyTable(leaking))
    assert costs.leak_energy[:, 0].tolist() == [74 / 4, 74 / 4, 4 * 74 / 4]
    assert costs.energy[0] == evaluated().energy[0] + 6 * 74 / 4


def test_energies_that_nobody_knows_are_no_numbers():
    costs = evaluated(EnergyTable(unknown="no table"))
    assert np.isnan(costs.energy[0]) and costs.cycles[0] == 74
    assert np.isnan(action_energy(EnergyTable(unknown="no table"), "DRAM", "read"))
    assert action_energy(ENERGIES, "Buffer", "write") == 10


@pytest.mark.parametrize(
    ("level", "change", "valid"),
    [
        (1, {"capacity": 44}, True),
        (1, {"capacity": 43}, False),
        (2, {"capacity": 5}, True),
        (2, {"capacity": 4}, False),
        (2, {"mesh_x": 1}, False),
        (2, {"mesh_y": 1}, False),
    ],
)
def test_what_the_chip_cannot_hold_is_not_valid(level, change, valid):
    assert evaluated(memories=[(level, change)]).valid[0] == valid


def test_unrolled_loops_fit_the_compute_units():
    assert not evaluated(compute=replace(CHIP.compute, mesh_x=1)).valid[0]
    assert not evaluated(compute=replace(CHIP.compute, mesh_y=1)).valid[0]


def test_a_tensor_is_kept_somewhere():
    levels = tuple(replace(level, bypass=frozenset("W")) for level in NEST.levels)
    batch = batch_of(PRODUCT, CHIP, [replace(NEST, levels=levels)])
    assert not evaluate(batch, ENERGIES).valid[0]


def test_words_that_a_memory_has_as_a_part_of_another_tensor_do_not_come_again():
    tensors = tuple(
        replace(tensor, inside=("Buffer",)) if tensor.name == "W" else tensor for tensor in PRODUCT.tensors
    )
    counts = evaluate(batch_of(replace(PRODUCT, tensors=tensors), CHIP, [NEST]), ENERGIES).counts
    assert counts.reads[:, 1, 0].tolist() == [0, 96, 48]
    assert counts.fills[:, 1, 0].tolist() == [0, 0, 48]


def test_throttling_of_many_mappings_at_once():
    memory = Memory("L", "SRAM", 16, read_bandwidth=2)
    steps, reads = np.array([10.0, 10.0]), np.array([[10.0, 20.0], [5.0, 10.0]])
    throttling, cycles = throttled(memory, steps, reads, 100 * reads)
    assert throttling.tolist() == [1, 2 / 3] and cycles.tolist() == [10, 15]


def test_narrow_words_take_a_part_of_a_row():
    """W of 8 bits in rows of 16: half of the port's words, two words a row and access."""
    tensors = tuple(replace(tensor, bits=8) if tensor.name == "W" else tensor for tensor in PRODUCT.tensors)
    costs = evaluate(batch_of(replace(PRODUCT, tensors=tensors), CHIP, [NEST]), ENERGIES)
    assert costs.cycles[0] == (BUFFER_WORDS - (96 + 24) / 2) / 4
    assert costs.access_energy[1, 1, 0] == (96 + 24) / 2 * 10


def test_instances_that_have_less_to_do_relieve_the_others():
    """Three rows on two units: of one and a half one is taken, which is half of the two."""
    nest = OperatorMapping(
        (LevelMapping("DRAM"), LevelMapping("Buffer", (("M", 2),), (("M", 2),)), LevelMapping("Regs"))
    )
    einsum = gemm("product", 3, 1, 1)
    batch = batch_of(einsum, CHIP, [with_last_turns(nest, dict(einsum.bounds))])
    costs = evaluate(batch, ENERGIES)
    assert costs.counts.instances[:, 0].tolist() == [1, 1, 1, 1.5]
    memories = (*CHIP.memories[:2], replace(CHIP.memories[2], read_bandwidth=0.5, write_bandwidth=0.25))
    slow = evaluate(replace(batch, architecture=replace(CHIP, memories=memories)), ENERGIES)
    counts = slow.counts
    reads = sum(-(-n // 2) for n in counts.reads[2, :, 0])
    writes = sum(-(-n // 2) for n in (counts.fills + counts.updates)[2, :, 0])
    assert slow.level_cycles[2, 0] == max(reads / 0.5, writes / 0.25)
