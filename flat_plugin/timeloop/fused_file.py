"""Fused mappings as files: shared loops and staging, and each operator's mapping as Timeloop's.

Version 1 has all shared loops at the outermost memory and stages in the one below it; version 2
names the memories::

    shared: {DRAM: {temporal: {H: 3, M: 8}}, L2: {spatial: {H: 4}}}
    stage: {S: L1, Q: L1, K: L2, V: L2, O: L1}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import Source, load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import TENSORS, Dataflow
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.named import dataflow_document, dataflow_of, named_dataflow
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.timeloop.directives import directive_documents, mapping_directives
from flat_plugin.workload.einsum import Einsum

_KEYS = {"version", "dataflow", "shared", "stage", "operators"}
_LOOPS = {"temporal", "spatial"}


def fused_document(
    mapping: FusedMapping, einsums: Mapping[str, Einsum], architecture: Architecture
) -> dict[str, Any]:
    """``{"fused_mapping": …}``; :func:`read_fused` gives the mapping back."""
    operators = {
        name: directive_documents(mapping_directives(einsums[name], architecture, operator))
        for name, operator in mapping.operators
    }
    flat = _flat(mapping)
    return {
        "fused_mapping": {
            "version": 1 if flat else 2,
            "dataflow": dataflow_document(mapping.dataflow),
            "shared": dict(mapping.trips) if flat else _shared_document(mapping),
            "stage": [name for name in TENSORS if name in mapping.staged] if flat else _stage(mapping),
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
        FlatError: a key is missing or unknown, or :func:`check_fused` finds it wrong.
    """
    content = load(source).get("fused_mapping")
    if not isinstance(content, Mapping) or set(content) - _KEYS or _KEYS - set(content) - {"version"}:
        raise FlatError(
            "not a fused mapping",
            path="fused_mapping",
            value=sorted(map(str, content)) if isinstance(content, Mapping) else content,
            expected="the keys " + ", ".join(sorted(_KEYS)),
        )
    _check_version(content)
    names = [memory.name for memory in architecture.memories]
    if len(names) < 2:
        raise FlatError(
            "a fused mapping needs a memory below the outermost one",
            path=f"architecture {architecture.name}",
        )
    stage = _read_stage(content["stage"] or [], names)
    flow = _read_dataflow(content["dataflow"]).staging(stage)
    stage = {"S": names[1], **stage} if flow.fused else stage
    given = _mapping(content["operators"], "fused_mapping.operators")
    if unknown := sorted(set(map(str, given)) - set(einsums)):
        raise FlatError(
            "unknown operator",
            path="fused_mapping.operators",
            value=unknown[0],
            expected=" and ".join(einsums),
        )
    operators = tuple(
        (name, _operator(given, name, einsum, architecture)) for name, einsum in einsums.items()
    )
    shared = _read_shared(content["shared"], names)
    mapping = FusedMapping(flow, shared, tuple(sorted(stage.items())), operators)
    check_fused(mapping, einsums, names)
    return mapping


def _read_dataflow(content: Any) -> Dataflow:
    """A name, or what a file of the user's own says."""
    if isinstance(content, Mapping):
        return dataflow_of(content, "fused_mapping.dataflow")
    return named_dataflow(str(content))


def _operator(
    given: Mapping[str, Any], name: str, einsum: Einsum, architecture: Architecture
) -> OperatorMapping:
    if name not in given:
        raise FlatError("operator missing", path="fused_mapping.operators", expected=name)
    path = f"fused_mapping.operators.{name}"
    if not isinstance(given[name], list):
        raise FlatError("a mapping is a list of directives", path=path, value=given[name])
    return read_mapping(given[name], einsum, architecture, path)


def _check_version(content: Mapping[str, Any]) -> None:
    named = [content["stage"], *_mapping(content["shared"], "fused_mapping.shared").values()]
    versions = (2,) if any(isinstance(entry, Mapping) for entry in named) else (1, 2)
    if content.get("version", versions[0]) not in versions:
        raise FlatError(
            "unknown version, or one that does not name memories",
            path="fused_mapping.version",
            value=content["version"],
            expected=list(map(str, versions)),
        )


def _flat(mapping: FusedMapping) -> bool:
    """Whether version 1 says it."""
    outer, *inner = mapping.levels
    plain = all(loops.level == outer and not loops.spatial for loops in mapping.shared)
    once = len({d for _, d, _, _ in mapping.loops()}) == len(list(mapping.loops()))
    return plain and once and all(level == inner[0] for _, level in mapping.stage)


def _shared_document(mapping: FusedMapping) -> dict[str, Any]:
    return {
        loops.level: {
            kind: dict(factors)
            for kind, factors in (("temporal", loops.temporal), ("spatial", loops.spatial))
            if factors
        }
        for loops in mapping.shared
    }


def _stage(mapping: FusedMapping) -> dict[str, str]:
    held = dict(mapping.stage)
    return {name: held[name] for name in TENSORS if name in held}


def _read_stage(value: Any, names: Sequence[str]) -> dict[str, str]:
    """A list of what is staged in the memory below the outermost, or a memory for each tensor."""
    path = "fused_mapping.stage"
    if isinstance(value, Mapping):
        if bad := [level for level in value.values() if level not in names]:
            raise FlatError("unknown memory", path=path, value=bad[0], expected=names)
        return {str(tensor).strip().upper(): str(level) for tensor, level in value.items()}
    if not isinstance(value, list):
        raise FlatError("not a list", path=path, value=value, expected="such as [Q, K, S, V, O]")
    return {str(tensor).strip().upper(): names[1] for tensor in value}


def _read_shared(value: Any, names: Sequence[str]) -> tuple[SharedLoops, ...]:
    """``{H: 12, M: 8}`` at the outermost memory, or the loops of each memory by its name."""
    path = "fused_mapping.shared"
    loops = _mapping(value, path)
    if not any(isinstance(entry, Mapping) for entry in loops.values()):
        return (SharedLoops(names[0], _factors(loops, path)),) if loops else ()
    if unknown := [level for level in loops if level not in names]:
        raise FlatError("unknown memory", path=path, value=unknown[0], expected=names)
    found = []
    for level in (name for name in names if name in loops):
        entry = _mapping(loops[level], f"{path}.{level}")
        if unknown := [str(key) for key in entry if key not in _LOOPS]:
            raise FlatError(
                "unknown key", path=f"{path}.{level}", value=unknown[0], expected="temporal, spatial"
            )
        temporal, spatial = (
            _factors(_mapping(entry.get(kind) or {}, f"{path}.{level}.{kind}"), f"{path}.{level}.{kind}")
            for kind in ("temporal", "spatial")
        )
        found.append(SharedLoops(level, temporal, spatial))
    return tuple(found)


def _factors(loops: Mapping[Any, Any], path: str) -> Factors:
    for dimension, trips in loops.items():
        if isinstance(trips, bool) or not isinstance(trips, int) or trips < 1:
            raise FlatError("trips are whole numbers of at least 1", path=f"{path}.{dimension}", value=trips)
    return tuple((str(dimension), trips) for dimension, trips in loops.items())


def _mapping(value: Any, path: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise FlatError("not a mapping", path=path, value=value)
    return dict(value)
