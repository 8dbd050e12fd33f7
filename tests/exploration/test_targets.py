"""What a design sets of its architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from small_documents import chain, component, dram, mac, memory

from flat_plugin.architecture import find_architecture
from flat_plugin.errors import FlatError
from flat_plugin.exploration.targets import Base, parts_of, read_base, with_parts

UNIT = component("V", "softmax_unit", lanes=8)
DOCUMENT = {
    "architecture": chain(dram(), memory(depth=64, width=64), UNIT, mac("MAC[1..4]")),
    "variables": {"version": 0.4, "banks": 4},
}
BASE = Base("mine", DOCUMENT, None, preset=False)
CHIP = BASE.build({})


def nodes(**fan: int) -> Base:
    """A container that fans out to the compute units, in timeloopfe's spelling."""
    document = f"""
architecture:
  version: 0.4
  nodes:
  - !Component {{name: DRAM, class: DRAM, attributes: {{width: 64, datawidth: 16}}}}
  - !Container {{name: PE, spatial: {fan}}}
  - !Component {{name: MAC, class: intmac}}
"""
    from flat_plugin.documents import load_timeloopfe

    return Base("fan", load_timeloopfe(document), None, preset=False)


def test_without_settings_it_is_the_architecture() -> None:
    assert CHIP.name == "mine" and CHIP.memories[1].capacity == 256


@pytest.mark.parametrize(
    ("target", "value", "figure"),
    [
        ("Buffer.depth", 128, lambda chip: chip.memories[1].capacity == 512),
        ("Buffer.read_bandwidth", 3, lambda chip: chip.memories[1].read_bandwidth == 3),
        ("buffer_kb", 1, lambda chip: chip.memories[1].capacity == 512),
        ("V.lanes", 16, lambda chip: chip.softmax.lanes == 16),
        ("MAC.instances", 9, lambda chip: chip.compute.instances == 9),
        ("system.technology", "22nm", lambda chip: chip.technology == "22nm"),
    ],
)
def test_settings(target: str, value: Any, figure: Any) -> None:
    assert BASE.is_target(target)
    changed = BASE.build({target: value})
    assert figure(changed) and not figure(CHIP)
    assert BASE.build({}) == CHIP  # the document itself is not changed


def test_a_fan_out_is_set_where_it_stands() -> None:
    assert nodes(meshX=4).build({"PE.meshX": 8}).compute.mesh_x == 8


@pytest.mark.parametrize("name", ["width", "Cache.depth", "Buffer.", ".depth", "version", ""])
def test_what_is_nothing_to_set(name: str) -> None:
    assert not BASE.is_target(name)


def test_what_there_is() -> None:
    assert BASE.names == ("system", "DRAM", "Buffer", "V", "MAC")
    assert BASE.variables == ("banks",)


EVERY = {"DRAM", "Buffer", "V", "MAC"}


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("Buffer.depth", {"Buffer"}),
        ("MAC.datawidth", {"MAC", "V"}),  # the unit's words are those of the array
        ("MAC.technology", EVERY),
        ("system.datawidth", EVERY),
        ("banks", EVERY),
        ("buffer_kb", {"Buffer"}),
        ("dram_gb_per_s", {"DRAM"}),
        ("softmax_lanes", {"V"}),
        ("topk_lanes", set()),
        ("pes", {"Buffer", "MAC", "V"}),
    ],
)
def test_the_parts_that_a_target_may_change(target: str, parts: set[str]) -> None:
    assert BASE.affected(target, CHIP) == parts


def test_an_architecture_is_put_together_from_its_parts() -> None:
    assert with_parts(CHIP, parts_of(CHIP)[::-1]).memories == CHIP.memories[::-1]
    assert with_parts(CHIP, parts_of(CHIP)) == CHIP
    assert [part.name for part in parts_of(CHIP)] == ["DRAM", "Buffer", "MAC", "V"]


def test_presets_files_and_folders(tmp_path: Path) -> None:
    assert read_base("edge", tmp_path).build({}) == find_architecture("edge")
    (tmp_path / "chip").mkdir()
    for file in (tmp_path / "chip.yaml", tmp_path / "chip" / "arch.yaml"):
        file.write_text(yaml.safe_dump(DOCUMENT))
    for given in ("chip.yaml", "chip", "chip/arch.yaml"):
        base = read_base(given, tmp_path)
        assert (base.name, base.preset, base.build({}).memories) == ("chip", False, CHIP.memories)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("edgy", "no such architecture .*did you mean edge"),
        (3, "not an architecture .*or a file"),
        (" ", "not an arch"),
    ],
)
def test_no_such_architecture(given: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(FlatError, match=said):
        read_base(given, tmp_path)
