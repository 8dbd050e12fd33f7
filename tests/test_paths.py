"""What is at a path, whatever the path is."""

from pathlib import Path

import pytest

from flat_plugin.paths import exists, is_file, is_folder


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert (exists(file), is_file(file), is_folder(file)) == (True, True, False)
    assert (exists(tmp_path), is_file(tmp_path), is_folder(tmp_path)) == (True, False, True)


@pytest.mark.parametrize(
    "name", ["missing", "x" * 5000, "a\0b", "\ud800"], ids=["missing", "long", "nul", "half"]
)
def test_nothing_is_at_a_path_that_cannot_be(tmp_path: Path, name: str) -> None:
    assert not exists(tmp_path / name) and not is_file(tmp_path / name) and not is_folder(tmp_path / name)
