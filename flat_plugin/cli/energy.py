"""``flat energy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flat_plugin import defaults
from flat_plugin.cli.choices import ESTIMATORS
from flat_plugin.cli.completion import among
from flat_plugin.cli.one_architecture import ArchAsOption, OneArch, one_architecture
from flat_plugin.cli.options import (
    AsJson,
    Changes,
    choice,
    file,
    print_json,
    refuse_given,
    say,
    show,
    split,
)
from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from flat_plugin.architecture import Architecture


_ESTIMATOR = (
    "Where energies come from. auto, if not given: the table that ships with the preset, else an installed "
    "tool, else recorded answers."
)
_LIMIT = "Time limit for Accelergy or hwcomponents; 900 if not given."
_TEMPLATE = "Write tables to fill in: what is not known is left empty."
_KEEP = "Keep the input, output and log of Accelergy's run there."
_COMPARE = "Where two estimators differ, such as accelergy,hwcomponents."
Estimator = Annotated[str | None, choice("--estimator", ESTIMATORS, _ESTIMATOR)]
TimeLimit = Annotated[float | None, typer.Option("--time-limit", metavar="SECONDS", help=_LIMIT)]
Compared = Annotated[
    str | None,
    typer.Option("--compare", metavar="A,B", autocompletion=among(ESTIMATORS[1:]), help=_COMPARE),
]
Keep = Annotated[Path | None, file("--keep", metavar="FOLDER", help=_KEEP)]
Template = Annotated[bool, typer.Option("--template", help=_TEMPLATE)]
Output = Annotated[
    Path | None, file("-o", "--output", metavar="FOLDER", help="Write ERT.yaml and ART.yaml there.")
]


def energy(
    command: typer.Context,
    architecture: OneArch = defaults.ARCHITECTURE,
    arch: ArchAsOption = defaults.ARCHITECTURE,
    changes: Changes = None,
    estimator: Estimator = None,
    time_limit: TimeLimit = None,
    compare: Compared = None,
    keep: Keep = None,
    template: Template = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Energy per action and area of every component (ERT and ART).

    Says where each figure comes from.
    """
    from flat_plugin import api

    hardware = one_architecture(command, architecture, arch, changes)
    options = {"--estimator": estimator, "--output": output, "--keep": keep, "--time-limit": time_limit}
    if template:
        _template(hardware, output, {k: v for k, v in options.items() if k != "--output"}, compare, as_json)
        return
    if compare is not None:
        refuse_given("with --compare", options)
        _compare(hardware, compare, as_json)
        return
    limit: dict[str, Any] = {} if time_limit is None else {"time_limit": time_limit}
    table = api.energy_table(hardware, estimator or "auto", output=output, keep=keep, **limit)
    if as_json:
        print_json(api.energy_dict(table, hardware))
        return
    from flat_plugin.api.inputs import hardware_of
    from flat_plugin.report.terminal.energy import energy_table

    show(energy_table(table, hardware_of(hardware)))


def _template(
    hardware: Architecture | str,
    output: Path | None,
    others: dict[str, object],
    compare: str | None,
    as_json: bool,
) -> None:
    from flat_plugin import api

    refuse_given("with --template", {**others, "--compare": compare})
    if output is None:
        raise FlatError("no folder to write to", path="--template", expected="-o FOLDER")
    written = api.energy_template(hardware, output)
    if as_json:
        print_json([str(path) for path in written])
    else:
        say("\n".join(map(str, written)))


def _compare(hardware: Architecture | str, pair: str, as_json: bool) -> None:
    from flat_plugin import api

    names = split(pair) or []
    if len(names) != 2:
        raise FlatError("not two names", path="--compare", value=pair, expected="two estimators and a comma")
    found = api.compare_energy(hardware, *names)
    if as_json:
        print_json([difference.to_dict() for difference in found])
        return
    from flat_plugin.report.terminal.energy import difference_table

    name = hardware if isinstance(hardware, str) else hardware.name
    show(difference_table(found, name, *names))
