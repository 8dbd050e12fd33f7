"""What a terminal shows while something takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import typer

from flat_plugin.cli import console
from flat_plugin.cli.options import INTERRUPTED, say


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on a terminal's error stream while something takes long; nothing in a pipe."""
    if not console.progress_is_shown():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextmanager
def searching(what: str = "searching; Ctrl-C stops") -> Iterator[None]:
    """A spinner, and a word where Ctrl-C comes before anything was found."""
    try:
        with working(what):
            yield
    except KeyboardInterrupt:
        say("flat: interrupted before anything was found", err=True)
        raise typer.Exit(INTERRUPTED) from None


def searching_for(*flows: str | None) -> AbstractContextManager[None]:
    """As :func:`searching`, if any of these is a dataflow that is searched."""
    from flat_plugin.api.inputs import is_searched

    return searching() if any(map(is_searched, flows)) else nullcontext()
