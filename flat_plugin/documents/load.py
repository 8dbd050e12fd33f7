"""Documents from dictionaries, text and files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flat_plugin.documents.includes import Includes
from flat_plugin.documents.loader import MAX_CHARACTERS, parse
from flat_plugin.documents.merge import merged
from flat_plugin.errors import FlatError
from flat_plugin.paths import exists, is_file

Source = Mapping[str, Any] | str | Path  # a dictionary, YAML text, or a file

_LOG = logging.getLogger(__name__)
_PATH_LIKE = r"[^{}\[\]:]+\.(ya?ml|json|txt)|[^{}\[\]: ]*/[^{}\[\]: ]*"


def load(source: Source) -> dict[str, Any]:
    """The document as a dictionary.

    Args:
        source: a dictionary (returned as it is), a path, or YAML text. A string that names an
            existing file is a path.
    """
    if isinstance(source, Mapping):
        return source if isinstance(source, dict) else dict(source)
    file = file_of(_checked(source))
    with located(file):
        return parse(_text(source, file))


def load_timeloopfe(source: Source) -> dict[str, Any]:
    """As :func:`load`, for timeloopfe's files: renders Jinja, keeps node tags as ``!tag``."""
    if isinstance(source, Mapping):
        return source if isinstance(source, dict) else dict(source)
    file = file_of(_checked(source))
    return _templated(_text(source, file), file, Includes())


def _templated(text: str, file: Path | None, includes: Includes) -> dict[str, Any]:
    with located(file):
        values: dict[str, Any] = {}
        text = _rendered(text, file, values, includes)
        return merged(parse(text, values))


def _rendered(text: str, file: Path | None, values: dict[str, Any], includes: Includes) -> str:
    """The text with its Jinja carried out, which is loaded where there is any."""
    if not any(mark in text for mark in ("{{", "{%", "{#")):
        return text
    from flat_plugin.documents.templates import render

    return render(text, includes.functions(file, values, _included, _included_text))


def _included(file: Path, includes: Includes) -> dict[str, Any]:
    return _templated(_read(file), file, includes)


def _included_text(file: Path, includes: Includes) -> str:
    """A file's text, itself rendered; what it includes as values stays with it."""
    with located(file):
        text, values = _read(file), dict[str, Any]()
        text = _rendered(text, file, values, includes)
        if values:
            raise FlatError("include() inside a file that is included as text", file=file)
        return text


def file_of(source: object) -> Path | None:
    """The file a source names, or None for a dictionary or YAML text."""
    if isinstance(source, Path):
        return source
    if not isinstance(source, str) or "\n" in source or len(source) > 4096 or "\0" in source:
        return None
    path = Path(source)
    looks_like_path = re.fullmatch(_PATH_LIKE, source)
    return path if (exists(path) and source.strip()) or looks_like_path else None


@contextmanager
def located(source: object) -> Iterator[None]:
    """Errors inside a document name the file it came from."""
    try:
        yield
    except FlatError as error:
        file = file_of(source)
        raise error.located(file) if file is not None else error from None


def _checked(source: object) -> str | Path:
    if not isinstance(source, (str, Path)):
        raise FlatError("not a document", value=source, expected="a mapping, a path or YAML text")
    return source


def _text(source: str | Path, file: Path | None) -> str:
    return _read(file) if file is not None else str(source)


def _read(path: Path) -> str:
    if not exists(path):
        raise FlatError("no such file", file=path)
    if not is_file(path):
        raise FlatError("not a file", file=path)
    try:
        with path.open(encoding="utf-8") as stream:
            _LOG.info("read %s", path)
            return stream.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise FlatError("not a text file", file=path, expected="UTF-8") from error
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=path) from error
