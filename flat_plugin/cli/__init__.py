"""The command line: each command is a thin shell over one public function."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Annotated

import typer

from flat_plugin.cli.console import print_error, set_loudness, use_plain_characters
from flat_plugin.cli.help_text import Program
from flat_plugin.cli.single_options import Once
from flat_plugin.errors import FlatError

# Name -> the function of a module of this package, in the order of ``flat --help``. A command is imported
# where it is asked for: the options of all of them take as long to read as a small estimate.
COMMANDS = {
    "estimate": "estimate.estimate",
    "explain": "estimate.explain",
    "generate": "files.generate",
    "run": "run.run",
    "search": "search.search",
    "check": "check.check",
    "explore": "explore.explore",
    "solve": "solve.solve",
    "model": "files.evaluate_model",
    "report": "report.report",
    "compare": "compare.compare",
    "reproduce": "paper.reproduce",
    "validate": "paper.validate",
    "energy": "energy.energy",
    "show": "show.show",
    "list": "names.list_names",
    "schema": "schema.schema",
    "doctor": "doctor.doctor",
    "mcp": "mcp.mcp",
}


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"flat-plugin {version('flat-plugin')}")
        raise typer.Exit


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


def app_of(commands: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with some of its commands."""
    found = typer.Typer(
        cls=Program,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="FLAT fused attention on your accelerator: cycles, energy, traffic, Timeloop files.",
        epilog="kB, MB and GB are 10^3, 10^6 and 10^9 bytes; KiB and MiB are 2^10 and 2^20.",
        no_args_is_help=True,
        rich_markup_mode=None,  # plain help answers in half the time
        pretty_exceptions_enable=False,
    )
    found.callback()(settings)
    for name in commands:
        module, function = COMMANDS[name].split(".")
        found.command(name, cls=Once)(getattr(import_module(f"{__name__}.{module}"), function))
    return found


def __getattr__(name: str) -> typer.Typer:
    """``app``: the program with all of its commands."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return app_of()


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
    arguments = in_front(sys.argv[1:])
    asked = next((word for word in arguments if not word.startswith("-")), None)
    try:
        program = app_of([asked] if asked in COMMANDS else COMMANDS)
        program(arguments, prog_name="flat")  # whatever started it
    except FlatError as error:
        print_error(error)
        sys.exit(2)
