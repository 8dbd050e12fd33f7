"""ERT and ART, in and out."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flat_plugin.architecture import find_architecture, preset_path, read_architecture
from flat_plugin.energy import energy_for, read_art, read_ert, recorded_table, write_art, write_ert
from flat_plugin.energy.files import save_tables
from flat_plugin.energy.tables import bare_name
from flat_plugin.errors import FlatError

REFERENCE = Path(__file__).parents[1] / "reference" / "timeloop_model.jsonl.gz"


def ert(*actions: dict[str, Any], name: str = "system.B", version: Any = "0.4") -> dict[str, Any]:
    return {"ERT": {"version": version, "tables": [{"name": name, "actions": list(actions)}]}}


def test_bare_names() -> None:
    assert bare_name("system.PERegs[1..1024]") == "PERegs"
    assert bare_name("a.PE[0..3].sub.B") == "B"
    assert bare_name("B") == "B"


def test_read_an_ert() -> None:
    table = read_ert(ert({"name": "read", "energy": "1e-1"}, {"name": "read", "energy": 0.3}))
    assert table.components["B"].actions == {"read": 0.3}


@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_round_trip(name: str) -> None:
    architecture = find_architecture(name)
    table = recorded_table(architecture)
    again = read_ert(write_ert(table, architecture))
    assert {k: v.actions for k, v in again.components.items()} == {
        k: v.actions for k, v in table.components.items()
    }
    areas = read_art(write_art(table, architecture))
    assert areas == {k: v.area_um2 for k, v in table.components.items()}


@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_tables_that_ship_are_accelergys_and_what_is_recorded(name: str) -> None:
    architecture = find_architecture(name)
    shipped, recorded = energy_for(architecture), recorded_table(architecture)
    assert shipped.source.startswith("Accelergy 0.4 (sources sha256 ")
    assert any(tool.startswith("accelergy-cacti-plug-in (sources sha256 ") for tool in shipped.tools)
    assert list(shipped.components) == list(recorded.components)
    for component, theirs in shipped.components.items():
        ours = recorded.components[component]
        assert theirs.actions == pytest.approx(ours.actions, rel=1e-5)
        assert theirs.area_um2 == pytest.approx(ours.area_um2, rel=1e-5)
    assert {component: entry.estimator for component, entry in shipped.components.items()} == {
        "DRAM": "CactiDRAM, accuracy 80 %",
        "GlobalBuffer": "CactiSRAM, accuracy 80 %",
        "PERegs": "Aladdin_table, accuracy 70 %",
        "MAC": "Aladdin_table, accuracy 70 %",
        "SoftmaxUnit": "FlatSoftmax, accuracy 60 %",
    }


@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_files_keep_their_provenance(name: str, tmp_path: Path) -> None:
    architecture = find_architecture(name)
    assert save_tables(energy_for(architecture), architecture, tmp_path / "new") == (
        tmp_path / "new" / "ERT.yaml",
        tmp_path / "new" / "ART.yaml",
    )
    for file in ("ERT.yaml", "ART.yaml"):
        assert (tmp_path / "new" / file).read_text() == (preset_path(name) / file).read_text()


def test_tables_have_only_the_keys_that_timeloopfe_takes() -> None:
    """It refuses any other; what stands under ``ignore`` is for us."""
    edge = find_architecture("edge")
    ert, art = write_ert(energy_for(edge), edge)["ERT"], write_art(energy_for(edge), edge)["ART"]
    assert set(ert) == set(art) == {"version", "ignore", "tables"}
    assert set(ert["ignore"]) == {"source", "tools"}
    assert all(set(table) == {"name", "actions", "ignore"} for table in ert["tables"])
    assert all(set(table) == {"name", "area", "ignore"} for table in art["tables"])
    bare = write_ert(read_ert(ert | {"ignore": None}), edge)["ERT"]
    assert bare["ignore"] == {"source": "ERT"}


def test_tables_of_the_real_accelergy_are_read() -> None:
    """With compounds, nested systems, lists of estimators and several arguments of an action."""
    table = read_ert(
        {
            "ERT": {
                "version": "0.4",
                "tables": [
                    {
                        "name": "chip.PE[0..3].unit[0..1]",
                        "actions": [
                            {"name": "mac", "arguments": {}, "energy": 1.0},
                            {"name": "mac", "arguments": {"data_delta": [0, 1]}, "energy": 3.0},
                            {"name": "mac", "arguments": None, "energy": 2.0},
                        ],
                        "estimator": [{"name": "lane", "estimator": "FlatSoftmax"}],
                    }
                ],
            }
        }
    )
    assert table.components["unit"].actions == {"mac": 3.0}
    assert table.components["unit"].estimator == ""


def test_names_in_tables_are_timeloops() -> None:
    architecture = find_architecture("edge")
    tables = write_ert(recorded_table(architecture), architecture)["ERT"]["tables"]
    assert [table["name"] for table in tables] == [
        "system.DRAM",
        "system.GlobalBuffer",
        "system.PERegs[1..1024]",
        "system.MAC[1..1024]",
        "system.SoftmaxUnit",
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"ERT": {"version": 0.4}}, "a list of tables"),
        (ert(version=0.2), "unsupported version"),
        (ert({"name": "read"}), r"ERT\.tables\[0\]\.actions\[0\]\.energy"),
        (ert({"name": "read", "energy": -1}), "0 to 1e"),
        (ert({"name": "read", "energy": float("nan")}), "0 to 1e"),
        (ert({"energy": 1}), "needs a name"),
        (ert(name=""), "component's name"),
        ({"version": 0.4, "tables": [{"name": "a.B", "actions": []}] * 2}, "the same name"),
        ({"version": 0.4, "tables": [{"name": "a.B"}]}, "actions are missing"),
        ({"version": 0.4, "tables": [3]}, "not a mapping"),
    ],
)
def test_bad_tables(document: dict[str, Any], message: str) -> None:
    with pytest.raises(FlatError, match=message):
        read_ert(document)


def test_choice_of_a_table() -> None:
    edge = find_architecture("edge")
    assert energy_for(edge).components["MAC"].estimator == "Aladdin_table, accuracy 70 %"
    assert energy_for(replace(edge, name="mine")).source.startswith("recorded Accelergy")
    faster = replace(edge, cycle_seconds=5e-10)
    leak = energy_for(faster).components["MAC"].actions["leak"]
    assert leak == pytest.approx(0.0016 / 2 + 0.15 / 4)  # Aladdin's adder and multiplier for 0.5 ns
    given = write_ert(recorded_table(edge), edge)
    given["ERT"]["tables"][0]["actions"][0]["energy"] = 7.0
    assert energy_for(edge, given).components["DRAM"].actions["read"] == 7.0


def test_a_given_table_must_be_complete_but_for_the_softmax_unit() -> None:
    edge = find_architecture("edge")
    given = write_ert(recorded_table(edge), edge)
    del given["ERT"]["tables"][-1]
    assert energy_for(edge, given).components["SoftmaxUnit"].actions["compute"] == pytest.approx(4.267546)
    del given["ERT"]["tables"][0]
    with pytest.raises(FlatError, match="no energy for DRAM"):
        energy_for(edge, given)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the recorded runs are not here")
def test_recorded_tables_are_read_and_equal_to_the_grid() -> None:
    with gzip.open(REFERENCE, "rt", encoding="utf-8") as stream:
        cases = {case["arch_name"]: case for case in map(json.loads, stream)}
    for case in cases.values():
        architecture = read_architecture(case["architecture"])
        given = energy_for(architecture, case["ERT"])
        if case["arch_name"] == "row-buffers":  # 32-bit rows are not on the grid
            continue
        recorded = recorded_table(architecture)
        for name, component in given.components.items():
            assert recorded.components[name].actions == pytest.approx(component.actions, rel=1e-5)


NAMES = {  # the first that a table has counts, as in Timeloop
    "read": ["random_read", "read"],
    "write": ["random_fill", "random_write", "fill", "write"],
    "update": ["random_update", "random_write", "update", "write"],
    "compute": ["mac_random", "mult_random", "mac", "mult", "compute"],
}


@pytest.mark.parametrize("action", NAMES)
def test_timeloops_names_in_its_order(action):
    for first, name in enumerate(NAMES[action]):
        listed = [{"name": each, "energy": 1 + i} for i, each in enumerate(NAMES[action]) if i >= first]
        table = read_ert(ert(*reversed(listed), {"name": "leak", "energy": 9}))
        assert table.energy("B", action) == 1 + first, name


@pytest.mark.parametrize("action", NAMES)
def test_what_has_no_name_is_refused(action):
    others = {name for names in NAMES.values() for name in names} - set(NAMES[action])
    table = read_ert(ert(*({"name": name, "energy": 1} for name in others | {"idle"})))
    message = f"no energy for B {action}, .* use its own .*expected {NAMES[action][0]}"
    with pytest.raises(FlatError, match=message):
        table.energy("B", action)
    with pytest.raises(FlatError, match="no component C"):
        table.energy("C", action)


def test_leakage_that_no_table_lists_is_none():
    """As Timeloop counts it; every other energy is refused where it is missing."""
    assert read_ert(ert({"name": "read", "energy": 1})).energy("B", "leak") == 0


def test_energies_of_networks_are_refused():
    edge = find_architecture("edge")
    given = write_ert(recorded_table(edge), edge)
    wire = {"name": "system.wire", "actions": [{"name": "transfer_random", "energy": 0.1}]}
    given["ERT"]["tables"].append(wire)
    with pytest.raises(FlatError, match=r"energies of networks .*got 0\.1"):
        energy_for(edge, given)
    wire["actions"][0]["energy"] = 0
    assert energy_for(edge, given).components["wire"]


def test_a_level_that_holds_nothing_needs_no_energy():
    document = {
        "version": 0.4,
        "subtree": [
            {
                "name": "system",
                "local": [
                    {"name": "DRAM", "class": "DRAM", "attributes": {"width": 16}},
                    {"name": "inter_PE_spatial", "class": "dummy_storage", "attributes": {"depth": 1}},
                    {"name": "MAC[1..4]", "class": "intmac"},
                ],
            }
        ],
    }
    actions = [{"name": name, "energy": 1} for name in ("read", "write", "compute")]
    tables = [{"name": name, "actions": actions} for name in ("s.DRAM", "s.MAC[1..4]")]
    table = energy_for(read_architecture(document), {"ERT": {"version": 0.4, "tables": tables}})
    assert set(table.components) == {"DRAM", "MAC"}


@pytest.mark.parametrize(
    "document",
    [
        {"ERT": {"version": 0.4, "tables": [], "table": []}},
        {"ERT": {"version": 0.4, "tables": [{"name": "s.B", "actions": [], "action": []}]}},
        ert({"name": "read", "energy": 1, "energies": 2}),
        {"ERT": {"version": 0.4, "tables": []}, "ERTS": {}},
    ],
)
def test_unknown_keys_are_refused(document):
    with pytest.raises(FlatError, match="unknown key|unknown section"):
        read_ert(document)


def test_who_answered_may_stand_in_a_table():
    """As earlier versions of this package wrote it; now it stands under ``ignore``."""
    table = {"name": "s.B", "actions": [{"name": "read", "energy": 1}], "estimator": "CACTI"}
    assert read_ert({"ERT": {"version": 0.4, "source": "x", "tools": ["y"], "tables": [table]}}).components
