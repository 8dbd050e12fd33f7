"""``show``: an architecture as it was understood."""

import pytest

import flat_plugin as flat


def test_levels_from_the_outside_in():
    found = flat.show("edge", set={"pes": [4, 2]})
    assert [level.name for level in found.levels] == ["DRAM", "GlobalBuffer", "PERegs", "MAC"]
    assert [level.instances for level in found.levels] == [1, 1, 8, 8]


def test_energies_are_those_of_the_estimator():
    recorded = flat.show("edge", estimator="recorded")
    assert recorded.levels[0].energy_pj["read"] == pytest.approx(512)
    with pytest.raises(flat.FlatError, match="estimator: unknown choice"):
        flat.show("edge", estimator="guess")
