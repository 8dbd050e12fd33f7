"""What timeloopfe's templates may do with other files: ``include``, ``include_text``, ``add_to_path``.

A document of unknown origin reads YAML files only, so many and so deep, and learns nothing else of the
machine than where it lies itself.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.paths import exists, is_file, is_folder

MAX_FILES = 200  # of one document, with what those include
MAX_DEPTH = 10
SUFFIXES = (".yaml", ".yml", ".jinja", ".jinja2")

Load = Callable[[Path, "Includes"], dict[str, Any]]
LoadText = Callable[[Path, "Includes"], str]


class Includes:
    """What one document and all that it includes have in common: the folders to look in, the budget."""

    def __init__(self, outer: Includes | None = None) -> None:
        self.folders: list[Path] = list(outer.folders) if outer else []
        self.left: list[int] = outer.left if outer else [MAX_FILES]  # one number, shared with all inside
        self.depth: int = outer.depth + 1 if outer else 0

    def functions(
        self, file: Path | None, values: dict[str, Any], load: Load, load_text: LoadText
    ) -> dict[str, Callable[..., Any]]:
        """The functions of the template of ``file``; ``include`` puts what it loads into ``values``."""
        here = _Template(self, file)

        def keep(found: Any, indices: str) -> str:
            name = f"included_{len(values)}"
            values[name] = _inside(found, indices)
            return f"!include_loaded {name}"

        def include(name: Any, indices: Any = "") -> str:
            files = here.find(name)
            if len(files) > 1:
                raise FlatError("more than one file to include", value=name, expected="include_all")
            return keep(load(files[0], self._inner()), str(indices))

        def include_all(name: Any, indices: Any = "") -> str:
            loaded = [_inside(load(found, self._inner()), str(indices)) for found in here.find(name)]
            return keep([entry for one in loaded for entry in (one if isinstance(one, list) else [one])], "")

        return {
            "cwd": here.folder,
            "include": include,
            "include_all": include_all,
            "include_text": lambda name: "\n".join(load_text(f, self._inner()) for f in here.find(name)),
            "find_path": lambda name: str(here.find(name)[0]),
            "path_exists": here.exists,
            "add_to_path": here.add,
        }

    def _inner(self) -> Includes:
        """For a file that is included: what is left of the budget, one deeper."""
        self.left[0] -= 1
        if self.left[0] < 0:
            raise FlatError("too many files are included", expected=f"at most {MAX_FILES}")
        if self.depth >= MAX_DEPTH:
            raise FlatError("files include each other too deeply", expected=f"at most {MAX_DEPTH} levels")
        return Includes(self)


class _Template:
    """Where the template of one file looks for others."""

    def __init__(self, includes: Includes, file: Path | None) -> None:
        self.includes, self.file = includes, file

    def folder(self) -> str:
        """Of the file itself."""
        if self.file is None:
            raise FlatError("Jinja: only a file can include others", expected="a path, not text")
        return str(self.file.resolve().parent)

    def _places(self, name: Any) -> list[Path]:
        if not isinstance(name, str) or "\0" in name:
            raise FlatError("Jinja: a path must be text", value=name)
        return [folder / name for folder in (Path(self.folder()), *self.includes.folders)]

    def find(self, name: Any) -> list[Path]:
        """The YAML files of this name, which may be a pattern, in all folders."""
        places = [sorted(glob.glob(str(place))) for place in self._places(name)]
        files = dict.fromkeys(Path(path).resolve() for found in places for path in found)
        found = [file for file in files if is_file(file)]
        if not found:
            raise FlatError("no such file to include", value=name, expected="a path from the file's folder")
        if wrong := [path for path in found if path.suffix not in SUFFIXES]:
            raise FlatError("only YAML is included", value=str(wrong[0]), expected=", ".join(SUFFIXES))
        return found

    def exists(self, name: Any) -> bool:
        return any(exists(place) for place in self._places(name) if place.suffix in SUFFIXES)

    def add(self, name: Any) -> str:
        """Look in this folder too."""
        folders = [place for place in self._places(name) if is_folder(place)]
        if not folders:
            raise FlatError("no such folder to look in", value=name)
        self.includes.folders.append(folders[0])
        return ""


def _inside(value: Any, indices: str) -> Any:
    """The part of a document under keys joined by dots."""
    for key in filter(None, indices.split(".")):
        if not isinstance(value, Mapping) or key not in value:
            raise FlatError("not in what is included", path=indices, value=key)
        value = value[key]
    return value
