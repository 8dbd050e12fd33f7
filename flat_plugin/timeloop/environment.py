"""Jinja in a sandbox for the templates of Timeloop's files; undefined names are errors."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, TemplateNotFound
from jinja2.sandbox import modifies_known_mutable

from flat_plugin.documents.sandbox import FAILURES, MAX_TEMPLATE, Sandbox
from flat_plugin.errors import FlatError
from flat_plugin.paths import exists, is_file, is_folder
from flat_plugin.resources import resource_folder
from flat_plugin.timeloop import scalars

_FILTERS = (
    *("abs", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join", "last", "length"),
    *("list", "lower", "map", "max", "min", "reject", "rejectattr", "round", "select", "selectattr", "sort"),
    *("string", "trim", "unique", "upper"),
)
_OWN = (
    scalars.name,
    scalars.full_name,
    scalars.value,
    scalars.flow,
    scalars.projection,
    scalars.coefficient,
    scalars.factors,
    scalars.comment,
)


class _Environment(Sandbox):
    """Templates of a folder. They read what is handed to them and change nothing."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return super().is_safe_attribute(obj, attr, value) and not modifies_known_mutable(obj, attr)


class _Loader(FileSystemLoader):
    def get_source(self, environment: Environment, template: str) -> Any:
        source = super().get_source(environment, template)
        if len(source[0]) > MAX_TEMPLATE:
            raise FlatError(
                "template too large", file=template, expected=f"at most {MAX_TEMPLATE} characters"
            )
        return source


def rendered(template_name: str, templates: Path | None, values: Mapping[str, object]) -> str:
    """As :func:`flat_plugin.timeloop.render.render`."""
    folders = _folders(templates)
    try:
        return _environment(folders).get_template(template_name).render(values)
    except FlatError as error:
        raise error.located(_place(error, template_name)[0]) from None
    except TemplateNotFound as error:
        known = " or ".join(_known(folders))
        raise FlatError("no such template", value=error.name, expected=known) from error
    except UnicodeDecodeError as error:
        raise FlatError("not a text file", file=template_name, expected="UTF-8") from error
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=template_name) from error
    except FAILURES as error:
        file, line = _place(error, template_name)
        where = f"line {line}" if line else None
        raise FlatError(f"template: {error}", file=file, path=where) from error


def _folders(templates: Path | None) -> tuple[Path, ...]:
    ours = resource_folder("templates")
    if templates is None:
        return (ours,)
    if not is_folder(Path(templates)):
        raise FlatError("no such folder of templates", file=templates)
    known = _known((ours,))
    if not any(is_file(Path(templates) / name) for name in known):
        raise FlatError("no template in this folder", file=templates, expected=known)
    for name in known:
        if exists(Path(templates) / name) and not is_file(Path(templates) / name):
            raise FlatError("not a file", file=Path(templates) / name)
    return Path(templates).resolve(), ours


def _environment(folders: tuple[Path, ...]) -> Sandbox:
    return _Environment(
        _FILTERS,
        {each.__name__: each for each in _OWN},
        loader=_Loader(folders),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _known(folders: tuple[Path, ...]) -> list[str]:
    return sorted({path.name for folder in folders for path in folder.glob("*.j2")})


def _place(error: Exception, template_name: str) -> tuple[str, int | None]:
    """The template and the line in which the error arose."""
    file: str = getattr(error, "filename", None) or template_name
    line: int | None = getattr(error, "lineno", None)
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith(".j2"):
            file, line = frame.filename, frame.lineno
    return file, line
