"""Usual energies order mappings where there is no table: far words cost more than near ones."""

import flat_plugin as flat
from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.energy.relative import to_order_by, usual_energies

EDGE = flat.find_architecture("edge")


def test_far_words_cost_more() -> None:
    table = usual_energies(EDGE)
    dram, buffer, registers = (table.energy(memory.name, "read") for memory in EDGE.memories)
    words = [memory.block_size * memory.cluster_size for memory in EDGE.memories]
    assert dram / words[0] > buffer / words[1] > registers / words[2] > 0


def test_a_table_that_is_known_is_taken_as_it_is() -> None:
    known = flat.energy_table("edge")
    assert to_order_by(known, EDGE) is known
    assert to_order_by(EnergyTable({}, "none", unknown="no table"), EDGE).known
