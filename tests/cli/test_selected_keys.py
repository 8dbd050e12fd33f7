"""No part of a selection is without effect: every command honours it or refuses it by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.cli import app
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import FlatError

LAYER = ["--attention", "B=1,H=4,KV=2,M=64,N=64,D=24"]
FLAT = ["--dataflow", "flat-r8", "--set", "topk_lanes=4"]
INDEXED = "causal,topk=8,page=4,index=3x16,index_bits=8"
# Each differs from the first in one part.
CHANGED = {
    "topk": "causal,topk=12,page=4,index=3x16,index_bits=8",
    "together": "causal,topk=8:4,page=4,index=3x16,index_bits=8",
    "tile": "causal,topk=8:tile,page=4,index=3x16,index_bits=8",
    "page": "causal,topk=8,page=2,index=3x16,index_bits=8",
    "heads": "causal,topk=8,page=4,index=2x16,index_bits=8",
    "own": "causal,topk=8,page=4,index=16,index_bits=8",
    "dim": "causal,topk=8,page=4,index=3x20,index_bits=8",
    "bits": "causal,topk=8,page=4,index=3x16,index_bits=12",
    "no bits": "causal,topk=8,page=4,index=3x16",
    "no index": "causal,topk=8,page=4",
    "structure": "causal,window=32,topk=8,page=4,index=3x16,index_bits=8",
    "none": "causal",
}


def answered(command: str, mask: str, *more: object) -> str:
    typed = [command, *LAYER, "--mask", mask, *map(str, more)]
    answer = CliRunner().invoke(app, typed, catch_exceptions=False)
    return answer.stdout


@pytest.mark.parametrize("flow", ["base", "base-h", "flat-m", "flat-h", "flat-r8", "flat-r"])
def test_every_part_changes_what_is_estimated(flow: str) -> None:
    """Of all rows at once, too, which choose together whatever a tile is."""

    def figures(mask: str, lanes: int = 4) -> tuple[float, float, float]:
        typed = ["--dataflow", flow, "--set", f"topk_lanes={lanes}", "--json"]
        (answer,) = json.loads(answered("estimate", mask, *typed))
        return answer["cycles"], answer["energy_pj"], answer["dram_bytes"]

    usual = figures(INDEXED)
    assert figures(INDEXED, 8) != usual
    for part, mask in CHANGED.items():
        assert figures(mask) != usual, part


def test_the_workload_says_the_selection() -> None:
    (answer,) = json.loads(
        answered("estimate", INDEXED, "--dataflow", "flat-r8", "--set", "topk_lanes=4", "--json")
    )
    assert answer["workload"]["mask"] == INDEXED
    assert answer["scores"]["bound"] is True
    said = answered("estimate", INDEXED, *FLAT)
    assert f"{INDEXED} mask" in said and "at most" in said


def test_explain_adds_up() -> None:
    (found,) = json.loads(
        answered("explain", INDEXED, "--dataflow", "flat-r8", "--set", "topk_lanes=4", "--json")
    )
    for name in ("index", "index_weights", "choose", "indices"):
        spent = sum(product["value"] for product in found["products"][name] if product["unit"] == "pJ")
        assert spent == pytest.approx(found["operators"][name]["energy_pj"], rel=1e-6), name


def test_compare_adds_up() -> None:
    typed = ["compare", "base", "flat-r8", *LAYER, "--mask", INDEXED, "--set", "topk_lanes=4", "--json"]
    found = json.loads(CliRunner().invoke(app, typed, catch_exceptions=False).stdout)
    for figure in found["figures"]:
        total = sum(cause["difference"] for cause in figure["causes"])
        assert total == pytest.approx(figure["b"] - figure["a"], rel=1e-6, abs=1e-12), figure["name"]


@pytest.mark.parametrize("mask", ["causal,topk=8", "topk=64"])
@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        ("estimate", ["--skip", "none"], "does not select keys"),
        ("explain", ["--skip", "none"], "does not select keys"),
        ("generate", ["--skip", "none", "-o", "files"], "does not select keys"),
    ],
)
def test_what_does_not_know_selections_refuses_them(
    mask: str, command: str, more: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where every key is selected, which is gathered all the same."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FlatError, match=said):
        answered(command, mask, *more)
    assert not list(tmp_path.iterdir())


def test_other_engines_refuse_them() -> None:
    class Other(NativeEngine):
        name = "other"

    for mask in ("causal,topk=8", "topk=64"):
        with pytest.raises(FlatError, match="the other engine does not know masks"):
            flat.estimate(flat.parse_attention(LAYER[1]), "edge", "flat-r8", mask=mask, engine=Other())


def test_generate_says_what_timeloop_cannot(tmp_path: Path) -> None:
    typed = [
        "generate",
        *LAYER,
        "--mask",
        "causal,topk=8",
        "--dataflow",
        "flat-r8",
        "-o",
        str(tmp_path / "files"),
    ]
    answer = CliRunner().invoke(app, typed, catch_exceptions=False)
    assert "Timeloop knows no selected keys" in answer.stdout + answer.stderr
    iterations = (tmp_path / "files" / "flat-r8" / "iterations.yaml").read_text()
    assert "keys: 64" in iterations  # at most: eight rows may choose all of them


def test_sweeps_honour_or_refuse_them(tmp_path: Path) -> None:
    sweep = {
        "models": [{"attention": LAYER[1], "name": "mine"}],
        "dataflows": ["flat-r8", "flat-opt"],
        "architectures": ["edge"],
    }
    sweep |= {"mask": ["causal", INDEXED], "overrides": [{"topk_lanes": 4}, {"topk_lanes": 8}]}
    flat.run({"sweep": sweep}, tmp_path / "runs")
    rows = flat.read_results(tmp_path / "runs").to_frame()
    for _, own in rows.groupby("dataflow"):
        assert own.groupby("mask")["cycles"].nunique().to_dict() == {"causal": 1, INDEXED: 2}
    with pytest.raises(FlatError, match="does not select keys"):
        flat.plan({"sweep": sweep | {"skip": "none"}})
