"""Fused mappings as files: shared loops and staging, and each operator's mapping as Timeloop's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import Source, load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import TENSORS, Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.timeloop.directives import directive_documents, mapping_directives
from flat_plugin.workload.einsum import Einsum

_KEYS = {"version", "dataflow", "shared", "stage", "operators"}


def fused_document(
    mapping: FusedMapping, einsums: Mapping[str, Einsum], architecture: Architecture
) -> dict[str, Any]:
    """``{"fused_mapping": …}``; :func:`read_fused` gives the mapping back."""
    operators = {
        name: directive_documents(mapping_directives(einsums[name], architecture, operator))
        for name, operator in mapping.operators
    }
    return {
        "fused_mapping": {
            "version": 1,
            "dataflow": mapping.dataflow.name,
            "shared": dict(mapping.shared),
            "stage": [name for name in TENSORS if name in mapping.stage],
            "operators": operators,
        }
    }


def fused_text(mapping: FusedMapping, einsums: Mapping[str, Einsum], architecture: Architecture) -> str:
    """:func:`fused_document` as YAML."""
    document = fused_document(mapping, einsums, architecture)
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=100)


def read_fused(
    source: Source,
    einsums: Mapping[str, Einsum],
    architecture: Architecture,
) -> FusedMapping:
    """Read a fused mapping and check that its operators really share the loops that it names.

    Raises:
        FlatError: a key is missing or unknown, an operator is missing, a shared loop is not an
            outermost loop of an operator, or a fused intermediate goes through DRAM.
    """
    content = load(source).get("fused_mapping")
    if not isinstance(content, Mapping) or set(content) - _KEYS or _KEYS - set(content) - {"version"}:
        raise FlatError(
            "not a fused mapping",
            path="fused_mapping",
            value=sorted(content) if isinstance(content, Mapping) else content,
            expected="the keys " + ", ".join(sorted(_KEYS)),
        )
    dataflow = parse_dataflow(str(content["dataflow"])).staging(map(str, content["stage"] or []))
    operators = _mapping(content["operators"], "fused_mapping.operators")
    mappings = []
    for name, einsum in einsums.items():
        if name not in operators:
            raise FlatError("operator missing", path="fused_mapping.operators", expected=name)
        operator = read_mapping({"mapping": operators[name]}, einsum, architecture)
        _check_size(name, operator, einsum)
        mappings.append((name, operator))
    perfect = all(operator.perfect for _, operator in mappings)
    shared = _shared(content["shared"], next(iter(einsums.values())), perfect)
    for name, operator in mappings:
        _check_shared(name, operator, shared, dataflow)
    return FusedMapping(dataflow, tuple(shared.items()), dataflow.stage or frozenset(), tuple(mappings))


def _check_size(name: str, operator: OperatorMapping, einsum: Einsum) -> None:
    sizes = [(d, operator.covers(d), bound) for d, bound in einsum.bounds if operator.covers(d) != bound]
    if sizes:
        raise FlatError(
            f"the mapping is for another size of {name}",
            path=f"fused_mapping.operators.{name}",
            value=", ".join(f"{d}={there}" for d, there, _ in sizes),
            expected=", ".join(f"{d}={here}" for d, _, here in sizes)
            + ", or the size that the mapping is for (--seq, --batch or --attention)",
        )


def _shared(value: Any, einsum: Einsum, perfect: bool) -> dict[str, int]:
    loops = _mapping(value, "fused_mapping.shared")
    for dimension, trips in loops.items():
        size = einsum.sizes.get(dimension)
        whole = size is not None and isinstance(trips, int) and 1 <= trips <= size
        if not whole or (perfect and size % trips):
            raise FlatError(
                "a shared loop divides its dimension",
                path=f"fused_mapping.shared.{dimension}",
                value=trips,
                expected=f"a divisor of {size}" if size else "one of " + ", ".join(einsum.dimensions),
            )
    return dict(loops)


def _check_shared(
    name: str, operator: OperatorMapping, shared: Mapping[str, int], dataflow: Dataflow
) -> None:
    path = f"fused_mapping.operators.{name}"
    outer = operator.levels[0]
    loops = [(d, f) for d, f in reversed(outer.temporal) if f > 1]
    expected = [(d, f) for d, f in shared.items() if f > 1]
    if loops[: len(expected)] != expected:
        raise FlatError(
            f"the outermost loops of {outer.level} are not the shared loops",
            path=path,
            value=loops,
            expected=" ".join(f"{d}={f}" for d, f in expected) + ", outermost first",
        )
    intermediate = {"logit": "S", "attend": "P"}.get(name)
    if dataflow.fused and intermediate not in outer.bypass:
        raise FlatError(
            f"fused, yet {intermediate} is kept in {outer.level}",
            path=path,
            expected=f"{intermediate} under bypass of {outer.level}",
        )


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise FlatError("not a mapping", path=path, value=value)
    return dict(value)
