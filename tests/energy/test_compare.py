"""Where two energy tables differ, action by action."""

import pytest

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.energy.compare import differences


def table(**energies):
    return EnergyTable({"MAC": ComponentEnergy(energies, 10.0, "somebody")}, "a test")


def test_both_figures_and_their_ratio():
    found = {each.action: each for each in differences(table(compute=2.0), table(compute=3.0))}
    assert (found["compute"].first, found["compute"].second) == (2.0, 3.0)
    assert found["compute"].ratio == pytest.approx(1.5)
    assert found["area"].ratio == 1 and found["area"].unit == "µm²"


def test_what_one_of_them_lacks_has_no_ratio():
    found = {each.action: each for each in differences(table(compute=2.0), table(compute=2.0, leak=1.0))}
    assert (found["leak"].first, found["leak"].second, found["leak"].ratio) == (None, 1.0, None)
