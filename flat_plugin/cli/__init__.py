"""The command line: each command is a thin shell over one public function."""

from __future__ import annotations

import sys

import typer

from flat_plugin.cli.compare import compare
from flat_plugin.cli.console import use_plain_characters
from flat_plugin.cli.doctor import doctor
from flat_plugin.cli.energy import energy
from flat_plugin.cli.estimate import estimate, explain
from flat_plugin.cli.files import evaluate_model, generate
from flat_plugin.cli.names import list_names
from flat_plugin.cli.once import Once
from flat_plugin.cli.paper import reproduce, validate
from flat_plugin.cli.report import report
from flat_plugin.cli.run import run
from flat_plugin.cli.search import search
from flat_plugin.cli.show import show
from flat_plugin.errors import FlatError

app = typer.Typer(
    help="FLAT fused attention on your accelerator: cycles, energy, traffic, Timeloop files.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help answers in half the time
    pretty_exceptions_enable=False,
)
app.command("estimate", cls=Once)(estimate)
app.command("explain", cls=Once)(explain)
app.command("generate", cls=Once)(generate)
app.command("run", cls=Once)(run)
app.command("search", cls=Once)(search)
app.command("model", cls=Once)(evaluate_model)
app.command("report", cls=Once)(report)
app.command("compare", cls=Once)(compare)
app.command("reproduce", cls=Once)(reproduce)
app.command("validate", cls=Once)(validate)
app.command("energy", cls=Once)(energy)
app.command("show", cls=Once)(show)
app.command("list", cls=Once)(list_names)
app.command("doctor", cls=Once)(doctor)


def main() -> None:
    """Entry point: bad input is one message on standard error and exit code 2."""
    from flat_plugin.model.memory import keep_freed_memory

    use_plain_characters()
    keep_freed_memory()
    try:
        app()
    except FlatError as error:
        print(f"flat: {error}", file=sys.stderr)
        sys.exit(2)
