"""``flat show``."""

from __future__ import annotations

import typer

from flat_plugin import defaults
from flat_plugin.cli.one_architecture import ArchAsOption, OneArch, one_architecture
from flat_plugin.cli.options import AsJson, Changes, Ert, EstimatorName, print_json
from flat_plugin.cli.options import show as print_table


def show(
    command: typer.Context,
    architecture: OneArch = defaults.ARCHITECTURE,
    arch: ArchAsOption = defaults.ARCHITECTURE,
    changes: Changes = None,
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    as_json: AsJson = False,
) -> None:
    """An architecture as it is understood, as a tree.

    Levels, meshes, sizes, bandwidths, energies, softmax units.
    """
    from flat_plugin import api

    hardware = one_architecture(command, architecture, arch, changes)
    found = api.show(hardware, ert=ert, estimator=estimator)
    if as_json:
        print_json(found.to_dict())
        return
    from flat_plugin.report.terminal.architecture import architecture_tree

    print_table(architecture_tree(found))
