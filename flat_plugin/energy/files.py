"""ERT and ART files with their provenance inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.tables import write_art, write_ert
from flat_plugin.timeloop.scalars import comment
from flat_plugin.timeloop.write import write_files


def table_texts(table: EnergyTable, architecture: Architecture) -> dict[str, str]:
    """``ERT.yaml`` (pJ per action of the full width) and ``ART.yaml`` (µm² per instance) as text."""
    about = (
        f"# Architecture {comment(architecture.name)}: {architecture.technology}, "
        f"cycle {architecture.cycle_seconds:.6g} s.\n"
    )
    energy = "# pJ per action of the full width (softmax unit: per operation of a lane); leak is per cycle.\n"
    area = "# Area in square micrometres of one instance.\n"
    return {
        "ERT.yaml": energy + about + _dump(write_ert(table, architecture)),
        "ART.yaml": area + about + _dump(write_art(table, architecture)),
    }


def save_tables(table: EnergyTable, architecture: Architecture, folder: Path) -> tuple[Path, ...]:
    """Write both files into a folder, which is made if need be: both or none."""
    texts = table_texts(table, architecture)
    write_files(texts, folder)
    return tuple(folder / name for name in texts)


def _dump(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
