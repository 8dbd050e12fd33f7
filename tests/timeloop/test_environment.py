"""Templates of the user's own, and mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.timeloop.emit import emit_operator
from flat_plugin.timeloop.render import render
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
        ("{{ einsum.words(einsum.output) }}", "not safely callable"),
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


DOUBLED = "{% set n = namespace(x=START) %}{% for i in range(60) %}{% set n.x = MORE %}{% endfor %}"


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(10 ** 9) %}{% endfor %}",
        "{% for i in range(50000) %}{% for k in range(50000) %}{% endfor %}{% endfor %}",
        "{{ range(10 ** 9) | list | length }}",
        "{{ 10 ** 9 in range(10 ** 12) }}",
        "{% for i in range(9000) %}{% set s %}" + 1000 * "x" + "{% endset %}{{ s }}{% endfor %}",
        "{% set s %}{% for i in range(99999) %}" + 100_000 * "x" + "{% endfor %}{% endset %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% block b %}{{ self.b() }}{{ self.b() }}{% endblock %}",
        "{% include 'problem.yaml.j2' %}{% include 'problem.yaml.j2' %}",
        DOUBLED.replace("START", "'xy'").replace("MORE", "n.x ~ n.x"),
        DOUBLED.replace("START", "[1]").replace("MORE", "[n.x, n.x]") + "{{ n.x | value }}",
        DOUBLED.replace("START", "(1, 2)").replace("MORE", "(n.x, n.x)") + "{{ {n.x: 1} | value }}",
        DOUBLED.replace("START", "[1]").replace("MORE", "[n.x, n.x]") + "{{ n.x == [n.x, n.x] }}",
        DOUBLED.replace("START", "(1, 2)").replace("MORE", "(n.x, n.x)") + "{{ {}[n.x] }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'x'.zfill(10 ** 9) }}",
        "{{ 'x' | center(10 ** 9) }}",
        "{% for i in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
        30 * "{% for i in [1] %}" + 30 * "{% endfor %}",
        "{{ " + 400 * "(" + "1" + 400 * ")" + " }}",
        "{{ einsum.dimensions.__len__() }}{{ mapper.__init__.__globals__ }}",
        "{{ components.append(1) }}",
    ],
)
def test_what_would_not_end_is_refused(
    tmp_path: Path, logit: Einsum, edge: Architecture, row_tiles: OperatorMapping, text: str
) -> None:
    (tmp_path / "problem.yaml.j2").write_text(text)
    with pytest.raises(FlatError, match=r"problem\.yaml\.j2: "):
        emit_operator(logit, edge, row_tiles, templates=tmp_path)


def test_text_and_lists_within_bounds(tmp_path: Path) -> None:
    text = (
        "{% macro twice(x) %}{{ x ~ x }}{% endmacro %}{{ twice('a') | upper }} "
        "{% for i in range(3) %}{{ loop.index }}/{{ loop.length }} {% endfor %}"
        "{{ [3, 1] | sort | join(',') }} {{ 1 in [1, 2] }} {{ items | map('upper') | list }}"
    )
    (tmp_path / "mapper.yaml.j2").write_text(text)
    assert render("mapper.yaml.j2", tmp_path, items=["a"]) == "AA 1/3 2/3 3/3 1,3 True ['A']"


def test_a_folder_in_the_place_of_a_template(tmp_path: Path) -> None:
    (tmp_path / "problem.yaml.j2").write_text("")
    (tmp_path / "mapper.yaml.j2").mkdir()
    with pytest.raises(FlatError, match=r"mapper\.yaml\.j2: not a file"):
        render("problem.yaml.j2", tmp_path)


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
