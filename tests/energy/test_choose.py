"""Who is asked for the energy of an architecture."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import flat_plugin as flat
from flat_plugin.architecture import Architecture, EnergyTable, find_architecture, preset_path
from flat_plugin.energy import area_um2, differences, energy_for, find_estimator, recorded_table
from flat_plugin.energy.compare import Difference
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramCrashed

EDGE = find_architecture("edge")
MINE = replace(EDGE, name="mine")


class Stub:
    def __init__(self, name: str, fails: bool = False) -> None:
        self.name, self.fails = name, fails

    def estimate(self, architecture: Architecture) -> EnergyTable:
        if self.fails:
            raise ProgramCrashed(f"{self.name} fell over")
        return replace(recorded_table(architecture), source=self.name)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch):
    def put(*estimators: Stub) -> None:
        monkeypatch.setattr("flat_plugin.energy.choose.installed_estimators", lambda time_limit: estimators)

    return put


def test_a_preset_has_its_own_table_whatever_is_installed(install) -> None:
    install(Stub("first"))
    assert energy_for(EDGE).source.startswith("Accelergy 0.4")


def test_other_architectures_get_what_is_installed_else_what_is_recorded(install) -> None:
    install(Stub("first"), Stub("second"))
    assert energy_for(MINE).source == "first"
    install(Stub("first", fails=True), Stub("second"))
    assert energy_for(MINE).source == "second"
    install()
    assert energy_for(MINE).source.startswith("recorded Accelergy 0.4")


def test_nobody_knows_and_the_table_says_why_and_what_gives_energies(install) -> None:
    install(Stub("first", fails=True))
    buffer = replace(MINE.memories[1], kind="smartbuffer")
    unknown = replace(MINE, memories=(MINE.memories[0], buffer, MINE.memories[2]))
    message = "first: first fell over; recorded: .*no energy is recorded"
    table = energy_for(unknown)
    assert not table.known and not table.components
    assert re.match(message, table.unknown)
    assert "Accelergy or hwcomponents (`flat doctor` says how to get them)" in table.note
    with pytest.raises(FlatError, match=f"a sum needs energies, which are not known: {message}"):
        table.need("a sum")


def test_a_table_of_ones_own_wins(install) -> None:
    install(Stub("first"))
    own = replace(recorded_table(MINE), source="own")
    assert energy_for(MINE, own).source == "own"
    assert energy_for(MINE, own, "recorded").source == "own"


def test_an_estimator_by_its_name() -> None:
    assert find_estimator("recorded").name == "recorded"
    assert energy_for(EDGE, estimator="recorded").source.startswith("recorded Accelergy 0.4")
    with pytest.raises(FlatError, match="unknown estimator .*expected accelergy, hwcomponents or recorded"):
        find_estimator("mine")


def test_a_file_that_lacks_a_component_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text("ERT: {version: '0.4', tables: []}")
    with pytest.raises(FlatError, match="short.yaml: no energy for DRAM, GlobalBuffer, PERegs, MAC"):
        energy_for(MINE, path)


def test_area_of_all_instances() -> None:
    areas = area_um2(energy_for(EDGE), EDGE)
    assert areas == {
        "DRAM": 0.0,
        "GlobalBuffer": 2710240.0,
        "PERegs": pytest.approx(1024 * 145.98),
        "MAC": pytest.approx(1024 * 1374.5),
        "SoftmaxUnit": 267888.0,
    }
    without = EnergyTable(
        {name: replace(entry, area_um2=None) for name, entry in energy_for(EDGE).components.items()}
    )
    assert area_um2(without, EDGE) == {}


def test_differences_of_two_tables() -> None:
    table = energy_for(EDGE)
    assert all(found.ratio == 1 for found in differences(table, table))
    dram = table.components["DRAM"]
    actions = {"read": 256.0, "write": 512.0, "update": 512.0, "leak": 1.0, "refresh": 2.0}
    changed = EnergyTable({"DRAM": replace(dram, actions=actions)})
    found = {(each.component, each.action): each for each in differences(table, changed)}
    assert found["DRAM", "read"] == Difference("DRAM", "read", "pJ", 512.0, 256.0)
    assert found["DRAM", "read"].ratio == 0.5
    assert found["DRAM", "leak"].ratio is None  # one of them is 0
    assert found["DRAM", "refresh"].first is None
    assert found["MAC", "area"].second is None and found["MAC", "area"].ratio is None


def test_the_public_functions(tmp_path: Path) -> None:
    table = flat.energy_table("edge", "recorded", output=tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"ERT.yaml", "ART.yaml"}
    answer = flat.estimate("bert-base", "edge", seq=512, ert=tmp_path / "new" / "ERT.yaml")
    assert answer.energy_source == table.source
    assert flat.estimate("bert-base", "edge", seq=512, estimator="recorded").energy_pj == answer.energy_pj
    assert all(abs(found.ratio - 1) < 1e-5 for found in flat.compare_energy("edge", "auto", "recorded"))
    with pytest.raises(FlatError, match="only Accelergy's run can be kept"):
        flat.energy_table("edge", "recorded", keep=tmp_path)
    with pytest.raises(FlatError, match="unknown choice .*auto, accelergy, hwcomponents or recorded"):
        flat.energy_table("edge", "mine")


def test_searches_take_an_estimator() -> None:
    found = flat.search("bert-base", "edge", seq=128, dataflow="flat-h", estimator="recorded")
    assert found.estimate.energy_source.startswith("recorded Accelergy 0.4")


def test_seconds_reach_whoever_is_asked(monkeypatch):
    given = []

    def installed(time_limit):
        given.append(time_limit)
        return ()

    monkeypatch.setattr("flat_plugin.energy.choose.installed_estimators", installed)
    flat.energy_table(MINE, "auto", time_limit=7.5)
    assert given == [7.5]


@pytest.mark.parametrize("estimator", ["auto", "recorded", "accelergy"])
@pytest.mark.parametrize("seconds", [-1, 0, float("nan"), float("inf")])
def test_seconds_are_above_0(estimator, seconds):
    with pytest.raises(FlatError, match="time_limit: (bad time limit|not of the right kind)"):
        flat.energy_table(MINE, estimator, time_limit=seconds)


def test_a_table_that_lacks_the_softmax_unit_says_who_answers_for_it():
    text = (preset_path("edge") / "ERT.yaml").read_text(encoding="utf-8")
    other = text.replace("system.SoftmaxUnit", "system.Unit")
    whole, lacking = (energy_for(find_architecture("edge"), ert) for ert in (text, other))
    assert "lacks" not in whole.source
    assert "SoftmaxUnit, which it lacks, by flat-plugin" in lacking.source
