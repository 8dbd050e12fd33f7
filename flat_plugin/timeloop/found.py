"""The mapping that ``timeloop-mapper`` found: its ``map.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.timeloop.components import array_below
from flat_plugin.workload.einsum import Einsum


def read_found(text: str, einsum: Einsum, architecture: Architecture) -> OperatorMapping:
    """Read ``map.yaml``, through the programs or through timeloopfe.

    timeloopfe puts a dummy level ``inter_<array>_spatial`` where an array fans out; its spatial
    loops are those of the memory above, and nothing else happens there.

    Raises:
        FlatError: no mapping, or loops in time at a dummy level.
    """
    document = load(text)
    directives = document.get("mapping") if isinstance(document, Mapping) else None
    if not isinstance(directives, list) or not directives:
        raise FlatError("no mapping", path="mapping", value=directives)
    parents = _dummies(architecture)
    kept = [_at_parent(d, parents) for d in directives if not _idle(d, parents)]
    return read_mapping(kept, einsum, architecture)


def _dummies(architecture: Architecture) -> dict[str, str]:
    """Dummy level -> the memory above it."""
    arrays = {i: array_below(architecture, i) for i in range(len(architecture.memories))}
    return {f"inter_{name}_spatial": architecture.memories[i].name for i, name in arrays.items() if name}


def _idle(directive: Any, parents: dict[str, str]) -> bool:
    """A directive that says nothing: what a dummy level keeps, and its loops of 1."""
    if not isinstance(directive, Mapping) or directive.get("target") not in parents:
        return False
    if directive.get("type") == "temporal":
        factors = str(directive.get("factors", ""))
        if any(int(factor) != 1 for factor in re.findall(r"\d+", factors)):
            raise FlatError("loops at a dummy level", path=str(directive["target"]), value=factors)
    return directive.get("type") != "spatial"


def _at_parent(directive: Any, parents: dict[str, str]) -> Any:
    if isinstance(directive, Mapping) and directive.get("target") in parents:
        return {**directive, "target": parents[str(directive["target"])]}
    return directive
