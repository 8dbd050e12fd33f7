"""The architecture of commands that are about one: named without an option, or with it as elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.completion import named
from flat_plugin.cli.options import chosen_architecture, name
from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from flat_plugin.architecture import Architecture

OneArch = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE",
        autocompletion=named("architectures"),
        help=f"edge, cloud, or a Timeloop v0.4 file; {defaults.ARCHITECTURE} if not given.",
    ),
]
ArchAsOption = Annotated[
    str | None, name("--arch", "architectures", "The same, as an option.", metavar="NAME|FILE")
]


def one_architecture(
    arch: str | None, as_option: str | None, changes: Sequence[str] | None
) -> Architecture | str:
    """The architecture with what ``--set`` changes.

    Raises:
        FlatError: it is named twice, or a change is wrong.
    """
    if arch is not None and as_option is not None:
        raise FlatError("named twice", path="--arch", value=as_option, expected=f"no --arch beside {arch}")
    given = [one for one in (arch, as_option) if one is not None]
    return chosen_architecture(given[0] if given else defaults.ARCHITECTURE, changes)
