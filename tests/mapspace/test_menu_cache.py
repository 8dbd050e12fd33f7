"""Menus that later searches find: of chips that are equal in what decides them."""

from dataclasses import replace

import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.architecture import ComponentEnergy, EnergyTable, SoftmaxUnit
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.menu_cache import below_of, forget_menus, what_decides
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload.einsum import gemm

STRUCTURE = structure_of(gemm("product", 4, 4, 4))
CHIP = ARCHITECTURES["registers"]


def changed(number, **changes):
    memories = (replace(m, **changes) if n == number else m for n, m in enumerate(CHIP.memories))
    return replace(CHIP, memories=tuple(memories))


SAME = {
    "name": replace(CHIP, name="other", cycle_seconds=2e-9),
    "softmax": replace(CHIP, softmax=SoftmaxUnit(8)),
    "bandwidth of DRAM": changed(0, shared_bandwidth=1),
    "size of the buffer": changed(1, capacity=1000),
    "bandwidth of the buffer": changed(1, read_bandwidth=3),
}
OTHER = {
    "registers": changed(2, capacity=8),
    "ports of the registers": changed(2, read_bandwidth=1),
    "rows of the buffer": changed(1, block_size=4),
    "which ports are limited": changed(1, shared_bandwidth=3),
    "compute units": replace(CHIP, compute=replace(CHIP.compute, word_bits=8)),
}


@pytest.mark.parametrize("what", SAME)
def test_what_changes_no_menu_shares_them(what):
    assert below_of(STRUCTURE, SAME[what], ENERGIES) is below_of(STRUCTURE, CHIP, ENERGIES)


@pytest.mark.parametrize("what", OTHER)
def test_what_changes_them_does_not(what):
    assert below_of(STRUCTURE, OTHER[what], ENERGIES) is not below_of(STRUCTURE, CHIP, ENERGIES)


def test_energies_of_what_the_chip_has_decide():
    more = EnergyTable({**ENERGIES.components, "Other": ComponentEnergy({"read": 1.0})})
    assert what_decides(CHIP, more) == what_decides(CHIP, ENERGIES)
    cheap = EnergyTable(
        {**ENERGIES.components, "Buffer": ComponentEnergy({"read": 1.0, "write": 1.0, "leak": 0.0})}
    )
    assert what_decides(CHIP, cheap) != what_decides(CHIP, ENERGIES)


def test_limits_and_spanned_heads_have_menus_of_their_own():
    one = below_of(STRUCTURE, CHIP, ENERGIES)
    assert below_of(STRUCTURE, CHIP, ENERGIES, 2) is not one
    assert below_of(STRUCTURE, CHIP, ENERGIES, limits=Limits(keep=(None, True, None))) is not one


def test_nothing_is_kept_of_earlier_searches():
    one = below_of(STRUCTURE, CHIP, ENERGIES)
    forget_menus()
    assert below_of(STRUCTURE, CHIP, ENERGIES) is not one
