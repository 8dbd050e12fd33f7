"""The two ways to Timeloop: which is taken, with which command, and what tells its build."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from flat_plugin.engines import timeloop_calls
from flat_plugin.engines.timeloop_calls import Programs, Pytimeloop, find_way
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramError, ProgramMissing

Put = Callable[[str, str], Path]
MODEL, MAPPER = "timeloop-model", "timeloop-mapper"


@pytest.fixture
def pytimeloop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, in this Python."""
    monkeypatch.setattr(timeloop_calls, "pytimeloop_python", lambda: sys.executable)


def test_programs_come_first(programs: Put, pytimeloop: None) -> None:
    programs(MODEL, "")
    assert find_way() == find_way("binary") == Programs()
    assert find_way("pytimeloop") == Pytimeloop(sys.executable)


def test_pytimeloop_calls_the_programs_too(programs: Put, pytimeloop: None) -> None:
    for via in (None, "pytimeloop"):
        with pytest.raises(ProgramMissing, match="calls timeloop-model, which is not on PATH"):
            find_way(via)


@pytest.mark.parametrize(
    ("via", "said"),
    [
        (None, "timeloop-model is not on PATH and pytimeloop is not installed here, nor named by FLAT_"),
        ("binary", "^timeloop-model is not on PATH; `flat doctor` says how"),
        ("pytimeloop", "^pytimeloop is not installed here"),
    ],
)
def test_a_way_that_is_not_here(
    programs: Put, via: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeloop_calls, "pytimeloop_python", lambda: None)
    with pytest.raises(ProgramMissing, match=said):
        find_way(via)


def test_there_are_two_ways() -> None:
    with pytest.raises(
        FlatError, match="via: unknown way to Timeloop .got 'docker'.; expected binary or pytimel"
    ):
        find_way("docker")


def test_commands_of_the_programs(programs: Put) -> None:
    model, mapper = programs(MODEL, ""), programs(MAPPER, "")
    inputs = ["architecture.yaml", "problem.yaml", "ERT.yaml", "ART.yaml"]
    assert Programs().command(MODEL) == [str(model), *inputs, "mapping.yaml", "-o", "."]
    assert Programs().command(MAPPER) == [str(mapper), *inputs, "constraints.yaml", "mapper.yaml", "-o", "."]
    assert Programs().files == {} and not Programs().needs_plain_folder
    assert Programs().scratch() == tempfile.gettempdir()


def test_commands_of_pytimeloop() -> None:
    way = Pytimeloop("/a/python")
    inputs = ["architecture.timeloopfe.yaml", "problem.yaml"]
    start = ["/a/python", "pytimeloop_call.py"]
    assert way.command(MODEL) == [*start, "call_model", *inputs, "mapping.timeloopfe.yaml"]
    assert way.command(MAPPER) == [
        *start,
        "call_mapper",
        *inputs,
        "constraints.timeloopfe.yaml",
        "mapper.yaml",
    ]
    assert way.needs_plain_folder
    assert "def main()" in way.files["pytimeloop_call.py"]


def test_answers_depend_on_the_build_and_not_on_its_place(
    programs: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = programs(MODEL, "")
    identity, tool = Programs().identity(MODEL), Programs().tool(MODEL)
    assert identity.startswith("timeloop-model ") and str(first) not in identity and str(first) in tool
    (tmp_path / "other").mkdir()
    first.rename(tmp_path / "other" / MODEL)
    monkeypatch.setenv("PATH", str(tmp_path / "other"))
    assert Programs().identity(MODEL) == identity and Programs().tool(MODEL) != tool
    (tmp_path / "other" / MODEL).write_text("#!/bin/sh\n")
    assert Programs().identity(MODEL) != identity


@pytest.mark.parametrize(
    ("version", "said"), [("3.1", "pytimeloop 3.1"), (None, "pytimeloop of unknown version")]
)
def test_a_build_of_pytimeloop_is_its_version_and_that_of_the_program(
    programs: Put, version: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(MODEL, "")
    monkeypatch.setattr(timeloop_calls, "python_package", lambda python, name: version)
    way = Pytimeloop("/a/python")
    assert way.identity(MODEL) == f"{said}, {Programs().identity(MODEL)}"
    assert way.tool(MODEL) == f"{said} (/a/python), {Programs().tool(MODEL)}"


def test_a_program_that_is_not_here(programs: Put) -> None:
    for ask in (Programs().command, Programs().tool, Programs().identity):
        with pytest.raises(ProgramMissing, match="timeloop-mapper is not on PATH"):
            ask(MAPPER)


@pytest.mark.parametrize(
    ("name", "chosen"), [("plain-1.0", "plain-1.0"), ("with space", "/tmp"), ("a;b", "/tmp")]
)
def test_pytimeloop_runs_where_a_shell_reads_nothing_into_the_name(
    name: str, chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))
    assert Pytimeloop("python").scratch().endswith(chosen)
    assert Programs().scratch() == str(tmp_path / name)


def test_no_such_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/with space")
    monkeypatch.setattr(Path, "is_dir", lambda self: False)
    with pytest.raises(ProgramError, match="TMPDIR: pytimeloop needs a temporary folder .*'/with space'"):
        Pytimeloop("python").scratch()
