"""What a shell proposes after an option: our names, and the choices of a setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Completion = Callable[[str], list[str]]


def named(kind: str) -> Completion:
    """Names of a kind: ``models``, ``architectures``, ``dataflows`` or ``spaces``; files are the shell's."""

    def complete(incomplete: str) -> list[str]:
        from flat_plugin import api

        return _last(api.names()[kind], incomplete)

    return complete


def columns(incomplete: str) -> list[str]:
    """Columns of runs; ``-latency_s`` is the largest first."""
    from flat_plugin.report.analysis.columns import ALIASES, BY_NAME

    sign = "-" if incomplete.startswith("-") else ""
    return [sign + name for name in _last([*BY_NAME, *ALIASES], incomplete.removeprefix("-"))]


def among(choices: Sequence[str]) -> Completion:
    def complete(incomplete: str) -> list[str]:
        return _last(choices, incomplete)

    return complete


def _last(names: Sequence[str] | dict[str, str], incomplete: str) -> list[str]:
    """Completes the last entry of a list with commas."""
    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]
