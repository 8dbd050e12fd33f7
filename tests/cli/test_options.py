"""Every option of every command reaches the function that the command is a shell over."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from pydoc import locate
from typing import Any

import pytest
import typer
from option_cases import (
    DECODING,
    LARGER,
    MIXED,
    WORKLOAD,
    Asked,
    Case,
    asks,
    chain,
    changed,
    common,
    machine,
    mapped,
    of,
    shape,
    skip,
    workload,
)

from flat_plugin.batch.batch import BatchResult
from flat_plugin.cli import COMMANDS, app_of
from flat_plugin.report.analysis.baseline import Baseline
from flat_plugin.report.read.results import Results
from flat_plugin.timeloop.settings import MapperSettings

NOTHING = Results((Path("runs"),), (), ())
ESTIMATE, EXPLAIN, GENERATE = (f"flat_plugin.api.{name}" for name in ("estimate", "explain", "generate"))
SEARCH, PARETO, SAVE = (f"flat_plugin.api.{name}" for name in ("search_each", "pareto", "save_mapping"))
RUN, PLAN, ENERGY = (f"flat_plugin.api.{name}" for name in ("run", "plan", "energy_table"))
CHECK = "flat_plugin.api.check"
SOLVE, EXPLORE = "flat_plugin.api.solve", "flat_plugin.api.explore"
TRACED = "flat_plugin.api.traces.estimate_trace"
SHOW, TEMPLATE = "flat_plugin.api.show", "flat_plugin.api.energy_template"
ENGINE, COMPARE = "flat_plugin.engines.choose.choose_engine", "flat_plugin.api.comparisons.compare"
ROWS, SUMS = "flat_plugin.report.write.table_rows", "flat_plugin.report.analysis.aggregate.aggregate"
PROOF = "flat_plugin.report.terminal.search.search_table"
SPREAD, ORDER = (f"flat_plugin.report.analysis.arrange.{name}" for name in ("spread", "in_order"))
PIVOTED = ["--by", "model", "--pivot", "model"]
SUMMED = {SUMS: [], "flat_plugin.report.read.results.Results.check_any_run": None}
READ = {"flat_plugin.report.read.results.read_results": NOTHING}
TABLE, ERRORS = "flat_plugin.report.terminal.tables.difference_table", "flat_plugin.paper.tables.validation"
REPRODUCE, VALIDATE = "flat_plugin.paper.reproduce.reproduce", "flat_plugin.paper.validation.validate"


class Found:
    """A search's answer, as far as it is saved."""

    best = type("Best", (), {"mapping": "the mapping"})


CASES = [
    *of(
        "estimate",
        *common(ESTIMATE),
        *chain(ESTIMATE),
        skip(ESTIMATE),
        Case("--latent", "absorbed", ESTIMATE, "latent", "absorbed", more=WORKLOAD),
        mapped(ESTIMATE),
        Case("--dataflow", "flat-h,base", ESTIMATE, "dataflow", "flat-h", more=WORKLOAD),
        Case("--level", "block", ESTIMATE, "level", "block", more=WORKLOAD),
        Case("--experts", "all", ESTIMATE, "experts", "all", more=WORKLOAD),
        Case("--elementwise", "none", ESTIMATE, "elementwise", "none", more=WORKLOAD),
        Case("--space", "mine.yaml", ESTIMATE, "space", "mine.yaml", more=WORKLOAD),
        Case("--engine", "pytimeloop", ENGINE, "name", "pytimeloop", more=WORKLOAD),
        Case("--time-limit", "7", ENGINE, "time_limit", 7.0, more=[*WORKLOAD, "--engine", "timeloop"]),
        Case("--mix", "MIX", ESTIMATE, "workload", MIXED),
        Case("--trace", "fetched.csv", TRACED, "trace", Path("fetched.csv")),
    ),
    *of(
        "explain",
        *common(EXPLAIN),
        *chain(EXPLAIN),
        skip(EXPLAIN),
        Case("--latent", "absorbed", EXPLAIN, "latent", "absorbed", more=WORKLOAD),
        mapped(EXPLAIN),
        Case("--dataflow", "flat-h", EXPLAIN, "dataflow", "flat-h", more=WORKLOAD),
        Case("--space", "mine.yaml", EXPLAIN, "space", "mine.yaml", more=WORKLOAD),
    ),
    *of(
        "generate",
        *common(GENERATE),
        *(case for case in chain(GENERATE) if case.option != "--softmax"),
        skip(GENERATE),
        mapped(GENERATE),
        Case("--dataflow", "flat-h,base", GENERATE, "dataflows", ["flat-h", "base"], more=WORKLOAD),
        Case("--templates", "mine", GENERATE, "templates", Path("mine"), more=WORKLOAD),
        Case("--mapper", "search_size=7", GENERATE, "mapper", MapperSettings(search_size=7), more=WORKLOAD),
        beside=["-o", "out"],
    ),
    *of("generate", Case("--output", "there", GENERATE, "output", Path("there"), more=WORKLOAD)),
    *of(
        "search",
        *common(SEARCH),
        Case("--dataflow", "flat-h,base-opt", SEARCH, "dataflows", ["flat-h", "base-opt"], more=WORKLOAD),
        Case("--objective", "traffic", SEARCH, "objective", "traffic", more=WORKLOAD),
        Case("--factors", "imperfect", SEARCH, "factors", "imperfect", more=WORKLOAD),
        Case("--space", "mine.yaml", SEARCH, "space", "mine.yaml", more=WORKLOAD),
        Case("--softmax", "free", SEARCH, "softmax", "free", more=WORKLOAD),
        Case("--latent", "absorbed", SEARCH, "latent", "absorbed", more=WORKLOAD),
        Case("--proof", None, PROOF, "proof", True, more=WORKLOAD, before={SEARCH: None}),
        Case("--pareto", "energy-latency", PARETO, "front", "energy-latency", more=WORKLOAD),
        Case("--output", "best.yaml", SAVE, "file", Path("best.yaml"), more=WORKLOAD, before={SEARCH: Found}),
    ),
    *of(
        "search",
        Case("--certificate", "proof.json", SEARCH, "certificate", Path("proof.json"), more=WORKLOAD),
    ),
    *of(
        "check",
        *workload(CHECK),
        Case("--seq", "128", CHECK, "seq", 128, more=WORKLOAD),
        Case("--queries", "4", CHECK, "workload", DECODING, more=["--model", "gpt2"]),
        Case("--mask", "full", CHECK, "mask", "full", more=WORKLOAD),
        Case("--batch", "3", CHECK, "batch", 3, more=WORKLOAD),
        Case("--arch", "cloud", CHECK, "architecture", "cloud"),
        Case("--set", "buffer_kb=1024", CHECK, "architecture", LARGER, more=["--arch", "edge"]),
        Case("--ert", "ert.yaml", CHECK, "ert", Path("ert.yaml"), more=["--arch", "edge"]),
        Case("--estimator", "recorded", CHECK, "estimator", "recorded", more=["--arch", "edge"]),
        Case("--tolerance", "0.01", CHECK, "tolerance", 0.01),
        beside=["proof.json"],
    ),
    *of(
        "explore",
        Case("--output", "out", EXPLORE, "output", Path("out")),
        Case("--jobs", "3", EXPLORE, "jobs", 3),
        Case("--vary", "energies=±20%", EXPLORE, "vary", "energies=±20%"),
        Case("--every", None, EXPLORE, "every", True),
        Case("--cluster", "tcp://here:1", EXPLORE, "cluster", "tcp://here:1"),
        Case("--cluster-options", "cores=2", EXPLORE, "cluster_options", {"cores": "2"}),
        beside=["design.yaml"],
    ),
    *of(
        "solve",
        *workload(SOLVE),
        Case("--part", "vision", SOLVE, "workload", 64, more=["--config", "PARTS"]),
        Case("--seq", "128", SOLVE, "seq", 128, more=WORKLOAD),
        Case("--queries", "4", SOLVE, "queries", 4, more=WORKLOAD),
        Case("--mask", "causal", SOLVE, "mask", "causal", more=WORKLOAD),
        Case("--batch", "3", SOLVE, "batch", 3, more=WORKLOAD),
        Case("--bits", "K=8", SOLVE, "bits", "K=8", more=WORKLOAD),
        Case("--arch", "cloud", SOLVE, "architecture", "cloud", more=WORKLOAD),
        Case("--set", "buffer_kb=1024", SOLVE, "set", {"buffer_kb": 1024}, more=WORKLOAD),
        Case("--estimator", "recorded", SOLVE, "estimator", "recorded", more=WORKLOAD),
        Case("--dataflow", "flat-h", SOLVE, "dataflow", ["flat-h"], more=WORKLOAD),
        Case("--factors", "imperfect", SOLVE, "factors", "imperfect", more=WORKLOAD),
        Case("--softmax", "free", SOLVE, "softmax", "free", more=WORKLOAD),
        Case("--level", "block", SOLVE, "level", "block", more=WORKLOAD),
        Case("--objective", "energy", SOLVE, "objective", "energy", more=WORKLOAD),
        Case("--until", "cycles < 9", SOLVE, "until", "cycles < 9", more=WORKLOAD),
        Case("--where", "cycles < 9", SOLVE, "where", "cycles < 9", more=WORKLOAD),
        Case("--values", "1..9", SOLVE, "values", "1..9", more=WORKLOAD),
        Case("--every", None, SOLVE, "every", True, more=WORKLOAD),
        Case("--output", "out", SOLVE, "output", Path("out"), more=WORKLOAD),
        Case("--jobs", "3", SOLVE, "jobs", 3, more=WORKLOAD),
        Case("--over", "seq=64,128", "flat_plugin.api.solve_over", "name", "seq", more=WORKLOAD),
        Case("--over", "batch=1,2", "flat_plugin.api.solve_over", "among", "1,2", more=WORKLOAD),
        beside=["buffer_kb"],
    ),
    *of(
        "model",
        Case("--estimator", "recorded", "flat_plugin.api.evaluate_mapping", "estimator", "recorded"),
        Case("--set", "buffer_kb=8", "flat_plugin.api.evaluate_mapping", "set", {"buffer_kb": 8}),
        Case("--bits", "Weights=4", "flat_plugin.api.evaluate_mapping", "bits", "Weights=4"),
        beside=["a.yaml", "p.yaml", "m.yaml"],
    ),
    *of(
        "run",
        Case("--output", "out", RUN, "output", Path("out")),
        Case("--jobs", "3", RUN, "jobs", 3, more=["-o", "out"]),
        Case("--engine", "auto", RUN, "engine", "auto", more=["-o", "out"]),
        Case("--retry-failed", None, RUN, "retry_failed", True, more=["-o", "out"]),
        Case("--cluster", "tcp://here:1", RUN, "cluster", "tcp://here:1", more=["-o", "out"]),
        Case("--cluster-options", "cores=2", RUN, "cluster_options", {"cores": "2"}, more=["-o", "out"]),
        Case(
            "--strict",
            None,
            "flat_plugin.batch.batch.BatchResult.wrong",
            "strict",
            True,
            more=["-o", "out"],
            before={RUN: BatchResult(Path("out"), (), (), 0)},
        ),
        Case("--dry-run", None, PLAN, "sweep", Path("sweep.yaml")),
        beside=["sweep.yaml"],
    ),
    *of(
        "report",
        Case("--output", "page.html", "flat_plugin.report.write.write_page", "path", Path("page.html")),
        Case("--by", "model,arch", SUMS, "by", ["model", "arch"]),
        Case("--metric", "cycles", SUMS, "metric", "cycles", more=["--by", "model"]),
        Case("--weight", "layers", SUMS, "weight", "layers", more=["--by", "model"]),
        Case("--pivot", "model", SPREAD, "column", "model", more=["--by", "model"], before=SUMMED),
        Case("--stat", "most", SPREAD, "statistic", "most", more=PIVOTED, before=SUMMED),
        Case("--sort", "-mean", ORDER, "column", "-mean", more=["--by", "model"], before=SUMMED),
        Case("--top", "3", ORDER, "top", 3, more=["--by", "model"], before=SUMMED),
        Case("--baseline", "arch=edge", ROWS, "baseline", Baseline("architecture", "edge"), more=["--json"]),
        Case("--table", "levels", ROWS, "name", "levels", more=["--json"]),
        Case("--csv", "a.csv", "flat_plugin.report.export.write_csv", "path", Path("a.csv")),
        Case("--parquet", "a.pq", "flat_plugin.report.export.write_parquet", "path", Path("a.pq")),
        Case("--figures", "out", "flat_plugin.report.write.write_figures", "folder", Path("out")),
        beside=["runs"],
    ),
    *of(
        "compare",
        *workload(COMPARE),
        *shape(COMPARE),
        *machine(COMPARE),
        *chain(COMPARE),
        skip(COMPARE),
        Case("--latent", "absorbed", COMPARE, "latent", "absorbed", more=WORKLOAD),
        Case("--dataflow", "flat-h", COMPARE, "dataflow", "flat-h"),
        Case("--level", "block", COMPARE, "level", "block"),
        Case("--engine", "auto", COMPARE, "engine", "auto"),
        Case("--time-limit", "7", COMPARE, "time_limit", 7.0, more=["--engine", "auto"]),
        Case("--space", "weight-stationary", COMPARE, "space", "weight-stationary", more=WORKLOAD),
        mapped(COMPARE),
        Case("--causes", "3", TABLE, "causes", 3, before={COMPARE: None}),
        beside=["edge", "cloud"],
    ),
    *of(
        "reproduce",
        Case("--experiment", "share", REPRODUCE, "experiment", "share"),
        Case("--assumptions", "ours", REPRODUCE, "assumptions", "ours"),
        Case("--jobs", "3", REPRODUCE, "jobs", 3),
        Case(
            "--output",
            "out",
            "flat_plugin.paper.reproduce.write_reproduction",
            "folder",
            Path("out"),
            before={REPRODUCE: None},
        ),
    ),
    *of(
        "validate",
        Case("--data", "tables", VALIDATE, "data", Path("tables")),
        Case("--experiment", "rtl", VALIDATE, "experiment", "rtl"),
        Case("--rows", None, ERRORS, "every_row", True, before={VALIDATE: None}),
    ),
    *of(
        "energy",
        Case("--arch", "cloud", ENERGY, "architecture", "cloud"),
        changed("--set", ENERGY),
        Case("--estimator", "recorded", ENERGY, "estimator", "recorded"),
        Case("--output", "out", ENERGY, "output", Path("out")),
        Case("--keep", "out", ENERGY, "keep", Path("out")),
        Case("--time-limit", "7", ENERGY, "time_limit", 7.0),
        Case("--compare", "recorded,accelergy", "flat_plugin.api.compare_energy", "second", "accelergy"),
        Case("--template", None, TEMPLATE, "output", Path("out"), more=["-o", "out"]),
    ),
    *of(
        "show",
        Case("--arch", "cloud", SHOW, "architecture", "cloud"),
        changed("--set", SHOW, more=["edge"]),
        Case("--ert", "ERT", SHOW, "ert", Path("ERT")),
        Case("--estimator", "recorded", SHOW, "estimator", "recorded"),
    ),
]


@cache
def program(*names: str) -> Any:
    """The command line with some of its commands; made once, as it takes longer than any case."""
    return typer.main.get_command(app_of(names))


def commands() -> dict[str, Any]:
    return dict(program(*COMMANDS).commands)


def options(command: Any) -> set[str]:
    found = [max(each.opts, key=len) for each in command.params if each.param_type_name == "option"]
    return set(found) - {"--help"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_option_reaches_its_function(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "CONFIG").write_text(BERT)
    (tmp_path / "PARTS").write_text(PARTS)
    (tmp_path / "MIX").write_text("mix: {model: gpt2, decode: [{requests: 2, seq: 64}]}")
    for name, answer in (READ | case.before).items():
        monkeypatch.setattr(name, lambda *arguments, answer=answer, **options: answer)
    monkeypatch.setattr(case.target, asks(locate(case.target)))  # type: ignore[arg-type]
    with pytest.raises(Asked) as asked:
        program(case.command[0])([*case.command, *case.more, *case.typed], prog_name="flat")
    value = asked.value.given[case.argument]
    assert (value.hidden if case.option in ("--config", "--part") else value) == case.value


def test_every_option_is_among_them() -> None:
    tested = {name: {case.option for case in CASES if case.command[0] == name} for name in commands()}
    tested["compare"].add("--trace")  # a file that is read: tests/question/test_trace_answer.py
    assert {name: options(command) - {"--json"} for name, command in commands().items()} == tested


def test_every_command_has_a_machine_readable_form() -> None:
    spoken = set(commands()) - {"mcp"}  # a protocol of its own
    assert all("--json" in options(commands()[name]) for name in spoken)


BERT = """{"model_type": "bert", "hidden_size": 768, "num_attention_heads": 12, "num_hidden_layers": 12,
"intermediate_size": 3072, "max_position_embeddings": 512}"""
PARTS = """{"model_type": "clip", "text_config": {}, "vision_config": {"hidden_size": 64,
"num_attention_heads": 4}}"""
