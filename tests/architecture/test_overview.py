"""An architecture is shown as it was understood."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from math import isfinite, prod
from pathlib import Path

import pytest
from rich.console import Console

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.architecture import read_architecture
from flat_plugin.errors import FlatError
from flat_plugin.report.terminal.architecture import architecture_tree
from flat_plugin.workload.widths import read_widths

FOUR_CORES = Path(__file__).with_name("four_cores.yaml")


def chip(mesh_x: int = 256) -> flat.Architecture:
    return read_architecture(FOUR_CORES.read_text().replace("meshX: 256", f"meshX: {mesh_x}"))


def test_meshes_over_the_chip_and_per_instance_above() -> None:
    *_, last = flat.show(chip(256)).levels
    assert (last.instances, last.mesh, last.mesh_per_parent) == (16384, (256, 64), (64, 64))
    *_, last = flat.show(chip(64)).levels  # written as if per core: v0.4 counts over the chip
    assert (last.mesh, last.mesh_per_parent) == ((64, 256), (16, 256))


def test_widths_of_tensors() -> None:
    assert flat.show(chip()).tensor_bits == {}
    wide = replace(chip(), widths=read_widths("K=8,V=4.25"))
    assert flat.show(wide).tensor_bits == {"K": 8, "V": 4.25}
    shown = StringIO()
    Console(file=shown, width=200).print(architecture_tree(flat.show(wide)))
    assert "bits of the words of tensors: K 8, V 4.25" in shown.getvalue()


@pytest.mark.parametrize("arch", [*api.names()["architectures"]])
def test_meshes_multiply_to_the_instances(arch: str) -> None:
    above = 1
    for level in flat.show(arch).levels:
        assert prod(level.mesh) == level.instances == above * prod(level.mesh_per_parent)
        above = level.instances


def test_sizes_and_bandwidths() -> None:
    dram, buffer, own, _ = flat.show(chip()).levels
    assert dram.capacity_words is None and dram.row_words == 4 and dram.type == "LPDDR5"
    assert dram.bandwidths["shared"].words_per_cycle == 34
    assert dram.bandwidths["shared"].gb_per_s == pytest.approx(68)
    assert buffer.capacity_words == 4194304 and buffer.capacity_bytes == 8 * 2**20 and not buffer.bandwidths
    assert own.bandwidths["read"].gb_per_s == pytest.approx(16)


def test_a_softmax_unit_per_core() -> None:
    unit = flat.show(chip()).softmax
    assert unit is not None
    assert (unit.instances, unit.mesh, unit.beside, unit.lanes, unit.passes) == (4, (4, 1), "L1", 64, 2)


def test_units_that_do_not_divide_among_the_cores_are_refused() -> None:
    text = FOUR_CORES.read_text().replace("name: Vector", "name: Vector[1..2]")
    assert read_architecture(text).softmax.instances == 8  # type: ignore[union-attr]
    text = text.replace("lanes: 64", "lanes: 64, meshX: 2, meshY: 4").replace("core[1..4]", "core[1..3]")
    with pytest.raises(FlatError, match="Vector: "):
        read_architecture(text)


def test_energies_are_those_of_estimates_and_say_who_answered() -> None:
    found = flat.show("edge")
    table = flat.energy_table("edge")
    for level in found.levels:
        assert level.energy_pj == dict(table.components[level.name].actions)
        assert level.energy_by == table.components[level.name].estimator
    assert found.energy_source == table.source and not found.notes


def test_without_energies_everything_else_is_shown() -> None:
    text = FOUR_CORES.read_text().replace("LPDDR5", "of_mine")
    document = flat.show(read_architecture(text)).to_dict()
    assert all(level["energy_pj"] is None for level in document["levels"])
    assert document["levels"][1]["capacity_words"] == 4194304
    assert "no energy is recorded for a DRAM type of_mine" in document["notes"][0]


def test_the_document_holds_no_infinity() -> None:
    def numbers(value: object) -> list[float]:
        entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [n for e in entries for n in numbers(e)] + ([value] if isinstance(value, float) else [])

    assert all(map(isfinite, numbers(flat.show(chip()).to_dict())))
