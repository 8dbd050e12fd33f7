"""All files or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.timeloop.write import write_files

FILES = {"a.yaml": "a: ü\n", "b.yaml": "b: 2\n"}


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_new_folder(tmp_path: Path) -> None:
    write_files(FILES, tmp_path / "one" / "two")
    assert content(tmp_path / "one" / "two") == FILES
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["two"]


def test_replaces_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a.yaml").write_text("old")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    write_files(FILES, tmp_path / "run")
    assert content(tmp_path / "run") == {**FILES, "notes.txt": "mine"}


@pytest.mark.parametrize("before", [{}, {"a.yaml": "old"}, {"b.yaml": "old"}])
def test_failure_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, str]
) -> None:
    folder = tmp_path / "run"
    if before:
        write_files(before, folder)
    real = os.replace

    def failing(source: Path, target: Path) -> None:
        if Path(target).name == "b.yaml" and "new" in Path(source).parts:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(FlatError, match="No space left"):
        write_files(FILES, folder)
    assert (content(folder) if folder.exists() else {}) == before
    assert [path.name for path in tmp_path.iterdir()] == (["run"] if before else [])


def test_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(FlatError, match="a file is in the place of a folder"):
            write_files(FILES, folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    with pytest.raises(FlatError, match="a folder is in the place of a file"):
        write_files(FILES, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize("name", ["", "..", "../a", "a/b", "/etc/a", "a\0"])
def test_not_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(FlatError, match="not a file name"):
        write_files({name: ""}, tmp_path)
