"""``python -m flat_plugin`` is the command ``flat``."""

import runpy
import sys

import pytest


def test_it_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["flat", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("flat_plugin", run_name="__main__")
    assert not ended.value.code
    assert capsys.readouterr().out.startswith("flat-plugin ")


def test_nothing_runs_where_it_is_only_imported() -> None:
    assert "main" in runpy.run_module("flat_plugin.__main__", run_name="imported")
