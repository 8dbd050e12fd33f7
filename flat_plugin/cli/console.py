"""Printing: wide enough for what must not be cut, in characters that the console has."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from flat_plugin.errors import FlatError

quiet = False  # no notes and no progress

_ERRORS = "flat-plain"
_PLAIN = {
    **{"×": "x", "·": "*", "µ": "u", "²": "^2", "Σ": "sum", "⌈": "ceil(", "⌉": ")", "−": "-"},
    **{
        "≤": "<=",
        "≥": ">=",
        "→": "->",
        "↔": "<->",
        "÷": "/",
        "⌊": "floor(",
        "⌋": ")",
        "…": "...",
        "–": "-",
        "—": "-",
        "√": "sqrt ",
    },
    **{"✓": "+", "✗": "x", "“": '"', "”": '"', "‘": "'", "’": "'", "∞": "inf"},
}


def set_loudness(*, less: bool, more: bool) -> None:
    """``less``: neither notes nor progress. ``more``: also what is read and run, on standard error."""
    global quiet
    quiet = less
    if more:
        import logging

        logging.basicConfig(level=logging.INFO, format="flat: %(message)s", stream=sys.stderr)


def progress_is_shown() -> bool:
    """On a terminal's error stream, unless ``-q`` asks for none."""
    return not quiet and sys.stderr.isatty()


def print_error(error: FlatError) -> None:
    """On standard error; on a terminal no word is broken."""
    text = f"flat: {error}"
    if sys.stderr.isatty():
        from flat_plugin.report.terminal.hanging import folded

        text = folded(text, os.get_terminal_size(sys.stderr.fileno()).columns)
    print(text, file=sys.stderr)


def use_plain_characters() -> None:
    """From now on, standard output and error replace what their encoding lacks, and never fail for it."""
    codecs.register_error(_ERRORS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(letter: str) -> str:
    """As it is usually typed; without its accents; else a question mark."""
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return _PLAIN.get(letter) or bare or "?"


def as_json(value: object) -> str:
    """JSON that stays what it is in this console: escaped where its encoding lacks a character."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=2, allow_nan=False)
    return text


def print_table(renderable: RenderableType, terminal_width: int) -> None:
    """A table or text; names in it are not read as markup.

    Nothing is cut: in a pipe (of width 0) a table is as wide as it is; in a terminal its names are
    wrapped between words first, and what then is too wide still is printed whole. Text keeps to the
    terminal.
    """
    from rich.console import Console, Group
    from rich.measure import Measurement
    from rich.text import Text

    from flat_plugin.report.terminal.hanging import folded

    console = Console(highlight=False, markup=False)
    if isinstance(renderable, Text) and renderable.spans:
        console.width = terminal_width or _WIDEST
        console.print(renderable, crop=False)
        return
    if isinstance(renderable, Text):
        console.print(Text(folded(renderable.plain, terminal_width), renderable.style), soft_wrap=True)
        return
    for part in renderable.renderables if isinstance(renderable, Group) else [renderable]:
        needed = Measurement.get(console, console.options.update(width=_WIDEST), part)
        least = 1 if isinstance(part, Text) else needed.minimum
        console.width = max(terminal_width, least) if terminal_width else needed.maximum
        console.print(part, crop=False)


_WIDEST = 100_000
