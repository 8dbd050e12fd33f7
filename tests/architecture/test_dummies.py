"""Levels that hold nothing are left out, and their fan-outs hang below the level above."""

import pytest
from small_documents import chain, component, dram, mac, memory

from flat_plugin.architecture import read_architecture
from flat_plugin.architecture.dummies import dummy_array, without_dummies


def test_the_chip_is_the_same_without_them():
    dummy = component("inter_PE_spatial[1..4]", "dummy_storage", entries=0, meshX=4)
    whole = read_architecture(chain(dram(), memory(width=64), dummy, mac("MAC[1..8]", meshX=8)))
    found = without_dummies(whole)
    assert [level.name for level in found.memories] == ["DRAM", "Buffer"]
    assert found.compute.instances == 8 and "PE" in found.compute.arrays
    assert "inter_PE_spatial holds nothing and is left out" in found.notes


def test_a_chip_without_any_is_itself():
    chip = read_architecture(chain(dram(), memory(width=64), mac()))
    assert without_dummies(chip) is chip


@pytest.mark.parametrize(
    ("name", "array"), [("inter_PE_spatial", "PE"), ("inter_spatial", None), ("PE", None)]
)
def test_names_of_timeloopfe_say_the_container(name, array):
    assert dummy_array(name) == array
