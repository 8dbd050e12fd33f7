"""What an action costs at least."""

import pytest

from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, EnergyTable, Memory
from flat_plugin.certificate.prices import Prices, energy_prices, word_prices
from flat_plugin.errors import FlatError

DRAM = Memory("DRAM", "DRAM", 16, block_size=4)
REGS = Memory("Regs", "regfile", 16, cluster_size=2, instances=8, mesh_x=8)
CHIP = Architecture("chip", (DRAM, REGS), Compute("MAC", "intmac", 16, 8, 8))
TABLE = EnergyTable(
    {
        "DRAM": ComponentEnergy({"read": 400.0, "write": 440.0, "update": 480.0, "leak": 3.0}),
        "Regs": ComponentEnergy({"read": 2.0, "write": 4.0, "update": 6.0}),
        "MAC": ComponentEnergy({"compute": 1.5}),
    }
)


def test_a_word_is_its_share_of_a_row_and_of_a_cluster() -> None:
    """A row of DRAM has four words; an access of the registers serves two instances."""
    assert energy_prices(CHIP, TABLE) == Prices((100, 1), (110, 2), (120, 3), 1.5, (3, 0))


def test_an_energy_that_is_missing_is_not_0() -> None:
    table = EnergyTable({**TABLE.components, "MAC": ComponentEnergy({})})
    with pytest.raises(FlatError, match="no energy for MAC compute"):
        energy_prices(CHIP, table)


def test_traffic_is_words_of_the_outermost_memory_alone() -> None:
    assert word_prices(CHIP) == Prices((1, 0), (1, 0), (1, 0), 0, (0, 0))
