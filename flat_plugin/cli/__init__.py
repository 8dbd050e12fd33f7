"""The command line: each command is a thin shell over one public function."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from flat_plugin.cli.compare import compare
from flat_plugin.cli.console import print_error, set_loudness, use_plain_characters
from flat_plugin.cli.doctor import doctor
from flat_plugin.cli.energy import energy
from flat_plugin.cli.estimate import estimate, explain
from flat_plugin.cli.explore import explore
from flat_plugin.cli.files import evaluate_model, generate
from flat_plugin.cli.mcp import mcp
from flat_plugin.cli.names import list_names
from flat_plugin.cli.paper import reproduce, validate
from flat_plugin.cli.report import report
from flat_plugin.cli.run import run
from flat_plugin.cli.schema import schema
from flat_plugin.cli.search import search
from flat_plugin.cli.show import show
from flat_plugin.cli.single_options import Once
from flat_plugin.cli.solve import solve
from flat_plugin.errors import FlatError

app = typer.Typer(
    help="FLAT fused attention on your accelerator: cycles, energy, traffic, Timeloop files.",
    epilog="kB, MB and GB are 10^3, 10^6 and 10^9 bytes; KiB and MiB are 2^10 and 2^20.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help answers in half the time
    pretty_exceptions_enable=False,
)
app.command("estimate", cls=Once)(estimate)
app.command("explain", cls=Once)(explain)
app.command("generate", cls=Once)(generate)
app.command("run", cls=Once)(run)
app.command("search", cls=Once)(search)
app.command("explore", cls=Once)(explore)
app.command("solve", cls=Once)(solve)
app.command("model", cls=Once)(evaluate_model)
app.command("report", cls=Once)(report)
app.command("compare", cls=Once)(compare)
app.command("reproduce", cls=Once)(reproduce)
app.command("validate", cls=Once)(validate)
app.command("energy", cls=Once)(energy)
app.command("show", cls=Once)(show)
app.command("list", cls=Once)(list_names)
app.command("schema", cls=Once)(schema)
app.command("doctor", cls=Once)(doctor)
app.command("mcp", cls=Once)(mcp)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"flat-plugin {version('flat-plugin')}")
        raise typer.Exit


@app.callback()
def settings(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit."),
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print neither notes nor progress.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also print which files are read and which programs run.")
    ] = False,
) -> None:
    """What every command obeys."""
    set_loudness(less=quiet, more=verbose)


def in_front(arguments: Sequence[str]) -> list[str]:
    """``run sweep.yaml -q`` as ``-q run sweep.yaml``: how loud to be may be said anywhere before ``--``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    loud = [word for word in arguments[:end] if word in _LOUDNESS]
    return [*loud, *(word for word in arguments[:end] if word not in _LOUDNESS), *arguments[end:]]


_LOUDNESS = ("-q", "--quiet", "-v", "--verbose")


def main() -> None:
    """Entry point: bad input is one message on standard error and exit code 2."""
    from flat_plugin.model.memory import keep_freed_memory

    use_plain_characters()
    keep_freed_memory()
    try:
        app(in_front(sys.argv[1:]))
    except FlatError as error:
        print_error(error)
        sys.exit(2)
