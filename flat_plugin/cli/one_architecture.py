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
    str,
    typer.Argument(
        metavar="NAME|FILE",
        autocompletion=named("architectures"),
        help="edge, cloud, or a Timeloop v0.4 file.",
    ),
]
ArchAsOption = Annotated[str, name("--arch", "architectures", "The same, as an option.", metavar="NAME|FILE")]


def one_architecture(
    command: typer.Context, architecture: str, arch: str, changes: Sequence[str] | None
) -> Architecture | str:
    """The architecture with what ``--set`` changes.

    Args:
        command: which knows whether its ``architecture`` and its ``arch`` were typed.

    Raises:
        FlatError: it is named twice, or a change is wrong.
    """
    given = {"architecture": architecture, "arch": arch}
    typed = [value for name, value in given.items() if _is_typed(command, name)]
    if len(typed) > 1:
        raise FlatError("named twice", path="--arch", value=arch, expected=f"no --arch beside {architecture}")
    return chosen_architecture(typed[0] if typed else defaults.ARCHITECTURE, changes)


def _is_typed(command: typer.Context, name: str) -> bool:
    source = command.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
