"""Templates to text: Jinja in a sandbox, undefined names as errors."""

from __future__ import annotations

import traceback
from functools import lru_cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flat_plugin.errors import FlatError
from flat_plugin.paths import is_file, is_folder
from flat_plugin.resources import resource_folder
from flat_plugin.timeloop import scalars

_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError)
_FILTERS = (
    scalars.name,
    scalars.full_name,
    scalars.value,
    scalars.flow,
    scalars.projection,
    scalars.coefficient,
    scalars.factors,
    scalars.comment,
)


def render(template_name: str, templates: Path | None = None, **values: object) -> str:
    """The text of a template.

    Args:
        template_name: such as ``problem.yaml.j2``.
        templates: a folder searched first; what is not there comes from the package.
        values: the names that the template may use.

    Raises:
        FlatError: no such template, a mistake in it, or a name that is not defined.
    """
    folders = _folders(templates)
    try:
        return _environment(folders).get_template(template_name).render(values)
    except TemplateNotFound as error:
        known = " or ".join(_known(folders))
        raise FlatError("no such template", value=error.name, expected=known) from error
    except UnicodeDecodeError as error:
        raise FlatError("not a text file", file=template_name, expected="UTF-8") from error
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=template_name) from error
    except (*_FAULTS, TypeError, ValueError) as error:
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
        raise FlatError("no template in this folder", file=templates, expected=" or ".join(known))
    return Path(templates).resolve(), ours


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update({each.__name__: each for each in _FILTERS})
    return environment


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
