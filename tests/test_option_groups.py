"""A command takes groups of options, its users type each of them."""

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from flat_plugin.option_groups import spread


@dataclass(frozen=True)
class Sizes:
    rows: Annotated[int, typer.Option("--rows")] = 2
    keys: Annotated[int | None, typer.Option("--keys")] = None


def answered(*typed):
    given = []

    @spread
    def command(name: Annotated[str, typer.Argument()], *, sizes: Sizes, loud: bool = False) -> None:
        """What it does."""
        given.append((name, sizes, loud))

    app = typer.Typer()
    app.command()(command)
    answer = CliRunner().invoke(app, typed)
    return given or answer


def test_options_become_the_value_of_their_group():
    assert answered("x") == [("x", Sizes(), False)]
    assert answered("x", "--keys", "3", "--loud", "--rows", "4") == [("x", Sizes(4, 3), True)]


def test_help_lists_them_in_the_place_of_the_group():
    text = answered("--help").output
    assert text.index("--rows") < text.index("--keys") < text.index("--loud") and "What it does." in text


def test_what_is_wrong_is_refused_as_ever():
    assert answered("x", "--rows", "many").exit_code == answered("x", "--column", "1").exit_code == 2


def test_a_tool_may_leave_any_of_them_out():
    @spread
    def tool(*, name: str, sizes: Sizes) -> tuple[str, Sizes]:
        return name, sizes

    assert tool(name="x", keys=3) == ("x", Sizes(keys=3))
