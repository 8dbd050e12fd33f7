"""``--set``: an architecture with some of its figures changed, on every command that takes one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.cli import app

LAYER = ["--attention", "B=1,H=2,M=64,N=64,D=16"]
SMALL = ["--set", "buffer_kb=64", "--set", "pes=[16, 16]"]
NAME = "edge, buffer_kb 64, pes [16, 16]"


def told(*arguments: str) -> str:
    answer = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def answered(*arguments: str) -> Any:
    return json.loads(told(*arguments, "--json"))


def test_an_estimate_is_that_of_a_sweep() -> None:
    (one,) = answered("estimate", *LAYER, "--dataflow", "flat-r16", *SMALL)
    overrides = [{"buffer_kb": 64, "pes": [16, 16]}]
    sweep = {"models": [{"attention": LAYER[1]}], "architectures": ["edge"], "dataflows": ["flat-r16"]}
    (run,) = flat.plan({"sweep": {**sweep, "overrides": overrides}}).runs
    same = flat.estimate(flat.parse_attention(LAYER[1]), run.question.platform, "flat-r16")
    assert one["architecture"] == NAME
    assert one["capacity"]["available"] == 64 * 1024 // 2
    assert one | {"architecture": "edge"} == json.loads(json.dumps(same.to_dict()))
    assert NAME in f"{run}"


def test_the_title_says_what_is_set() -> None:
    assert f"on {NAME}" in " ".join(told("estimate", *LAYER, *SMALL).split())
    assert NAME in " ".join(told("energy", *SMALL).split())


@pytest.mark.parametrize("command", ["explain", "search"])
def test_every_command_works_on_it(command: str) -> None:
    assert NAME in json.dumps(answered(command, *LAYER, *SMALL))


def test_files_are_of_the_changed_architecture(tmp_path: Any) -> None:
    told("generate", *LAYER, *SMALL, "--dataflow", "flat-h", "-o", str(tmp_path))
    written = flat.read_architecture(tmp_path / "flat-h" / "logit" / "architecture.yaml")
    assert written.compute.instances == 256


def test_both_of_a_comparison_are_changed() -> None:
    found = answered("compare", "edge", "cloud", *LAYER, "--set", "buffer_kb=2048")
    assert (found["a"], found["b"]) == ("edge, buffer_kb 2048", "cloud, buffer_kb 2048")
    flows = answered("compare", "base", "flat-h", *LAYER, "--set", "softmax_lanes=8")
    assert all(setting["name"] != "architecture" for setting in flows["settings"])


def test_energies_are_of_what_is_set() -> None:
    usual, larger = (answered("energy", *more) for more in ([], ["--set", "buffer_kb=2048"]))
    reads = [each["components"]["GlobalBuffer"]["energy_pj"]["read"] for each in (usual, larger)]
    assert reads[1] > reads[0]
    assert larger["architecture"] == "edge, buffer_kb 2048"
