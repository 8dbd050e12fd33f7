"""Templates of the user's own, and mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.timeloop import emit_operator, render
from flat_plugin.workload.einsum import Einsum


def test_override(tmp_path: Path, logit: Einsum, edge: Architecture, row_tiles: OperatorMapping) -> None:
    text = "mapper: {algorithm: {{ mapper.algorithm }}}  # mine\n"
    (tmp_path / "mapper.yaml.j2").write_text(text)
    files = emit_operator(logit, edge, row_tiles, templates=tmp_path)
    assert files["mapper.yaml"] == "mapper: {algorithm: random_pruned}  # mine\n"
    assert files["problem.yaml"] == emit_operator(logit, edge, row_tiles)["problem.yaml"]


def test_override_includes_ours(
    tmp_path: Path, logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    text = "# mine\n{% include 'mapper.yaml.j2' %}"
    (tmp_path / "problem.yaml.j2").write_text(text)
    (tmp_path / "mapper.yaml.j2").write_text("problem: {name: {{ name }}}\n")
    files = emit_operator(logit, edge, row_tiles, templates=tmp_path)
    assert files["problem.yaml"] == "# mine\nproblem: {name: logit}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n{{ nonsense }}", r"problem.yaml.j2: line 2: .*'nonsense' is undefined"),
        ("{{ einsum.nonsense }}", "nonsense"),
        ("{% for %}", "line 1: "),
        ("{{ einsum | nonsense }}", "No filter named 'nonsense'"),
        ("{{ einsum.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ einsum | value }}", "cannot be written"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", "too big"),
        ("{% include 'none.j2' %}", "no such template .*none.j2"),
        ("{% include '../secret' %}", "no such template"),
    ],
)
def test_mistakes(
    tmp_path: Path, logit: Einsum, edge: Architecture, row_tiles: OperatorMapping, text: str, message: str
) -> None:
    (tmp_path / "problem.yaml.j2").write_text(text)
    with pytest.raises(FlatError, match=message):
        emit_operator(logit, edge, row_tiles, templates=tmp_path)


def test_not_text(tmp_path: Path) -> None:
    (tmp_path / "mapper.yaml.j2").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(FlatError, match="not a text file"):
        render("mapper.yaml.j2", tmp_path)


def test_no_such_folder(tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("no template")
    with pytest.raises(FlatError, match=r"no template in this folder; expected .*problem\.yaml\.j2"):
        render("mapper.yaml.j2", tmp_path)
    with pytest.raises(FlatError, match="no such folder of templates"):
        render("mapper.yaml.j2", tmp_path / "none")


def test_no_such_template() -> None:
    with pytest.raises(FlatError, match="no such template .*problem.yaml.j2"):
        render("none.yaml.j2")
