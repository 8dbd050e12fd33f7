"""The accelerators that ship with the package: the FLAT paper's edge and cloud platforms."""

from __future__ import annotations

from pathlib import Path

from flat_plugin.architecture.dummies import without_dummies
from flat_plugin.architecture.files_beside import with_beside
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.read import read_architecture
from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.paths import exists, is_folder
from flat_plugin.resources import resource, resource_folder


def list_architectures() -> tuple[str, ...]:
    """Names of the presets."""
    folder = resource_folder("arch")
    return tuple(sorted(path.parent.name for path in folder.glob("*/arch.yaml")))


def preset_path(name: str) -> Path:
    """The folder of a preset: ``arch.yaml``, ``ERT.yaml`` and ``ART.yaml``."""
    if name not in list_architectures():
        raise FlatError("no such preset", value=name, expected=(*list_architectures(), "a file"))
    return resource("arch", name)


@checked
def find_architecture(name_or_path: str | Path) -> Architecture:
    """A preset by its name, or an architecture file (or a folder with an ``arch.yaml``); levels that hold
    nothing are left out (:func:`without_dummies`).

    Files of variables or constraints may follow after commas (``arch.yaml,variables.yaml``), beside the first
    or from the working directory.

    Raises:
        FlatError: there is no such file, or what is in it is wrong.
    """
    if not exists(Path(name_or_path)) and "," in str(name_or_path):
        return _of_several(str(name_or_path).split(","))
    if str(name_or_path) in list_architectures():
        return read_architecture(preset_path(str(name_or_path)) / "arch.yaml")
    return without_dummies(read_architecture(_file(name_or_path)))


def _of_several(names: list[str]) -> Architecture:
    first, *others = (name.strip() for name in names)
    path = preset_path(first) / "arch.yaml" if first in list_architectures() else _file(first)
    near = [path.parent / name for name in others]
    files = [beside if exists(beside) else Path(name) for beside, name in zip(near, others, strict=True)]
    hardware, ert, _ = with_beside(path, None, files)
    if ert is not None:
        raise FlatError("energies are not part of an architecture", value=ert, expected="--ert, or ert")
    return without_dummies(hardware)


def _file(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if is_folder(path):
        path = path / "arch.yaml"
    if not exists(path):
        raise FlatError(
            "no such architecture",
            value=str(name_or_path),
            expected=(*list_architectures(), "a file"),
        )
    return path
