"""Help as wide as the terminal: the library's own has 50 to 78 columns, whatever the terminal has."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Any

from typer.core import TyperGroup

from flat_plugin.cli.usage_errors import is_of_use, usage_error

WIDEST = 100  # longer lines are hard to read
_BESIDE = 60  # columns in which descriptions have room beside their options; below, they go underneath
_UNBROKEN = "\u2011"  # a hyphen at which no line ends
_SHORT = 12  # names that leave room beside them everywhere
_BRACES = re.compile(r"\{(\w+)\}")  # what later versions of the library write around what is required
_TYPE = re.compile(r" <[\w\[\]]+>$")  # and beside every argument
_RANGE = re.compile(r"\s*\[x>=\d+\]$|; x>=\d+(?=\]$)")  # of numbers; errors say it


class FittedHelp:
    """A command whose help has as many columns as the terminal, at most ``WIDEST``."""

    def get_help(self, ctx: Any) -> str:
        formatter = ctx.make_formatter()
        formatter.width = min(shutil.get_terminal_size().columns, WIDEST) - 2
        if formatter.width < _BESIDE:
            formatter.write_dl = _underneath(formatter.write_dl)
        formatter.write_dl, formatter.write_text = (
            _whole_rows(formatter.write_dl),
            _whole(formatter.write_text),
        )
        formatter.write_usage = _plain(formatter.write_usage)
        self.format_help(ctx, formatter)  # type: ignore[attr-defined]
        return str(formatter.getvalue()).replace(_UNBROKEN, "-").rstrip("\n")


def _whole(write: Callable[[str], None]) -> Callable[[str], None]:
    """Writes text whose lines do not end within ``base-opt``."""
    return lambda text: write(text.replace("-", _UNBROKEN))


def _plain(write: Callable[..., None]) -> Callable[..., None]:
    """Writes how a command is typed, ``FILE`` for the library's ``{FILE}``."""
    return lambda program, words, *others: write(program, _BRACES.sub(r"\1", words), *others)


def _whole_rows(write: Callable[..., None]) -> Callable[..., None]:
    """The same of a list of names and descriptions, without the types of the code."""

    def write_dl(rows: Iterable[tuple[str, str]], **options: Any) -> None:
        kept = ((_TYPE.sub("", name), _RANGE.sub("", text)) for name, text in rows)
        write([(name, text.replace("-", _UNBROKEN)) for name, text in kept], **options)

    return write_dl


def _underneath(write: Callable[..., None]) -> Callable[[Iterable[tuple[str, str]]], None]:
    """Writes a list of names and descriptions in two columns only if all names are short."""

    def write_dl(rows: Iterable[tuple[str, str]]) -> None:
        listed = list(rows)
        widest = max(len(name) for name, _ in listed)
        write(listed, col_max=widest if widest <= _SHORT else 0)

    return write_dl


class Program(FittedHelp, TyperGroup):
    """All commands: its help lists them, and its errors are those of the package."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except Exception as error:
            if is_of_use(error):
                raise usage_error(error) from None
            if (show := getattr(error, "show", None)) is None:
                raise
            show()  # the help, where nothing was typed
            code = getattr(error, "exit_code", 2)
        sys.exit(code if isinstance(code, int) else 0)
