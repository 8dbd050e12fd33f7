"""Without an energy table: every figure that needs one is absent, and every other is as with it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable, find_architecture
from flat_plugin.batch.folder import RESULT
from flat_plugin.batch.run import EngineChoice
from flat_plugin.cli import app
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError

EDGE = find_architecture("edge")
KNOWN = energy_for(EDGE)
UNKNOWN = EnergyTable(unknown="nobody was asked")
UNHEARD = replace(EDGE.memories[1], kind="smartbuffer_of_mine")
MINE = replace(EDGE, name="mine", memories=(EDGE.memories[0], UNHEARD, EDGE.memories[2]))
MODEL, SEQ = "bert-base", 256


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every figure and text of a document by its place."""
    if isinstance(value, dict):
        return {k: v for key, each in value.items() for k, v in leaves(each, f"{path}.{key}").items()}
    if isinstance(value, list | tuple):
        return {k: v for n, each in enumerate(value) for k, v in leaves(each, f"{path}[{n}]").items()}
    return {path: value}


def of_energy(path: str) -> bool:
    return "energy" in path and "energy_source" not in path


def check(with_table: Any, without: Any) -> None:
    ours, theirs = leaves(without), leaves(with_table)
    said = ("notes", "energy_source")
    ours, theirs = (
        {k: v for k, v in each.items() if not any(s in k for s in said)} for each in (ours, theirs)
    )
    assert set(ours) == set(theirs)
    for path, value in theirs.items():
        if of_energy(path):
            assert value is not None and ours[path] is None, path
        else:
            assert ours[path] == value, path


@pytest.mark.parametrize("dataflow", ["base", "base-h", "flat-h", "flat-r64", "flat-m"])
@pytest.mark.parametrize("level", ["attention", "block", "model"])
def test_estimates(dataflow: str, level: str) -> None:
    options: dict[str, Any] = {"seq": SEQ, "level": level, "overflow": "spill"}
    answers = [flat.estimate(MODEL, EDGE, dataflow, ert=table, **options) for table in (KNOWN, UNKNOWN)]
    check(*(answer.to_dict() for answer in answers))
    assert answers[1].energy_pj is None and answers[1].limits.energy_pj is None
    assert set(answers[1].energy.values()) == {None}


@pytest.mark.parametrize("mask", ["causal", "window=40,sinks=2", "causal,topk=16"])
@pytest.mark.parametrize("dataflow", ["base", "flat-r64", "flat-r32"])
def test_estimates_under_masks(dataflow: str, mask: str) -> None:
    options: dict[str, Any] = {"seq": SEQ, "mask": mask}
    check(*(flat.estimate(MODEL, EDGE, dataflow, ert=t, **options).to_dict() for t in (KNOWN, UNKNOWN)))


@pytest.mark.parametrize("objective", ["latency", "traffic"])
def test_searches_under_masks(objective: str) -> None:
    options: dict[str, Any] = {"seq": 64, "mask": "causal", "objective": objective}
    known, unknown = (flat.search("t5-small", EDGE, ert=table, **options) for table in (KNOWN, UNKNOWN))
    assert known.value == unknown.value
    assert unknown.estimate.energy_pj is None


def test_a_searched_dataflow_is_the_fastest_and_says_so() -> None:
    answer = flat.estimate(MODEL, EDGE, "flat-opt", ert=UNKNOWN, seq=SEQ)
    fastest = flat.search(MODEL, EDGE, seq=SEQ, objective="latency", dataflow="flat-opt", ert=KNOWN)
    assert answer.cycles == fastest.estimate.cycles
    assert "the best by latency" in " ".join(answer.notes)


def test_a_note_says_why_and_what_gives_them() -> None:
    (note,) = [n for n in flat.estimate(MODEL, MINE, "base", seq=SEQ).notes if "energies" in n]
    assert "no energy is recorded for class smartbuffer_of_mine" in note
    assert "flat energy --template" in note


@pytest.mark.parametrize("objective", ["latency", "traffic", "footprint"])
def test_searches_that_need_no_energy(objective: str) -> None:
    found = [
        flat.search("t5-small", EDGE, seq=SEQ, objective=objective, ert=table) for table in (KNOWN, UNKNOWN)
    ]
    assert found[0].value == found[1].value
    assert found[1].estimate.energy_pj is None


def test_a_search_without_an_objective_takes_latency() -> None:
    assert flat.search("t5-small", EDGE, seq=SEQ, ert=UNKNOWN).objective == "latency"
    assert flat.search("t5-small", EDGE, seq=SEQ, ert=KNOWN).objective == "edp"


@pytest.mark.parametrize("objective", ["edp", "energy"])
def test_objectives_of_energy_are_refused_with_what_gives_them(objective: str) -> None:
    with pytest.raises(FlatError, match=f"{objective} needs energies, which are not known.*--template"):
        flat.search(MODEL, MINE, seq=SEQ, objective=objective)


def test_fronts() -> None:
    with pytest.raises(FlatError, match="front energy-latency needs energies"):
        flat.pareto(MODEL, EDGE, "energy-latency", seq=SEQ, ert=UNKNOWN)
    known, unknown = (flat.pareto("t5-small", EDGE, seq=SEQ, ert=table) for table in (KNOWN, UNKNOWN))
    assert [p["footprint"] for p in known.to_dict()["points"]] == [
        p["footprint"] for p in unknown.to_dict()["points"]
    ]


def test_explanations() -> None:
    known, unknown = (flat.explain(MODEL, EDGE, "flat-h", ert=t, seq=SEQ).to_dict() for t in (KNOWN, UNKNOWN))
    assert not any(product["unit"] == "pJ" for each in unknown["products"].values() for product in each)
    for operator, counts in known["derivations"].items():
        for mine, theirs in zip(unknown["derivations"][operator], counts, strict=True):
            assert [(a, w, n) for a, w, n, _ in mine["actions"]] == [
                (a, w, n) for a, w, n, _ in theirs["actions"]
            ]
            assert all(energy is None for *_, energy in mine["actions"])
    text = [
        line
        for step in flat.explain(MODEL, EDGE, "flat-h", ert=UNKNOWN, seq=SEQ).steps
        for line in step.lines()
    ]
    assert not any("nan" in line or "pJ" in line or "µJ" in line for line in text)


def test_timeloops_files(edge_files: tuple[Any, Any, Any]) -> None:
    known, unknown = (flat.evaluate_mapping(*edge_files, table).to_dict() for table in (KNOWN, UNKNOWN))
    for document in (known, unknown):
        for level in document["levels"]:
            level["energy_leak"] = level.pop("leakage_pj")
    check(known, unknown)


@pytest.fixture
def edge_files(tmp_path: Path) -> tuple[Any, Any, Any]:
    written = flat.generate(MODEL, EDGE, ["base"], tmp_path, seq=SEQ)
    folder = written.folders[0]
    return folder / "architecture.yaml", folder / "problem.yaml", folder / "mapping.yaml"


def test_generated_files_lack_only_the_tables(tmp_path: Path) -> None:
    with_table = flat.generate(MODEL, EDGE, ["base"], tmp_path / "with", seq=SEQ)
    without = flat.generate(MODEL, EDGE, ["base"], tmp_path / "without", seq=SEQ, ert=UNKNOWN)
    for one, other in zip(with_table.folders, without.folders, strict=True):
        names, fewer = ({file.name for file in folder.iterdir()} for folder in (one, other))
        assert names - fewer == {"ERT.yaml", "ART.yaml"} and fewer < names
        assert all((one / name).read_text() == (other / name).read_text() for name in fewer)
    assert any(note.startswith("ERT and ART are not written: no energies") for note in without.notes)


SWEEP = {"models": [MODEL], "seq": [128, 256], "dataflows": ["base", "flat-h"]}


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same sweep of an architecture with energies, and of one without."""
    text = (Path(flat.__file__).parents[1] / "arch" / "edge" / "arch.yaml").read_text()
    folders = []
    for name, node in (("known", "45nm"), ("unknown", "3nm")):
        folder = tmp_path_factory.mktemp(name)
        (folder / "mine.yaml").write_text(text.replace("45nm", node))
        sweep = json.loads(json.dumps({**SWEEP, "architectures": ["mine.yaml"]}))
        (folder / "sweep.yaml").write_text(json.dumps({"sweep": sweep}))
        result = flat.run(folder / "sweep.yaml", folder / "out", jobs=1)
        assert not result.failed
        folders.append(folder / "out")
    return folders[0], folders[1]


def test_batches(batches: tuple[Path, Path]) -> None:
    for known, unknown in zip(*(flat.read_results(batch).runs for batch in batches), strict=True):
        check(known.document["estimate"], unknown.document["estimate"])
        assert "NaN" not in (unknown.folder / RESULT).read_text()


@pytest.mark.parametrize("table", ["runs", "levels", "energy", "traffic"])
def test_tables_of_reports(batches: tuple[Path, Path], table: str, tmp_path: Path) -> None:
    from flat_plugin.report.analysis.baseline import Baseline
    from flat_plugin.report.export import write_csv
    from flat_plugin.report.write import table_rows

    baseline = Baseline.parse("base") if table == "runs" else None
    known, unknown = (table_rows(flat.read_results(b), table, baseline) for b in batches)
    own = ("run", "run_s", "finished", "energy_source", "area_mm2")
    needs = ("energy", "power", "edp")
    for one, other in zip(known, unknown, strict=True):
        for name, value in one.items():
            if name.startswith(needs) or name == "on_front_energy_latency":
                assert name in own or other[name] is None, name
            elif name not in own:
                assert other[name] == value, name
    write_csv(unknown, tmp_path / "t.csv")
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert all(row.get("energy_pj", "") == "" for row in rows)
    assert "nan" not in (tmp_path / "t.csv").read_text().lower()


def test_sums_of_energy_are_refused(batches: tuple[Path, Path]) -> None:
    from flat_plugin.report.analysis.aggregate import aggregate
    from flat_plugin.report.write import table_rows

    rows = table_rows(flat.read_results(batches[1]), "runs", None)
    with pytest.raises(FlatError, match="no run has this figure"):
        aggregate(rows, ["model"], "energy_pj")
    assert aggregate(rows, ["model"], "cycles")


def test_sums_say_how_many_runs_they_leave_out(batches: tuple[Path, Path]) -> None:
    asked = ["report", *map(str, batches), "--by", "dataflow"]
    answer = CliRunner().invoke(app, [*asked, "--metric", "energy_pj"])
    known, unknown = (len(flat.read_results(batch).runs) for batch in batches)
    rows = "row" if unknown == 1 else "rows"
    assert f"{unknown} {rows} of {known + unknown} without energy_pj left out" in answer.stdout
    assert "left out" not in CliRunner().invoke(app, [*asked, "--metric", "cycles"]).stdout


def test_a_page_draws_no_energy(batches: tuple[Path, Path]) -> None:
    pytest.importorskip("altair")
    from flat_plugin.report.analysis.columns import run_row
    from flat_plugin.report.analysis.fronts import with_fronts
    from flat_plugin.report.page.figures import figures

    known, unknown = ([run_row(r) for r in flat.read_results(batch).runs] for batch in batches)
    assert {figure.name for figure in figures(known)} - {figure.name for figure in figures(unknown)} == {
        "energy-per-mac",
        "energy-by-component",
        "energy-by-operator",
        "energy-by-tensor",
        "pareto-energy-latency",
    }
    assert {row["on_front_energy_latency"] for row in with_fronts(unknown)} == {None}


def test_a_page_is_written(batches: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    flat.write_page(flat.read_results(list(batches)), tmp_path / "both.html")
    flat.write_page(flat.read_results(batches[1]), tmp_path / "report.html")


def test_comparisons() -> None:
    known, unknown = (flat.estimate(MODEL, EDGE, "flat-h", ert=t, seq=SEQ) for t in (KNOWN, UNKNOWN))
    found = {figure.name: figure for figure in flat.compare(known, unknown).figures}
    energy = found["energy"].to_dict()
    assert energy["a"] == pytest.approx(known.energy_pj)
    assert energy["b"] is None and energy["difference"] is None and energy["ratio"] is None
    assert found["latency"].difference == 0


def test_a_table_of_zeros_is_a_table() -> None:
    zeros = {name: replace(c, actions=dict.fromkeys(c.actions, 0.0)) for name, c in KNOWN.components.items()}
    assert flat.estimate(MODEL, EDGE, "base", seq=SEQ, ert=EnergyTable(zeros)).energy_pj == 0.0


def test_timeloop_is_not_called_without_a_table(monkeypatch: pytest.MonkeyPatch, batches: Any) -> None:
    here = EngineChoice("timeloop", "a build")
    monkeypatch.setattr("flat_plugin.batch.sweep_entries.engine", lambda name, mapper: here)
    sweep = batches[1].parent / "sweep.yaml"
    with pytest.raises(FlatError, match="Timeloop needs energies, and mine has none"):
        flat.plan(sweep, "timeloop")
