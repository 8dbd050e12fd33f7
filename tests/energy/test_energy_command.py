"""``flat energy``, and the option ``--estimator`` of other commands."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from flat_plugin.api import energy_dict
from flat_plugin.architecture import find_architecture, preset_path
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError

EDGE = find_architecture("edge")


def refused(answer, *words: str) -> None:
    assert answer.code == 2
    assert answer.out == ""
    assert len(answer.err.strip().splitlines()) == 1, answer.err
    for word in words:
        assert word in answer.err


def test_a_table_on_the_terminal(flat) -> None:
    text = flat("energy", "--arch", "edge").out
    assert "GlobalBuffer  read          385.762    2.71  CactiSRAM, accuracy 80 %" in text
    assert "4.535 mm² in all, at 45nm." in text
    assert "Source: Accelergy 0.4 (sources sha256 " in text


def test_as_json(flat) -> None:
    document = json.loads(flat("energy", "--arch", "cloud", "--estimator", "recorded", "--json").out)
    assert document["architecture"] == "cloud"
    assert document["components"]["GlobalBuffer"]["energy_pj"]["read"] == 23098.9
    assert document["total_area_um2"]["MAC"] == 65536 * 1374.5


def test_written_tables_are_those_that_ship(flat, tmp_path: Path) -> None:
    assert flat("energy", "--arch", "edge", "-o", tmp_path / "new").code == 0
    for name in ("ERT.yaml", "ART.yaml"):
        assert (tmp_path / "new" / name).read_text() == (preset_path("edge") / name).read_text()


def test_two_estimators_compared(flat, hwcomponents) -> None:
    hwcomponents()
    text = flat("energy", "--compare", "recorded,hwcomponents").out
    assert "edge: hwcomponents against recorded" in text
    assert "MAC           compute              pJ        2.4304        3.7688   1.55×" in text
    found = json.loads(flat("energy", "--compare", "recorded,hwcomponents", "--json").out)
    (mac,) = (each for each in found if (each["component"], each["action"]) == ("MAC", "compute"))
    assert mac["unit"] == "pJ" and mac["ratio"] == mac["second"] / mac["first"]


def test_estimates_by_the_estimator_asked_for(flat, hwcomponents) -> None:
    hwcomponents()
    run = ("estimate", "--model", "bert-base", "--seq", 512, "--dataflow", "flat-r64", "--json")
    (theirs,) = json.loads(flat(*run, "--estimator", "hwcomponents").out)
    (ours,) = json.loads(flat(*run).out)
    assert theirs["energy_source"] == "hwcomponents 1.0.114"
    assert ours["energy_source"] == energy_for(EDGE).source
    assert theirs["cycles"] == ours["cycles"]
    assert theirs["energy_pj"] > ours["energy_pj"]


def test_what_is_refused(flat, programs, tmp_path: Path) -> None:
    refused(
        flat("energy", "--estimator", "mine"), "unknown choice", "auto, accelergy, hwcomponents or recorded"
    )
    answer = flat("energy", "--estimator", "accelergy", "-o", tmp_path / "new")
    refused(answer, "get it: pip install git+https")
    refused(flat("energy", "--estimator", "hwcomponents"), "pip install 'hwcomponents")
    refused(flat("energy", "--compare", "recorded"), "not two names")
    refused(flat("energy", "--compare", "recorded,mine"), "unknown estimator")
    refused(flat("energy", "--keep", tmp_path / "kept"), "only Accelergy's run can be kept")
    assert os.listdir(tmp_path) == ["bin"]


def test_accelergys_run_is_kept(flat, programs, replay, tmp_path: Path) -> None:
    programs("accelergy", replay())
    answer = flat("energy", "--estimator", "accelergy", "--keep", tmp_path / "kept", "-o", tmp_path / "new")
    assert answer.code == 0, answer.err
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"ERT.yaml", "ART.yaml"}
    assert {"architecture.yaml", "accelergy.log", "ERT_summary.yaml"} <= set(os.listdir(tmp_path / "kept"))


def test_a_table_of_another_architecture_is_refused() -> None:
    assert EDGE.softmax is not None
    other = replace(EDGE, softmax=replace(EDGE.softmax, name="Lanes"))
    with pytest.raises(FlatError, match="the table has no component Lanes"):
        energy_dict(energy_for(EDGE), other)
