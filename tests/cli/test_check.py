"""``flat search --certificate`` and ``flat check``: what is printed, and with which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flat_plugin.cli import app
from flat_plugin.errors import FlatError

ASKED = ["--model", "bert-base", "--seq", "512", "--arch", "edge"]
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("proof") / "proof.json"
    answer = CliRunner().invoke(app, ["search", *ASKED, "--objective", "traffic", "--certificate", str(file)])
    assert answer.exit_code == 0 and "Best by traffic" in answer.output
    return file


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, words)], env={"COLUMNS": "200"})


def test_a_certificate_that_holds_is_exit_code_0(proof: Path) -> None:
    answer = run(proof, *ASKED)
    assert answer.exit_code == 0
    assert (
        "Claim: its mapping has 1,572,864 words of the outermost memory, and no mapping of base-opt or"
        in answer.output
    )
    assert "It holds: the mapping costs what it says" in answer.output


def test_json_says_the_same(proof: Path) -> None:
    found = json.loads(run(proof, "--json").output)
    assert found["holds"] is True and found["reason"] is None and found["gap"] < 1e-11
    assert (found["objective"], found["value"], found["factors"]) == ("traffic", 1572864, "perfect")


def test_one_that_does_not_hold_is_exit_code_1(proof: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_text(proof.read_text().replace("1572864", "1572863"))
    answer = run(changed)
    assert answer.exit_code == 1
    assert "It does not hold: the file was changed after it was written: its digest differs" in answer.output
    assert json.loads(run(changed, "--json").output)["holds"] is False


def test_one_of_another_question_is_exit_code_1(proof: Path) -> None:
    answer = run(proof, "--model", "bert-base", "--seq", "1024")
    assert answer.exit_code == 1 and "it is of another layer" in answer.output


@pytest.mark.parametrize("text", ["{}", '{"certificate": {}}', "no: [certificate", ""])
def test_what_is_no_certificate_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    file.write_text(text)
    assert isinstance(run(file).exception, FlatError)


@pytest.mark.parametrize(
    "words",
    [
        ["--set", "buffer_kb=1024"],
        ["--seq", "512"],
        ["--queries", "1"],
        ["--batch", "2"],
        ["--ert", "ert.yaml"],
        ["--tolerance", "-1"],
        ["--tolerance", "nan"],
    ],
)
def test_what_says_nothing_is_refused(words: list[str], proof: Path) -> None:
    assert isinstance(run(proof, *words).exception, FlatError)


def test_a_certificate_has_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    answer = CliRunner().invoke(app, ["search", *ASKED, "-o", str(file), "--certificate", str(file)])
    assert "the mapping has this file" in str(answer.exception) and not file.exists()


def test_a_search_that_has_no_certificate_writes_none(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    for words in (
        ["--objective", "footprint"],
        ["--space", "weight-stationary"],
        ["--pareto", "energy-latency"],
    ):
        answer = CliRunner().invoke(app, ["search", *ASKED, *words, "--certificate", str(file)])
        assert isinstance(answer.exception, FlatError) and not file.exists()
