"""The named dataflows that ship with the package, one file each."""

from __future__ import annotations

import re
from typing import Any

from flat_plugin.arguments import checked
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.resources import resource_folder

_ROWS = re.compile(r"(?P<family>.+-r)(?P<rows>[1-9]\d{0,17})")


def list_dataflows() -> tuple[Dataflow, ...]:
    """Every named dataflow; ``flat-r`` leaves the rows open, flat-r1, flat-r2, … give them."""
    files = sorted(resource_folder("mappings").glob("*.yaml"))
    return tuple(_read(load(file)) for file in files)


@checked
def parse_dataflow(name: str) -> Dataflow:
    """``base``, ``base-h``, ``flat-h``, ``flat-r64``, …

    Raises:
        FlatError: no dataflow of this name.
    """
    wanted = name.strip().lower()
    known = {dataflow.name: dataflow for dataflow in list_dataflows()}
    match = _ROWS.fullmatch(wanted)
    if match and match["family"] in known:
        return known[match["family"]].with_rows(int(match["rows"]))
    if wanted in known:
        return known[wanted]
    names = [n + "[<rows>]" if flow.granularity == "R" else n for n, flow in known.items()]
    raise FlatError("unknown dataflow", path="dataflow", value=name, expected=names)


def _read(document: dict[str, Any]) -> Dataflow:
    fields = document["dataflow"]
    return Dataflow(
        fields["name"],
        fields["fused"],
        fields.get("granularity"),
        description=fields.get("description", ""),
        searched=fields.get("searched", False),
        online=fields.get("online", False),
    )
