"""What a word costs at least: rows full, clusters shared."""

from dataclasses import replace

from counted_by_hand import CHIP, ENERGIES

from flat_plugin.architecture import EnergyTable
from flat_plugin.mapspace.search.prices import prices_of


def test_prices_of_words():
    found = prices_of(CHIP, ENERGIES)
    assert found.read.tolist() == found.write.tolist() == found.update.tolist() == [100, 10, 1]
    assert (found.compute, found.leak.tolist()) == (0.5, [0, 0, 0])


def test_full_rows_and_shared_clusters_are_cheaper():
    """Rows of five words; two of four registers are read by one access."""
    outer, buffer, regs = CHIP.memories
    memories = (replace(outer, block_size=5), buffer, replace(regs, cluster_size=2))
    assert prices_of(replace(CHIP, memories=memories), ENERGIES).read.tolist() == [20, 10, 0.5]


def test_actions_have_their_own():
    parts = dict(ENERGIES.components)
    parts["Buffer"] = replace(parts["Buffer"], actions={"read": 3, "fill": 4, "update": 5, "leak": 6})
    found = prices_of(CHIP, EnergyTable(parts))
    assert (found.read[1], found.write[1], found.update[1], found.leak[1]) == (3, 4, 5, 6)
