"""The console as it is: any encoding, any width, a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flat_plugin import InvalidMapping, estimate, parse_attention, read_architecture
from flat_plugin.cli.console import as_json

FLAT = [sys.executable, "-c", "from flat_plugin.cli import main; main()"]
SMALL = ["--attention", "B=1,H=1,M=64,N=64,D=16"]


def flat(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    variables = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "PYTHONIOENCODING")}
    return subprocess.run(
        [*FLAT, *arguments], capture_output=True, timeout=120, env={**variables, **environment}
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "shift-jis"])
def test_tables_and_errors_print_in_every_encoding(encoding: str) -> None:
    done = flat("estimate", *SMALL, "--dataflow", "base,flat-r16", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    cross = {"ascii": "1.00x", "cp1252": "1.00×"}.get(encoding, "1.00×")
    assert cross in done.stdout.decode(encoding)
    refused = flat("estimate", "--attention", "Ω=×1", PYTHONIOENCODING=encoding)
    assert refused.returncode == 2 and refused.stderr.startswith(b"flat: attention: unknown dimension")


def test_json_is_the_same_in_every_encoding() -> None:
    texts = [flat("list", "--json", PYTHONIOENCODING=name).stdout for name in ("ascii", "utf-8")]
    assert json.loads(texts[0]) == json.loads(texts[1])
    assert json.loads(as_json({"half a character": "\ud800"})) == {"half a character": "\ud800"}


LARGE = {
    "architecture": """{version: 0.4, subtree: [{name: chip, local: [
        {name: DRAM, class: DRAM, attributes: {width: 16}},
        {name: mac, class: intmac, attributes: {datawidth: 16}}]}]}""",
    "ERT": """{version: 0.4, tables: [
        {name: chip.DRAM, actions: [{name: read, energy: 1}, {name: write, energy: 1},
            {name: update, energy: 1}, {name: leak, energy: 0}]},
        {name: chip.mac, actions: [{name: compute, energy: 1}]}]}""",
    "problem": """{shape: {name: mm, dimensions: [M], data_spaces: [{name: A, projection: [[[M]]]},
        {name: Z, projection: [[[M]]], read_write: true}]}, instance: {M: 1073741824}}""",
    "mapping": "[{target: DRAM, type: temporal, factors: M=1073741824, permutation: M}]",
}


@pytest.mark.parametrize("columns", ["", "20", "200"])
def test_numbers_are_never_cut(columns: str, tmp_path: Path) -> None:
    for name, content in LARGE.items():
        (tmp_path / f"{name}.yaml").write_text(f"{name}: {content}\n")
    files = [str(tmp_path / f"{name}.yaml") for name in ("architecture", "problem", "mapping", "ERT")]
    printed = flat("model", *files, COLUMNS=columns).stdout.decode()
    assert printed.count("1,073,741,824") >= 4, printed
    assert "…" not in printed


def test_dataflows_that_are_named_apart_add_up() -> None:
    done = flat("estimate", *SMALL, "--dataflow", "base", "--dataflow", "flat-r16,flat-r8", "--json")
    assert [answer["dataflow"] for answer in json.loads(done.stdout)] == ["base", "flat-r16", "flat-r8"]
    assert b"named twice" in flat("estimate", *SMALL, "--dataflow", "base", "--dataflow", "base").stderr


def test_an_outermost_memory_that_is_too_small_is_named() -> None:
    architecture = """
architecture:
  version: 0.4
  nodes:
  - !Component {name: Main, class: SRAM, attributes: {depth: 1024, width: 64, datawidth: 8, technology: 45nm}}
  - !Component {name: Buffer, class: regfile, attributes: {depth: 64, width: 8, datawidth: 8}}
  - !Component {name: mac, class: intmac, attributes: {width: 8}}
"""
    ert = {"ERT": {"version": "0.4", "tables": []}}
    for name, actions in (
        ("Main", "read write update leak"),
        ("Buffer", "read write update leak"),
        ("mac", "compute"),
    ):
        table = {"name": f"system.{name}", "actions": [{"name": a, "energy": 1.0} for a in actions.split()]}
        ert["ERT"]["tables"].append(table)  # type: ignore[attr-defined]
    layer = parse_attention("B=1,H=1,M=512,N=512,D=64")
    with pytest.raises(
        InvalidMapping, match=r"do not fit Main, the outermost memory: Q 32,768 \+ K 32,768 \+ S"
    ):
        estimate(layer, read_architecture(architecture), "base", softmax="free", ert=ert)
