"""A set of files into a folder: all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from flat_plugin.errors import FlatError


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write ``files`` (name -> text) into ``folder``, which is made if need be.

    Everything is written to a temporary place in the folder and then moved; if a move fails,
    what the folder held before is put back. Other files in the folder stay.

    Raises:
        FlatError: a name that is not a plain file name, a path that leads through a file, a
            folder in the place of a file, or a folder that cannot be written.
    """
    folder = Path(folder)
    made: list[Path] = []
    try:
        _check(files, folder)
        made = _missing(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder) as place:
            _write(files, folder, Path(place))
    except BaseException as error:
        for path in made:
            with suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            raise FlatError(f"cannot be written: {error.strerror}", file=folder) from error
        if isinstance(error, ValueError):  # a lone surrogate, or a null byte in a path
            raise FlatError(f"cannot be written: {error}", file=folder) from error
        raise


def _write(files: Mapping[str, str], folder: Path, place: Path) -> None:
    new, old = place / "new", place / "old"
    new.mkdir()
    old.mkdir()
    for name, text in files.items():
        (new / name).write_text(text, encoding="utf-8", newline="\n")
    _move(list(files), new, old, folder)


def _move(names: list[str], new: Path, old: Path, folder: Path) -> None:
    saved: list[str] = []
    moved: list[str] = []
    try:
        for name in names:
            if (folder / name).exists():
                shutil.copy2(folder / name, old / name)
                saved.append(name)
            os.replace(new / name, folder / name)
            moved.append(name)
    except BaseException:
        for name in saved:
            os.replace(old / name, folder / name)
        for name in set(moved) - set(saved):
            (folder / name).unlink(missing_ok=True)
        raise


def _check(files: Mapping[str, str], folder: Path) -> None:
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise FlatError("a file is in the place of a folder", file=path)
    for name in files:
        if not name or name in (".", "..") or "\0" in name or Path(name).name != name:
            raise FlatError("not a file name", value=name, expected="a name without a folder")
        if (folder / name).is_dir():
            raise FlatError("a folder is in the place of a file", file=folder / name)


def _missing(folder: Path) -> list[Path]:
    """The folders that do not exist yet, innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]
