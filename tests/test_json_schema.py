"""Schemas for editors: they take what the readers take, and refuse what the readers' forms refuse."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.api.schemas import FORMS
from flat_plugin.architecture import list_architectures, preset_path
from flat_plugin.cli import app
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.exploration.design_file import read_design
from flat_plugin.mapping.named import read_dataflow
from flat_plugin.resources import resource_folder
from flat_plugin.schema import check
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.workload.blocks import read_blocks
from flat_plugin.workload.serving import read_mix

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[1]
LAYER = flat.parse_attention("B=1,H=12,M=512,N=512,D=64")
SWEEP = {
    "models": [
        "bert-base",
        {"name": "gpt2", "queries": 4},
        {"attention": "B=1,H=1,M=8,N=8,D=8", "name": "x"},
    ],
    "seq": [128, None],
    "batch": 2,
    "bits": [None, "K=8", {"K": 8, "V": 4.5}, 16],
    "mask": [None, "causal"],
    "architectures": ["edge", {"file": "cloud", "name": "large"}],
    "overrides": {"buffer_kb": [256, 512], "pes": [[16, 16]]},
    "dataflows": ["base", "flat-r64"],
    "engine": "native",
    "level": "attention",
    "stage": ["K", "V"],
    "factors": None,
    "time_limit": 60,
    "exclude": [{"seq": 128, "mask": "causal"}],
}
DESIGN = {
    "architecture": "edge",
    "axes": {"buffer_kb": [128, 256], "width": {"from": 16, "to": 32, "step": 16}, "DRAM.type": ["LPDDR4"]},
    "set": {"pes": ["width", 32], "softmax_lanes": "width"},
    "where": "buffer_kb >= width",
    "workloads": ["gpt2", {"model": "bert-base", "seq": 64, "weight": 2.5, "budgets": {"runs_per_s": 3}}],
    "dataflows": ["base-opt", "flat-r64"],
    "objective": "edp",
    "budgets": {"area_mm2": 4, "power_w": 1.5},
    "area_um2": {"MAC": 1000, "PERegs": "width * 3"},
}
DATAFLOW = {"name": "mine", "fused": True, "granularity": "R", "rows": 8, "stage": ["K"]}


def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(flat.input_schema(name))


def described(name: str) -> list[Path]:
    """Files of a kind that ship, are examples, or are read by tests."""
    shipped = resource_folder("mappings")
    return {
        "architecture": [
            *(preset_path(preset) / "arch.yaml" for preset in list_architectures()),
            *_holding("architecture", ROOT / "examples", ROOT / "tests"),
        ],
        "certificate": [],
        "dataflow": sorted(shipped.glob("*.yaml")),
        "design": _holding("exploration", ROOT / "examples"),
        "mapping": _holding("fused_mapping", ROOT / "examples", ROOT / "tests"),
        "mask": [],
        "mix": _holding("mix", ROOT / "examples"),
        "space": sorted((shipped / "spaces").glob("*.yaml")),
        "sweep": _holding("sweep", ROOT / "examples", ROOT / "benchmarks"),
    }[name]


def _holding(key: str, *folders: Path) -> list[Path]:
    files = (file for folder in folders for file in sorted(folder.rglob("*.yaml")))
    return [file for file in files if re.search(rf"^{key}:", file.read_text(encoding="utf-8"), re.M)]


EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "certificate": [
        flat.search(LAYER, "edge", objective=name, factors="perfect").certificate()
        for name in ("edp", "latency")
    ],
    "dataflow": [{"dataflow": DATAFLOW}, {"dataflow": {"name": "a", "fused": False, "description": "b"}}],
    "design": [{"exploration": DESIGN}, DESIGN],
    "mapping": [load(file) for file in described("mapping")],
    "mask": [{"mask": {"rows": 64, "keys": 32, "blocks": ["10", "11"]}}],
    "mix": [
        {"mix": {"model": "gpt2", "decode": [{"requests": 2, "seq": [64, 80], "queries": 2, "shared": 9}]}},
        {"mix": {"model": "gpt2", "prefill": [{"requests": 3, "chunk": 64, "position": 8, "shared": 5}]}},
    ],
    "space": [load(file) for file in described("space")],
    "sweep": [{"sweep": SWEEP}, SWEEP, {"sweep": SWEEP | {"overrides": [{"buffer_kb": 512}, {}]}}],
}
READERS = {
    "certificate": flat.check,
    "dataflow": read_dataflow,
    "design": read_design,
    "mapping": lambda document: read_fused(document, _einsums(), flat.find_architecture("edge")),
    "mask": read_blocks,
    "mix": read_mix,
    "space": lambda document: flat.search(
        LAYER, "edge", dataflow="flat-m", space=document, factors="perfect"
    ),
    "sweep": flat.plan,
}


def _einsums() -> dict[str, Any]:
    return {einsum.name: einsum for einsum in LAYER.einsums()}


def test_every_kind_is_listed() -> None:
    assert set(api.schema_names()) == {*FORMS, "architecture"}
    answer = CliRunner().invoke(app, ["schema"])
    assert [line.split()[0] for line in answer.stdout.splitlines()] == [*api.schema_names()]


def test_the_command_prints_the_schema() -> None:
    answer = CliRunner().invoke(app, ["schema", "sweep"])
    assert json.loads(answer.stdout) == flat.input_schema("sweep")
    with pytest.raises(FlatError, match="name: unknown choice .* did you mean sweep?"):
        flat.input_schema("swep")


@pytest.mark.parametrize("name", api.schema_names())
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(flat.input_schema(name))


@pytest.mark.parametrize("name", api.schema_names())
def test_every_file_of_the_kind_is_valid(name: str) -> None:
    for file in described(name):
        document = _plain(yaml.safe_load(file.read_text(encoding="utf-8")))
        found = [error.message for error in validator(name).iter_errors(document)]
        assert not found, (file, found)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid_and_read(name: str) -> None:
    for document in EXAMPLES[name]:
        validator(name).validate(_plain(document))
        check(FORMS[name][1], document)
        if name not in ("mapping", "space"):  # which are of one layer
            READERS[name](document)


def _plain(value: Any) -> Any:
    """As JSON has it: keys are texts."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


VALUES = (None, True, -3, 0, 7, 2.5, 1e-3, "", "x", [], ["x"], [7], {}, {"x": 7})


def mutated(document: Any) -> Iterator[Any]:
    """The document with each of its values left out, or another one, and with a key that nobody knows."""
    for place in list(_places(document)):
        for change in (*VALUES, "left out", "a key more"):
            copied = copy.deepcopy(document)
            inside = copied
            for step in place[:-1]:
                inside = inside[step]
            if change == "left out":
                del inside[place[-1]]
            elif change == "a key more":
                if not isinstance(inside, dict):
                    continue
                inside["nobody"] = 7
            else:
                inside[place[-1]] = change
            yield copied


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value if isinstance(value, dict) else dict(enumerate(value if isinstance(value, list) else ()))
    for key, entry in entries.items():
        yield (*above, key)
        yield from _places(entry, (*above, key))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schema_refuses_what_its_form_refuses(name: str) -> None:
    against, refused = validator(name), 0
    for document in EXAMPLES[name]:
        for changed in mutated(document):
            try:
                check(FORMS[name][1], changed)
                fits = True
            except FlatError:
                fits = False
            assert against.is_valid(changed) == fits, changed
            refused += not fits
    assert refused > 20


@pytest.mark.parametrize("name", ["dataflow", "mapping", "mask", "sweep"])
def test_readers_refuse_what_the_schema_refuses(name: str, tmp_path: Path) -> None:
    against = validator(name)
    for document in EXAMPLES[name][:1]:
        for changed in mutated(document):
            if not against.is_valid(changed):
                with pytest.raises(FlatError):
                    READERS[name](changed)


def component(**others: Any) -> dict[str, Any]:
    return {"name": "L", "class": "SRAM", "attributes": {"depth": 8, "width": 16, "datawidth": 16}} | others


def chip(**others: Any) -> dict[str, Any]:
    attributes = {"technology": "45nm", "global_cycle_seconds": 1e-9}
    outer = {"name": "D", "class": "DRAM", "attributes": {"width": 16, "datawidth": 16}}
    mac = {"name": "M", "class": "intmac", "attributes": {"datawidth": 16}}
    node = {"name": "chip", "attributes": attributes, "local": [outer, component(), mac]}
    return {"architecture": {"version": 0.4, "subtree": [node | others]}}


WRONG_CHIPS = [
    chip(local=[component(name=7)]),
    chip(local=[{"name": "L", "attributes": {}}]),
    chip(local=[component(attributes=7)]),
    chip(local=7),
    chip(nodes=[]),
    chip(local=[component(enabled=False)]),
    chip(local=[component(attributes={"depth": 8, "width": 16, "min_utilization": 0.5})]),
    chip(local=[component(attributes={"depth": 8, "width": 16, "has_power_gating": True})]),
    {"architecture": {"subtree": []}},
    {"architecture": {"subtree": chip()["architecture"]["subtree"] * 2}},
    {"architecture": chip()["architecture"] | {"local": []}},
    {"architecture": []},
    {"chip": {}},
]


def test_architectures() -> None:
    assert flat.read_architecture(chip()).memories[1].name == "L"
    assert validator("architecture").is_valid(chip())


@pytest.mark.parametrize("document", WRONG_CHIPS, ids=str)
def test_wrong_architectures_are_refused_by_both(document: dict[str, Any]) -> None:
    assert not validator("architecture").is_valid(document)
    with pytest.raises(FlatError):
        flat.read_architecture(document)


@pytest.mark.parametrize("file", described("architecture"), ids=lambda file: file.parent.name + file.name)
def test_what_the_schema_of_architectures_refuses_no_reader_takes(file: Path) -> None:
    document = _plain(yaml.safe_load(file.read_text(encoding="utf-8")))
    against = validator("architecture")
    for changed in mutated({"architecture": document["architecture"]}):
        if not against.is_valid(changed):
            with pytest.raises(FlatError):
                flat.read_architecture(changed)
