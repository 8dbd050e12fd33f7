"""Wraps long lines below the column in which their text begins."""

from __future__ import annotations

import shutil
import textwrap


def terminal_width() -> int:
    """Columns of the terminal, or what COLUMNS says; 0 in a pipe, where lines are for programs."""
    return shutil.get_terminal_size(fallback=(0, 0)).columns


def hanging(first: str, text: str, width: int, separator: str = " ") -> str:
    """``first`` and ``text``, of which what is left over lies below its beginning.

    Broken after separators only: words, paths and names stay whole, even where they are too long.

    Args:
        width: columns; 0 for no end.
    """
    if not width:
        return first + text
    room = max(width - len(first), 20)
    if separator == " ":
        lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    else:
        lines = [""]
        for part in text.split(separator):
            longer = f"{lines[-1]}{separator}{part}" if lines[-1] else part
            fits = len(longer + separator.rstrip()) <= room
            lines[-1:] = [longer] if not lines[-1] or fits else [lines[-1] + separator, part]
    return first + ("\n" + " " * len(first)).join(line.rstrip() for line in lines)


def folded(text: str, width: int) -> str:
    """Lines that are too long, broken between words; what is left over is indented by four more.

    Args:
        width: columns; 0 for no end.
    """
    return "\n".join(_fold(line, width) if 0 < width < len(line) else line for line in text.split("\n"))


def _fold(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    wrapped = textwrap.wrap(
        line, max(width, len(indent) + 20), subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(wrapped)
