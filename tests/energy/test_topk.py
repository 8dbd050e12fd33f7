"""The top-k unit's energy: a comparator a lane, unless the architecture or a table says another."""

import pytest

from flat_plugin.architecture import find_architecture
from flat_plugin.architecture.overrides import overridden
from flat_plugin.energy import energy_for
from flat_plugin.energy.topk import with_topk


@pytest.fixture
def chip():
    return overridden(find_architecture("edge"), {"topk_lanes": 16})


def test_area_is_that_of_all_lanes_and_energy_of_one_comparison(chip):
    entry = with_topk(energy_for(find_architecture("edge")), chip).components[chip.topk.name]
    wide = overridden(chip, {"topk_lanes": 32})
    other = with_topk(energy_for(find_architecture("edge")), wide).components[wide.topk.name]
    assert other.actions == entry.actions and other.area_um2 == pytest.approx(2 * entry.area_um2)
    assert entry.estimator == "a comparator a lane"


def test_a_table_that_has_it_stays_as_it_is(chip):
    table = energy_for(chip)
    assert with_topk(table, chip) is table
    plain = find_architecture("edge")
    assert with_topk(energy_for(plain), plain) is not None and plain.topk is None
