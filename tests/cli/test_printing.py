"""What commands print: paths whole, names as they are, JSON that any parser takes."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text
from small_documents import chain, component, dram, mac
from typer.testing import CliRunner

from flat_plugin.batch.batch import run_sweep
from flat_plugin.cli import app
from flat_plugin.cli.options import print_json, say, show
from flat_plugin.report.export import write_json

LAYER = ["--attention", "B=1,H=2,M=64,N=64,D=16"]
UNBOUNDED = chain(
    dram(type="LPDDR4"),
    component("Buffer", "eDRAM", width=128, datawidth=16),
    mac("MAC[1..4]", width=16, meshX=4, meshY=1),
    technology="45nm",
    global_cycle_seconds=1e-9,
)
ERT = """
ERT:
  version: 0.4
  tables:
    - {name: "system.DRAM", actions: [{name: read, energy: 1.0}, {name: write, energy: 1.0}]}
    - {name: "system.Buffer", actions: [{name: read, energy: 1.0}, {name: write, energy: 1.0}]}
    - {name: "system.MAC", actions: [{name: compute, energy: 1.0}]}
"""


def strict(text: str) -> object:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def flat(*arguments: object) -> str:
    answer = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "80"})
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_a_long_path_is_one_line(tmp_path: Path) -> None:
    output = tmp_path / ("a long name of a folder " * 5).strip() / "[bold]"
    lines = flat("generate", *LAYER, "--dataflow", "flat-r16", "-o", output).splitlines()
    assert lines == [str(output / "flat-r16" / name) for name in ("logit", "attend")]


def test_a_long_path_of_a_report_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("altair")
    batch = tmp_path / "batch"
    sweep = {"models": [{"attention": LAYER[1]}], "architectures": ["edge"], "dataflows": ["base"]}
    run_sweep({"sweep": sweep}, batch, jobs=1)
    page = tmp_path / ("a long name of a folder " * 5).strip() / "page.html"
    (line,) = flat("report", batch, "-o", page).splitlines()
    assert line.startswith(f"{page}: ")


def test_a_plan_has_a_line_a_run(tmp_path: Path) -> None:
    name = "a name [red] that is much longer than a line of eighty columns can be, with all else"
    sweep = {"models": [{"attention": LAYER[1], "name": name}], "architectures": ["edge"]}
    file = tmp_path / "sweep.yaml"
    file.write_text(json.dumps({"sweep": {**sweep, "dataflows": ["base"]}}))
    asked = ["run", str(file), "--dry-run"]
    first, last = CliRunner().invoke(app, asked, env={"COLUMNS": None}).stdout.splitlines()
    assert name in first
    assert last == "1 run"


def test_what_is_too_long_for_a_terminal_hangs_below_its_column(tmp_path: Path) -> None:
    sweep = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base"]}
    sweep["overrides"] = [{"buffer_kb": 1024, "dram_words_per_cycle": 50}]  # type: ignore[list-item]
    file = tmp_path / "sweep.yaml"
    file.write_text(json.dumps({"sweep": sweep}))
    first, second, _ = flat("run", file, "--dry-run").splitlines()
    key = first.split()[0]
    assert first == f"{key}  bert-base, 1 × 512 tokens, on edge, buffer_kb 1024,"
    assert second == " " * 22 + "dram_words_per_cycle 50, base, native"
    for command in ("list", "doctor"):
        lines = flat(command).splitlines()
        assert all(len(line) <= 80 or len(line.split()) == 1 for line in lines if "/" not in line)
        assert any(line.startswith(" " * 20) for line in lines)


def test_a_report_says_what_it_wrote(tmp_path: Path) -> None:
    sweep = {"models": [{"attention": LAYER[1]}], "architectures": ["edge"], "dataflows": ["base"]}
    run_sweep({"sweep": sweep}, tmp_path / "batch", jobs=1)
    file = tmp_path / "runs.csv"
    assert flat("report", tmp_path / "batch", "--csv", file) == f"{file}: 1 row of runs\n"


def test_a_comparison_says_how_softmax_is_chained_and_whose_limits_those_are() -> None:
    asked = ["estimate", "--model", "bert-base", "--dataflow", "base", "--softmax", "overlapped"]
    assert "bert-base, attention level, on edge, softmax overlapped" in flat(*asked)
    assert "Limits of one attention layer of 12: " in flat(*asked, "--level", "model")
    assert "Limits of its attention layer: " in flat(*asked, "--level", "block")


def test_a_search_compares_fused_with_unfused() -> None:
    found = strict(flat("search", *LAYER, "--objective", "traffic", "--json"))
    assert isinstance(found, dict)
    values = {family["estimate"]["dataflow"]: family["value"] for family in found["families"]}
    ratio = values["flat-opt"] / values["base-opt"]
    assert found["fused_over_unfused"] == pytest.approx(ratio)
    said = f"Best fused over best unfused traffic: {ratio:.3f}×"
    assert said in flat("search", *LAYER, "--objective", "traffic")
    assert "Best fused over" not in flat("search", *LAYER, "--dataflow", "flat-opt")


def test_names_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("[bold]column[/bold]")
    table.add_row("[red]cell")
    show(table)
    show(Text("[dim]" + "x" * 200))
    say("[link]" + "x" * 200)
    lines = capsys.readouterr().out.splitlines()
    assert any("[bold]column[/bold]" in line for line in lines)
    assert any("[red]cell" in line for line in lines)
    assert lines[-2:] == ["[dim]" + "x" * 200, "[link]" + "x" * 200]


def test_styled_text_keeps_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show(Text("word " * 8).append("end", style="bold"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1 and max(map(len, lines)) <= 20
    assert " ".join(lines).split() == ["word"] * 8 + ["end"]
    monkeypatch.delenv("COLUMNS")
    show(Text("word " * 80).append("end", style="bold"))
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_is_not_finite_is_null(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    value = {"capacity": inf, "rows": (1.5, -inf, nan)}
    print_json(value)
    assert strict(capsys.readouterr().out) == {"capacity": None, "rows": [1.5, None, None]}
    write_json(value, tmp_path / "value.json")
    assert strict((tmp_path / "value.json").read_text()) == {"capacity": None, "rows": [1.5, None, None]}


def test_a_buffer_without_bound_has_no_capacity(tmp_path: Path) -> None:
    for name, text in (("arch.yaml", json.dumps({"architecture": UNBOUNDED})), ("ert.yaml", ERT)):
        (tmp_path / name).write_text(text)
    files = "--arch", tmp_path / "arch.yaml", "--ert", tmp_path / "ert.yaml"
    (answer,) = strict(
        flat("estimate", *LAYER, *files, "--dataflow", "flat-r16", "--softmax", "free", "--json")
    )
    assert answer["capacity"]["available"] is None
