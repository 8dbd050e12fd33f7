"""The skeleton of an ERT: refused until it is filled in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.energy.tables import bare_name, component_names
from flat_plugin.errors import FlatError

EDGE = find_architecture("edge")
MINE = replace(EDGE, name="mine", memories=(replace(EDGE.memories[0], attributes={}), *EDGE.memories[1:]))


@pytest.fixture
def ert(tmp_path: Path) -> Path:
    return flat.energy_template(MINE, tmp_path)[0]


def test_it_has_every_component_and_what_is_known(ert: Path) -> None:
    tables = yaml.safe_load(ert.read_text())["ERT"]["tables"]
    assert [bare_name(t["name"]) for t in tables] == list(component_names(MINE))
    energies = {t["name"]: [a["energy"] for a in t["actions"]] for t in tables}
    empty = [name for name, each in energies.items() if None in each]
    assert empty == ["system.DRAM"] and set(energies["system.DRAM"]) == {None}
    assert "64 bits (4 words)" in tables[0]["ignore"]["note"]


def test_it_is_refused_until_it_is_filled_in(ert: Path) -> None:
    with pytest.raises(FlatError, match=r"ERT.yaml: ERT.tables\[0\].actions\[0\].energy: .*pJ"):
        flat.estimate("bert-base", MINE, "base", seq=128, ert=ert)
    ert.write_text(ert.read_text().replace("energy: null", "energy: 512"))
    filled = flat.estimate("bert-base", MINE, "base", seq=128, ert=ert)
    table = energy_for(MINE, ert)
    assert table.components["DRAM"].actions == dict.fromkeys(("read", "write", "update", "leak"), 512.0)
    assert filled.energy_pj is not None and filled.energy["DRAM"]


def test_the_areas_too(ert: Path) -> None:
    areas = yaml.safe_load(ert.with_name("ART.yaml").read_text())["ART"]["tables"]
    assert [entry["name"] for entry in areas if entry["area"] is None] == ["system.DRAM"]
