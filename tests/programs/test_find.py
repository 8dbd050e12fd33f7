"""Which programs and packages are here, and which build they are."""

import sys

from flat_plugin.programs.find import (
    build,
    described,
    find_program,
    python_module,
    python_package,
    python_with,
    script_python,
    sources_checksum,
)


def test_a_program_on_path(programs):
    path = programs("tool", "print('here')")
    assert find_program("tool") == str(path)
    assert find_program("another") is None


def test_a_build_is_told_by_its_content_not_by_its_place(programs, tmp_path):
    path = programs("tool", "print('here')")
    copy = tmp_path / "tool"
    copy.write_bytes(path.read_bytes())
    assert build(str(path)) == build(str(copy)) != ""
    assert described(str(path)) == f"tool ({path}, sha256 {build(str(path))})"
    copy.write_text("something else")
    assert build(str(copy)) != build(str(path))
    assert build(str(tmp_path / "none")) == ""


def test_packages_of_another_python():
    assert python_package(sys.executable, "numpy")
    assert python_package(sys.executable, "no-such-package") is None
    assert python_package("/no/such/python", "numpy") is None
    assert python_module(sys.executable, "json").endswith("__init__.py")


def test_a_variable_names_the_python_that_has_a_package(monkeypatch):
    monkeypatch.delenv("SOME_PYTHON", raising=False)
    assert python_with("numpy", "SOME_PYTHON") == sys.executable
    assert python_with("no_such_package", "SOME_PYTHON") is None
    monkeypatch.setenv("SOME_PYTHON", "/no/such/python")
    assert python_with("numpy", "SOME_PYTHON") is None


def test_the_python_of_a_script(tmp_path):
    script = tmp_path / "script"
    for line, python in (
        ("#!/usr/bin/python3", "/usr/bin/python3"),
        ("#!/usr/bin/env python3", None),  # its words are a command, not a program
        ("#!/bin/sh", None),
        ("import json", None),
    ):
        script.write_text(line + "\n")
        assert script_python(str(script)) == python
    assert script_python(str(tmp_path / "none")) is None


def test_sources_are_told_by_names_and_content(tmp_path):
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "notes.txt").write_text("1")
    first = sources_checksum(str(tmp_path), (".py",))
    (tmp_path / "notes.txt").write_text("2")
    assert sources_checksum(str(tmp_path), (".py",)) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert sources_checksum(str(tmp_path), (".py",)) != first
