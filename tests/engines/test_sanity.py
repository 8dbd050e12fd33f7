"""Figures that no mapping can have: unsigned counts that ran below zero."""

from dataclasses import replace

import pytest

from flat_plugin.engines.errors import UnderflowEnergy
from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.sanity import check_figures


@pytest.fixture
def result(logit, mapping, edge, energies):
    return NativeEngine().evaluate(logit, edge, mapping, energies)


def changed(result, of_level=None, **figures):
    """The result with other figures of the DRAM, or of its first tensor."""
    dram = result["DRAM"]
    name, counts = next(iter(dram.tensors.items()))
    tensors = {**dram.tensors, name: replace(counts, **figures)}
    other = replace(dram, tensors=tensors, **(of_level or {}))
    return replace(result, levels=tuple(other if level is dram else level for level in result.levels))


def test_figures_of_the_engine_pass(result, energies):
    check_figures(result, energies)


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"reads": 2**64 - 5}, r"DRAM\.\w+: 18446744073709551611 reads: an unsigned count ran below zero"),
        ({"energy_pj": 1e20}, r"DRAM\.\w+: 1e\+20 pJ, but its accesses cost at most"),
    ],
)
def test_impossible_ones_are_refused_by_name(result, energies, figures, message):
    with pytest.raises(UnderflowEnergy, match=message):
        check_figures(changed(result, **figures), energies)


def test_negative_energies_are_refused(result, energies):
    with pytest.raises(UnderflowEnergy, match="DRAM: an energy of -1 pJ"):
        check_figures(changed(result, {"leakage_pj": -1.0}), energies)
