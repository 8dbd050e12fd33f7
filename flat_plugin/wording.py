"""Numbers and names in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 3
_LEAST = 3  # letters of a beginning


def counted(number: int | float, one: str, several: str = "") -> str:
    """``1 instance``, ``1,024 instances``; the plural where it is not the word and an s."""
    return f"1 {one}" if number == 1 else f"{_figure(number)} {several or one + 's'}"


def _figure(number: int | float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,g}"


def nearest(name: str, known: Iterable[str], where: str) -> str:
    """What is right instead of an unknown name: the closest, and where all are listed.

    Args:
        where: such as ``in the documentation``.
    """
    names = {each.lower(): each for each in known}
    close = [names[each] for each in get_close_matches(name.lower(), names, n=_SHOWN, cutoff=0.5)]
    if len(names) <= _SHOWN:
        return " or ".join(names.values())
    if not close:
        return f"one of the {len(names)} {where}"
    return f"{' or '.join(close)}, or another of the {len(names)} {where}"


def meant(name: str, known: Iterable[str], cutoff: float = 0.75) -> str | None:
    """The name that was probably meant: the same in other letters or words, the only one that begins so, or
    nearly it."""
    names = {_bare(each): each for each in known}
    if _bare(name) in names:
        return names[_bare(name)]
    begun = [each for each in names if each.startswith(_bare(name))]
    if len(begun) == 1 and len(name) >= _LEAST:
        return names[begun[0]]
    close = get_close_matches(_bare(name), names, n=1, cutoff=cutoff)
    return names[close[0]] if close else None


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
