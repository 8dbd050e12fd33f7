"""A template's name and its values to text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.timeloop.render import render
from flat_plugin.workload.einsum import Einsum


def test_values_go_into_the_template_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "problem.yaml.j2").write_text("problem: {{ name }}\n")
    assert render("problem.yaml.j2", tmp_path, name="logit") == "problem: logit\n"


def test_what_the_folder_has_not_is_the_packages(tmp_path: Path, logit: Einsum) -> None:
    (tmp_path / "mapper.yaml.j2").write_text("none\n")
    values: dict[str, Any] = {"einsum": logit, "title": "a title", "name": "logit"}
    ours = render("problem.yaml.j2", **values)
    assert ours.startswith("# a title\n") and render("problem.yaml.j2", tmp_path, **values) == ours


def test_a_name_that_is_not_given_is_refused(tmp_path: Path) -> None:
    (tmp_path / "problem.yaml.j2").write_text("\n{{ name }}")
    with pytest.raises(FlatError, match="problem.yaml.j2: line 2: .*'name' is undefined"):
        render("problem.yaml.j2", tmp_path)


def test_no_command_waits_for_jinja_that_writes_nothing() -> None:
    script = "import sys, flat_plugin.timeloop.render; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
