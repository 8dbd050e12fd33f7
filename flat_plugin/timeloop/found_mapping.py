"""The mapping that ``timeloop-mapper`` found: its ``map.yaml``."""

from __future__ import annotations

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.workload.einsum import Einsum


def read_found(text: str, einsum: Einsum, architecture: Architecture) -> OperatorMapping:
    """Read ``map.yaml``, as the programs write it or as it comes through timeloopfe.

    Raises:
        FlatError: no mapping, or one that is not of this problem and architecture.
    """
    directives = load(text).get("mapping")
    if not isinstance(directives, list) or not directives:
        raise FlatError("no mapping", path="mapping", value=directives)
    return read_mapping(directives, einsum, architecture)
