"""What was understood of a workload stands above every table, in every document and on the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.cli import app
from flat_plugin.workload import describe

MODEL = ["--model", "t5-small", "--seq", "128"]
UNDERSTOOD = describe("t5-small", 128)


def printed(*arguments: str) -> str:
    answer = CliRunner().invoke(app, list(arguments))
    assert answer.exit_code == 0, answer.output
    return answer.output


@pytest.mark.parametrize(
    "command",
    [
        ["estimate", "--dataflow", "base"],
        ["explain", "--dataflow", "base"],
        ["search"],
        ["search", "--pareto", "footprint-traffic"],
        ["compare", "base", "flat-h"],
    ],
    ids=" ".join,
)
def test_a_line_above_every_table(command: list[str]) -> None:
    lines = printed(*command, *MODEL).strip()
    assert " ".join(lines.split()).startswith(" ".join(UNDERSTOOD.line.split()))


def test_an_object_in_every_document() -> None:
    (estimate,) = json.loads(printed("estimate", "--dataflow", "base", *MODEL, "--json"))
    (explained,) = json.loads(printed("explain", "--dataflow", "base", *MODEL, "--json"))
    front = json.loads(printed("search", "--pareto", "footprint-traffic", *MODEL, "--json"))
    difference = json.loads(printed("compare", "base", "flat-h", *MODEL, "--json"))
    expected = json.loads(json.dumps(UNDERSTOOD.document))
    found = [estimate["workload"], explained["workload"], front["workload"], *difference["workload"].values()]
    assert found == [expected] * 5
    for each in json.loads(printed("search", *MODEL, "--json"))["families"]:
        assert each["estimate"]["workload"] == expected


def test_it_is_of_what_was_asked() -> None:
    step = flat.estimate("llama-3-8b", seq=256, queries=2, batch=3).workload
    assert step is not None
    (layer,) = step["layers"]
    assert (step["batch"], layer["queries"], layer["keys"], layer["kv_heads"]) == (3, 2, 256, 8)
    own = flat.estimate(flat.Attention(1, 4, 32, 64, 16, kv_heads=2)).workload
    assert own is not None and own["layers"][0]["keys"] == 64 and own["layers"][0]["feed_forward"] is None


def test_batches_and_their_page(tmp_path: Path) -> None:
    sweep: dict[str, Any] = {
        "models": ["t5-small"],
        "seq": [128],
        "architectures": ["edge"],
        "dataflows": ["base"],
    }
    flat.run({"sweep": sweep}, tmp_path / "out", jobs=1)
    (run,) = flat.read_results(tmp_path / "out").runs
    assert run.estimate["workload"] == json.loads(json.dumps(UNDERSTOOD.document))
    pytest.importorskip("vl_convert")
    flat.write_page(flat.read_results(tmp_path / "out"), tmp_path / "report.html")
    assert UNDERSTOOD.line in (tmp_path / "report.html").read_text()
