"""``energy_table`` and ``compare_energy``: energy and area of an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.api.inputs import hardware_of
from flat_plugin.architecture import Architecture, EnergyTable
from flat_plugin.arguments import checked
from flat_plugin.energy import ESTIMATORS, Difference, area_um2, differences, energy_for, find_estimator
from flat_plugin.energy.files import save_tables
from flat_plugin.energy.template import save_template
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.programs.limits import ESTIMATOR_SECONDS


@checked
def energy_table(
    architecture: Architecture | str | Path = defaults.ARCHITECTURE,
    estimator: str = defaults.ESTIMATOR,
    *,
    set: Mapping[str, object] | None = None,
    output: str | Path | None = None,
    keep: str | Path | None = None,
    time_limit: float = ESTIMATOR_SECONDS,
) -> EnergyTable:
    """Energy and area of an architecture: pJ per action of the full width, µm² per instance.

    Args:
        estimator: ``accelergy``, ``hwcomponents``, ``recorded``, or ``auto``: the preset's own table,
            else what is installed, else what is recorded.
        set: changes to the architecture, such as ``{"buffer_kb": 1024}``.
        output: a folder to write ERT.yaml and ART.yaml to; nothing is written if it fails.
        keep: a folder for the input, output and log of Accelergy's run.
        time_limit: seconds for Accelergy or hwcomponents, where one of them answers.

    Raises:
        ProgramError: the estimator is not installed, or failed.
        FlatError: it knows no answer, or the files cannot be written.
    """
    check_choice("estimator", estimator, ESTIMATORS)
    if keep is not None and estimator != "accelergy":
        raise FlatError("only Accelergy's run can be kept", path="keep", expected="estimator accelergy")
    hardware = hardware_of(architecture, set)
    if keep is not None:
        table = find_estimator(estimator, folder=Path(keep), time_limit=time_limit).estimate(hardware)
    else:
        table = energy_for(hardware, estimator=estimator, time_limit=time_limit).need("this table")
    if output is not None:
        save_tables(table, hardware, Path(output))
    return table


@checked
def energy_template(architecture: Architecture | str | Path, output: str | Path) -> tuple[Path, ...]:
    """Write ERT.yaml and ART.yaml to fill in to a folder: what is not known is left empty.

    Read back, the ERT is refused until every energy is filled in.

    Raises:
        FlatError: the files cannot be written.
    """
    return save_template(hardware_of(architecture), Path(output))


@checked
def energy_dict(table: EnergyTable, architecture: Architecture | str | Path) -> dict[str, object]:
    """The machine-readable form that ``flat energy --json`` prints: pJ, and µm² of all instances."""
    hardware = hardware_of(architecture)
    return {
        "architecture": hardware.name,
        "source": table.source,
        "tools": list(table.tools),
        "components": {
            name: {
                "energy_pj": dict(component.actions),
                "area_um2": component.area_um2,
                "estimator": component.estimator,
            }
            for name, component in table.components.items()
        },
        "total_area_um2": area_um2(table, hardware),
    }


@checked
def compare_energy(
    architecture: Architecture | str | Path, first: str, second: str
) -> tuple[Difference, ...]:
    """How far two estimators disagree on every action and area of an architecture."""
    hardware = hardware_of(architecture)
    one, other = (energy_for(hardware, estimator=name).need("a comparison") for name in (first, second))
    return differences(one, other)
