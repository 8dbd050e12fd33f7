"""What cannot be answered is refused in one line, before anything is printed or written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flat_plugin.cli import app
from flat_plugin.errors import FlatError
from flat_plugin.workload import parse_attention

LAYER = ["--attention", "B=1,H=2,M=64,N=64,D=16"]


def refused(*arguments: object) -> str:
    answer = CliRunner().invoke(app, [str(each) for each in arguments])
    assert isinstance(answer.exception, FlatError), answer.exception or answer.output
    assert answer.stdout == ""
    return str(answer.exception)


@pytest.mark.parametrize("command", ["estimate", "explain", "generate", "search"])
@pytest.mark.parametrize("named", ["", " , "])
def test_no_dataflow_at_all(command: str, named: str, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "out"] if command == "generate" else []
    assert "--dataflow: nothing is named" in refused(command, *LAYER, "--dataflow", named, *output)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["estimate", "explain", "generate", "search"])
def test_a_dataflow_named_twice(command: str, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "out"] if command == "generate" else []
    said = refused(command, *LAYER, "--dataflow", "flat-h,,base,flat-h", *output)
    assert "--dataflow: flat-h is named twice" in said


@pytest.mark.parametrize(("option", "value"), [("--seq", "77"), ("--batch", "3")])
@pytest.mark.parametrize("command", ["estimate", "explain", "search"])
def test_sizes_by_hand_have_their_own_length_and_batch(command: str, option: str, value: str) -> None:
    assert f"{option[2:]}: a layer that is given by its sizes" in refused(command, *LAYER, option, value)


def test_no_sizes_at_all() -> None:
    assert "attention: no sizes; expected B, H, M and D" in refused("estimate", "--attention", "")
    assert refused("estimate", "--model", "bert-base", "--batch", "0").startswith("batch: ")


def test_a_mapping_of_another_size(mapping: Path) -> None:
    other = "B=1,H=2,M=32,N=64,D=16"
    for command in ("estimate", "explain"):
        said = refused(command, "--attention", other, "--mapping", mapping)
        assert said.startswith(f"{mapping}: fused_mapping.operators.logit: the mapping is for another size")
        assert "(got 'M=64'); expected M=32, or the size that the mapping is for (--seq" in said


def test_a_timeloop_mapping_of_another_size(mapping: Path) -> None:
    from flat_plugin import generate

    generate(parse_attention("B=1,H=2,M=32,N=64,D=16"), "edge", ["flat-r16"], mapping.parent / "other")
    files = mapping.parent / "logit", mapping.parent / "other" / "flat-r16" / "logit" / "mapping.yaml"
    said = refused("model", files[0] / "architecture.yaml", files[0] / "problem.yaml", files[1])
    assert said.startswith(
        f"{files[1]}: mapping.M: the factors of dimension M multiply to 32 (DRAM temporal 2, "
    )
    assert said.endswith("but its bound in logit is 64")


@pytest.mark.parametrize("command", ["estimate", "explain", "search"])
def test_queries_are_of_models(command: str) -> None:
    assert "--queries: sizes by hand have their own" in refused(command, *LAYER, "--queries", 1)
    asked = [command, "--model", "bert-base", "--seq", 16, "--queries", 17]
    assert "at most the 16 keys" in refused(*asked)
    assert "queries: a size must be" in refused(*asked[:-1], 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["buffer=1"], "--set buffer: unknown override (got 1); expected buffer_kb, buffer_words_per_cycle"),
        (["buffer_kb=-1"], "--set buffer_kb: bad value (got -1); expected a number above 0"),
        (["pes=64"], "--set pes: bad number of PEs"),
        (["pes=[64, 64"], "--set: a change that cannot be read"),
        (["buffer_kb"], "--set: a change that cannot be read"),
        (["=1"], "--set: a change that cannot be read"),
        (["buffer_kb=1\npes: 2"], "--set: a change that cannot be read"),
        (["buffer_kb=1024", "buffer_kb=2048"], "--set buffer_kb: given twice"),
    ],
)
@pytest.mark.parametrize("command", ["estimate", "explain", "generate", "search", "energy"])
def test_changes_that_cannot_be_made(command: str, changes: list[str], said: str, tmp_path: Path) -> None:
    more = {"generate": [*LAYER, "-o", tmp_path / "out"], "energy": []}.get(command, LAYER)
    asked = [part for change in changes for part in ("--set", change)]
    assert said in refused(command, *more, *asked)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--set", "buffer_kb=1024"), ("--queries", "1"), ("--bits", "K=8")]
)
def test_two_results_are_compared_as_they_are(option: str, value: str) -> None:
    assert f"{option}: does nothing here" in refused("compare", "edge", "cloud", option, value)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    from flat_plugin import generate

    generate(parse_attention(LAYER[1]), "edge", ["flat-r16"], tmp_path)
    return tmp_path / "flat-r16" / "fused_mapping.yaml"


@pytest.mark.parametrize("command", ["estimate", "explain", "generate"])
@pytest.mark.parametrize(("option", "value"), [("--dataflow", "flat-r16,base"), ("--stage", "K,V,S")])
def test_a_mapping_has_its_own_dataflow_and_staging(
    command: str, option: str, value: str, mapping: Path, tmp_path: Path
) -> None:
    output = ["-o", tmp_path / "out"] if command == "generate" else []
    asked = command, *LAYER, "--mapping", mapping, *output
    assert f"{option[2:]}" in refused(*asked, option, value)
    assert not (tmp_path / "out").exists()
    assert CliRunner().invoke(app, list(map(str, asked))).exit_code == 0


def test_a_mapping_is_explained_once(mapping: Path) -> None:
    asked = ["explain", *LAYER, "--mapping", str(mapping), "--json"]
    assert len(json.loads(CliRunner().invoke(app, asked).stdout)) == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [("--estimator", "recorded"), ("-o", "out"), ("--keep", "out"), ("--time-limit", "5")],
)
def test_two_estimators_are_compared_and_no_more(option: str, value: str) -> None:
    said = refused("energy", "--compare", "recorded,recorded", option, value)
    assert "does nothing here" in said and "no --" in said and "with --compare" in said


@pytest.mark.parametrize("command", [["energy"], ["estimate", *LAYER, "--engine", "auto"]])
@pytest.mark.parametrize("seconds", ["-1", "0", "nan", "inf"])
def test_a_time_limit_is_above_0(command: list[str], seconds: str) -> None:
    said = refused(*command, "--time-limit", seconds)
    assert "bad time limit" in said or "time_limit: not of the right kind" in said


def test_the_native_engine_has_no_time_limit() -> None:
    assert "--time-limit" in refused("estimate", *LAYER, "--time-limit", "5")


def test_a_front_has_no_objective() -> None:
    assert "--objective" in refused("search", *LAYER, "--pareto", "energy-latency", "--objective", "latency")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--metric", "cycles"],
            "--metric: does nothing here (got 'cycles'); expected no --metric without",
        ),
        (["--weight", "layers", "--csv", "runs.csv"], "--weight"),
        (["--table", "levels"], "--table"),
        (["--table", "levels", "--figures", "figures"], "--table"),
    ],
)
def test_a_report_uses_what_it_is_given(options: list[str], said: str, tmp_path: Path) -> None:
    assert said in refused("report", tmp_path, *options)


@pytest.mark.parametrize("option", ["--seq", "--batch", "--arch", "--softmax", "--ert"])
def test_an_option_of_one_value_is_given_once(option: str) -> None:
    assert f"{option}: given twice" in refused("estimate", "--model", "gpt2", option, 1, option, 2)


def test_an_option_may_be_repeated_where_it_adds_up() -> None:
    asked = ["estimate", *LAYER, "--dataflow", "base", "--dataflow", "flat-h", "--set", "buffer_kb=64"]
    answer = CliRunner().invoke(app, [*asked, "--set", "softmax_lanes=64", "--json", "--json"])
    assert len(json.loads(answer.stdout)) == 2
