"""The top-k unit of an architecture: read, changed, shown, priced, or refused."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.architecture.hardware import TopkUnit
from flat_plugin.architecture.overrides import overridden
from flat_plugin.energy.area import area_um2
from flat_plugin.errors import FlatError

TEXT = """
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM, attributes: {type: LPDDR4, width: 64, word-bits: 16}}
    - {name: Sorter, class: topk_unit, attributes: {%s}}
    subtree:
    - name: chip
      local:
      - {name: Buffer, class: SRAM, attributes: {depth: 16384, width: 64, word-bits: 16}}
      - {name: MAC, class: intmac, attributes: {datawidth: 16}}
""".replace("word-bits", "datawidth")


def read(attributes):
    return flat.read_architecture(TEXT % attributes)


def test_a_unit_is_read():
    assert read("lanes: 16").topk == TopkUnit(16, "Sorter")
    assert read("lanes: 4, energy_pj: 0.5").topk == TopkUnit(4, "Sorter", 0.5)
    assert flat.find_architecture("edge").topk is None


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("energy_pj: 1", "lanes is missing"),
        ("lanes: 0", "lanes"),
        ("lanes: many", "lanes"),
        ("Lanes: 4, lanes: 4", "unknown attribute Lanes"),
        ("lanes: 4, instances: 2", "there is one top-k unit"),
        ("lanes: 4, energy_pj: cheap", "energy_pj"),
    ],
)
def test_what_is_no_unit_is_refused(attributes, said):
    with pytest.raises(FlatError, match=said):
        read(attributes)


def test_lanes_are_set_or_the_unit_is_added():
    assert overridden(read("lanes: 16, energy_pj: 2"), {"topk_lanes": 8}).topk == TopkUnit(8, "Sorter", 2.0)
    assert overridden(flat.find_architecture("edge"), {"topk_lanes": 8}).topk == TopkUnit(8)
    for wrong in (0, 2.5, True, "8"):
        with pytest.raises(FlatError, match="topk_lanes"):
            overridden(flat.find_architecture("edge"), {"topk_lanes": wrong})


def test_a_comparison_has_the_energy_that_is_given_else_that_of_a_comparator():
    given, other = (flat.energy_table(read(text)) for text in ("lanes: 4, energy_pj: 0.5", "lanes: 4"))
    assert given.components["Sorter"].actions == {"compute": 0.5}
    narrow = flat.energy_table(read("lanes: 4, datawidth: 8")).components["Sorter"]
    whole = other.components["Sorter"]
    assert whole.actions["compute"] == pytest.approx(2 * narrow.actions["compute"])
    wide = flat.energy_table(read("lanes: 8")).components["Sorter"]
    assert wide.area_um2 == pytest.approx(2 * whole.area_um2)
    assert wide.actions == whole.actions
    areas = area_um2(other, read("lanes: 4"))
    assert areas["Sorter"] == whole.area_um2


def test_other_figures_are_those_without_it():
    edge = flat.find_architecture("edge")
    table = flat.energy_table(replace(edge, topk=TopkUnit(4)))
    assert {name: table.components[name] for name in flat.energy_table(edge).components} == dict(
        flat.energy_table(edge).components
    )


def test_it_is_shown():
    shown = flat.show(read("lanes: 4"))
    assert shown.topk is not None and shown.topk.lanes == 4
    assert "Sorter: top-k unit" in str(shown)
