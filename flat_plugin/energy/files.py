"""ERT and ART files with their provenance in the header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.recorded import RECORDED
from flat_plugin.energy.tables import write_art, write_ert

# Measured: above 1 ns Accelergy's Aladdin tables answer with a slower, smaller design.
_RECORDED_AT = (
    "# Recorded at a 1 ns cycle; leak is scaled with the cycle. At cycles over 1 ns Accelergy itself",
    "# answers less for Aladdin's arithmetic (a 16-bit intmac: 2.43 instead of 3.275 pJ).",
)


def table_texts(table: EnergyTable, architecture: Architecture) -> dict[str, str]:
    """``ERT.yaml`` (pJ per action of the full width) and ``ART.yaml`` (µm² per instance) as text."""
    header = _header(table, architecture)
    return {
        "ERT.yaml": "# pJ per action of the full width; leak is per cycle.\n"
        + header
        + _dump(write_ert(table, architecture)),
        "ART.yaml": "# Area in square micrometres of one instance.\n"
        + header
        + _dump(write_art(table, architecture)),
    }


def save_tables(table: EnergyTable, architecture: Architecture, folder: Path) -> None:
    """Write both files into a folder."""
    for name, text in table_texts(table, architecture).items():
        (folder / name).write_text(text, encoding="utf-8")


def _header(table: EnergyTable, architecture: Architecture) -> str:
    lines = [
        f"# Architecture {architecture.name}: {architecture.technology}, "
        f"cycle {architecture.cycle_seconds:.6g} s.",
        f"# Source: {table.source}.",
        *(_RECORDED_AT if table.source == RECORDED else ()),
    ]
    lines += [
        f"#   {name}: {component.estimator}"
        for name, component in table.components.items()
        if component.estimator
    ]
    return "\n".join(lines) + "\n"


def _dump(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
