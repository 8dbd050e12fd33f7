"""``flat show``."""

from __future__ import annotations

from typing import Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.completion import named
from flat_plugin.cli.options import AsJson, Changes, Ert, EstimatorName, chosen_architecture, print_json
from flat_plugin.cli.options import show as print_table


def show(
    arch: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE",
            autocompletion=named("architectures"),
            help="edge, cloud, or a Timeloop v0.4 file.",
        ),
    ] = defaults.ARCHITECTURE,
    changes: Changes = None,
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    as_json: AsJson = False,
) -> None:
    """An architecture as it is understood, as a tree.

    Levels, meshes, sizes, bandwidths, energies, softmax units.
    """
    from flat_plugin import api

    found = api.show(chosen_architecture(arch, changes), ert=ert, estimator=estimator)
    if as_json:
        print_json(found.to_dict())
        return
    from flat_plugin.report.terminal.architecture import architecture_tree

    print_table(architecture_tree(found))
