"""Energies that stand in the architecture itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import Architecture, read_architecture
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError

OUTER = {"width": 64, "datawidth": 16, "energy_pj_per_bit": 5}
BUFFER = {"depth": 8192, "width": 64, "datawidth": 16, "energy_pj": {"read": 7, "write": 8, "leak": 0.5}}
MAC = {"width": 16, "datawidth": 16, "energy_pj": 0.3, "area_um2": 900}


def document(outer: Any = OUTER, buffer: Any = BUFFER, mac: Any = MAC) -> dict[str, Any]:
    local = [
        {"name": "DRAM", "class": "DRAM", "attributes": outer},
        {"name": "Buffer", "class": "SRAM", "attributes": buffer},
        {"name": "MAC[1..16]", "class": "intmac", "attributes": mac},
    ]
    return {"architecture": {"version": 0.4, "subtree": [{"name": "chip", "local": local}]}}


def chip(**attributes: Any) -> Architecture:
    return read_architecture(document(**attributes))


def test_per_action_and_per_bit() -> None:
    table = energy_for(chip())
    assert table.source == "the architecture file"
    assert table.components["DRAM"].actions == {"read": 320.0, "write": 320.0, "update": 320.0}
    assert table.components["Buffer"].actions == {"read": 7.0, "write": 8.0, "leak": 0.5, "update": 8.0}
    assert table.components["MAC"].actions == {"compute": 0.3}
    assert table.components["MAC"].area_um2 == 900.0


def test_both_for_different_actions() -> None:
    both = {**BUFFER, "energy_pj": {"leak": 0.5}, "energy_pj_per_bit": {"read": 1, "write": 2}}
    actions = energy_for(chip(buffer=both)).components["Buffer"].actions
    assert actions == {"leak": 0.5, "read": 64.0, "write": 128.0, "update": 128.0}


def test_an_estimate_counts_by_them() -> None:
    answer = flat.estimate(flat.Attention(1, 1, 32, 32, 16), chip(), "base", softmax="free", engine="native")
    dearer = flat.estimate(
        flat.Attention(1, 1, 32, 32, 16),
        chip(outer={**OUTER, "energy_pj_per_bit": 10}),
        "base",
        softmax="free",
    )
    assert answer.energy_source == "the architecture file"
    assert dearer.energy["DRAM"] == pytest.approx(2 * answer.energy["DRAM"])
    assert dearer.energy["Buffer"] == answer.energy["Buffer"]


def test_they_win_over_estimators_and_yield_to_a_table() -> None:
    plain = {key: value for key, value in BUFFER.items() if key != "energy_pj"}
    partly = chip(buffer=plain)
    table = energy_for(partly, estimator="recorded")
    assert table.components["DRAM"].actions["read"] == 320.0
    assert table.components["Buffer"].estimator.startswith("CACTI")
    assert "given: DRAM, MAC" in table.source
    own = {"ERT": {"version": "0.4", "tables": [_table("Buffer", 1), _table("DRAM", 2)]}}
    merged = energy_for(partly, own)
    assert merged.components["DRAM"].actions["read"] == 2.0
    assert merged.components["MAC"].actions == {"compute": 0.3}


def _table(name: str, energy: float) -> dict[str, Any]:
    actions = [{"name": action, "energy": energy} for action in ("read", "write", "update")]
    return {"name": f"chip.{name}", "actions": actions}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"buffer": {**BUFFER, "energy_pj": {"read": 7}}}, "Buffer: the energy of write is missing"),
        ({"buffer": {**BUFFER, "energy_pj": {"reed": 7, "write": 1}}}, "no such action .*'reed'"),
        ({"buffer": {**BUFFER, "energy_pj": -1}}, "bad figure .got -1.; expected pJ"),
        ({"buffer": {**BUFFER, "energy_pj": "much"}}, "bad figure .got 'much'"),
        ({"buffer": {**BUFFER, "energy_pj_per_bit": 1}}, "read is given twice"),
        ({"buffer": {**BUFFER, "energy_pj": {"leak": 1}}}, "the energy of read and write is missing"),
        ({"outer": {**OUTER, "energy_pj_per_bit": {"leak": 1}}}, "no such action .*'leak'"),
        ({"mac": {**MAC, "energy_pj": {"read": 1}}}, "no such action .*expected compute or leak"),
        ({"mac": {"datawidth": 16, "area_um2": 5}}, "the energy of compute is missing"),
        ({"mac": {**MAC, "area_um2": "wide"}}, "bad figure .*µm²"),
        ({"mac": {**MAC, "energy_pJ": 1}}, "energy_pj"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "chip.yaml"
    file.write_text(yaml.safe_dump(document(**change)))
    with pytest.raises(
        FlatError, match=rf"chip.yaml: architecture.subtree\[0\].local\[\d\].attributes.*{message}"
    ):
        read_architecture(file)


def test_at_a_node_that_nobody_knows_all_may_be_given() -> None:
    text = document()
    node = text["architecture"]["subtree"][0]
    node["attributes"] = {"technology": "3nm"}
    unit = {"name": "V", "class": "softmax_unit", "attributes": {"lanes": 4, "energy_pj": 0.5}}
    node["local"].insert(2, unit)
    table = energy_for(read_architecture(text))
    assert table.known and table.components["V"].actions == {"compute": 0.5}
    del unit["attributes"]["energy_pj"]  # type: ignore[attr-defined]
    assert "V: nothing is recorded at 3 nm" in energy_for(read_architecture(text)).unknown


def test_timeloops_files_do_not_repeat_them(tmp_path: Path) -> None:
    work = flat.Attention(1, 1, 32, 32, 16)
    folder = flat.generate(work, chip(), ["base"], tmp_path).folders[0]
    assert "energy_pj" not in (folder / "architecture.yaml").read_text()
    assert "energy: 320.0" in (folder / "ERT.yaml").read_text()
