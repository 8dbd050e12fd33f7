"""Energy and area tables to fill in: what is not known is left empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flat_plugin.architecture.energy_table import ComponentEnergy
from flat_plugin.architecture.given_energy import given_energy
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.energy.recorded import recorded_component
from flat_plugin.energy.softmax import SOFTMAX_ACTIONS, softmax_energy
from flat_plugin.energy.tables import TO_FILL_IN
from flat_plugin.errors import FlatError
from flat_plugin.timeloop.components import COMPUTE_ACTIONS, MEMORY_ACTIONS
from flat_plugin.timeloop.scalars import comment
from flat_plugin.timeloop.write import write_files

_ERT = """\
# Energies to fill in: pJ per action of the full width (leak: of one instance, per cycle). Wherever
# `energy` is empty nobody knows the figure; the others are recorded, and may be changed.
# Then: flat estimate --arch … --ert ERT.yaml
"""
_ART = (
    "# Areas to fill in: square micrometres of one instance. Timeloop sums them up; no estimate needs them.\n"
)


def save_template(architecture: Architecture, folder: Path) -> tuple[Path, ...]:
    """Write ``ERT.yaml`` and ``ART.yaml`` into a folder, which is made if need be: both or none."""
    texts = template_texts(architecture)
    write_files(texts, folder)
    return tuple(folder / name for name in texts)


def template_texts(architecture: Architecture) -> dict[str, str]:
    """Both files as text. Read back they are refused until every energy is filled in."""
    energies, areas = [], []
    about = f"# Architecture {comment(architecture.name)}: {architecture.technology}, "
    about += f"cycle {architecture.cycle_seconds:.6g} s.\n"
    for name, width, actions, known in _components(architecture):
        figures = known.actions if known else {}
        who = {"estimator": known.estimator} if known else {"note": f"{TO_FILL_IN}: {width}"}
        entries = [{"name": action, "energy": figures.get(action)} for action in actions]
        energies.append({"name": name, "ignore": who, "actions": entries})
        areas.append({"name": name, "area": known.area_um2 if known else None})
    return {
        "ERT.yaml": _ERT + about + _dump({"ERT": {"version": "0.4", "tables": energies}}),
        "ART.yaml": _ART + about + _dump({"ART": {"version": "0.4", "tables": areas}}),
    }


def _components(
    architecture: Architecture,
) -> list[tuple[str, str, tuple[str, ...], ComponentEnergy | None]]:
    """(name in tables, what an action is, its actions, what is known) of every component."""
    found = []
    for part in architecture.parts:
        if isinstance(part, Memory):
            row = part.block_size * part.cluster_size
            width = f"an access is of {part.word_bits * row} bits ({row} words)"
            actions: tuple[str, ...] = MEMORY_ACTIONS
        else:
            width, actions = "a multiply-accumulate", COMPUTE_ACTIONS
        try:
            known = given_energy(part) or recorded_component(part, architecture)
        except FlatError:
            known = None
        found.append((f"{architecture.system}.{part.full_name}", width, actions, known))
    if (unit := architecture.softmax) is not None:
        try:
            own = softmax_energy(unit, architecture)
        except FlatError:
            own = None
        named = tuple(own.actions) if own else (SOFTMAX_ACTIONS[0], SOFTMAX_ACTIONS[-1])
        found.append((f"{architecture.system}.{unit.name}", "an operation of a lane", named, own))
    return found


def _dump(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
