"""Area of a chip: that of all instances of what has one."""

import pytest

import flat_plugin as flat
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.energy.area import area_um2

EDGE = flat.find_architecture("edge")
NAMES = ("DRAM", "GlobalBuffer", "PERegs", "MAC", "SoftmaxUnit")


def table(**areas: float) -> EnergyTable:
    return EnergyTable({name: ComponentEnergy({}, area_um2=areas.get(name)) for name in NAMES}, "by hand")


def test_every_instance_counts_and_what_is_not_known_is_left_out() -> None:
    found = area_um2(table(GlobalBuffer=100.0, MAC=2.0), EDGE)
    assert found == {"GlobalBuffer": 100.0, "MAC": 2.0 * EDGE.compute.instances}


def test_a_table_of_another_architecture() -> None:
    other = EnergyTable({"DRAM": ComponentEnergy({})}, "another")
    with pytest.raises(flat.FlatError, match="the table has no component GlobalBuffer"):
        area_um2(other, EDGE)
