"""``flat schema``."""

from __future__ import annotations

from typing import Annotated

import typer

from flat_plugin.cli.choices import SCHEMAS
from flat_plugin.cli.completion import among
from flat_plugin.cli.options import AsJson, print_json, say


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="|".join(SCHEMAS),
            autocompletion=among(SCHEMAS),
            help="Which file's schema to print; all are listed if not given.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The JSON schema of an input file, for editors and validators.

    A schema is JSON anyway; --json prints the list of them as JSON.
    """
    from flat_plugin import api

    if name is not None:
        print_json(api.input_schema(name))
        return
    from flat_plugin.report.terminal.hanging import hanging, terminal_width

    names = api.schema_names()
    if as_json:
        print_json(names)
    else:
        for each, said in names.items():
            say(hanging(f"{each:<14}", said, terminal_width()))
