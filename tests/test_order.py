"""Tests do not depend on their order: what the package remembers is not of another test's patches."""

from flat_plugin.mapping import named
from flat_plugin.mapping.named import list_dataflows

FILE = "dataflow: {name: mine, fused: false}"


def test_what_is_patched_is_read_anew(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(FILE)
    assert "mine" not in {flow.name for flow in list_dataflows()}
    monkeypatch.setattr(named, "resource_folder", lambda _: tmp_path)
    assert {flow.name for flow in list_dataflows()} == {"mine"}


def test_afterwards_it_is_as_before():
    assert "mine" not in {flow.name for flow in list_dataflows()}
