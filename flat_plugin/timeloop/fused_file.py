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
from flat_plugin.documents import Source, load, missing
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import TENSORS, Dataflow
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.named import dataflow_document, dataflow_of, named_dataflow
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.schema import check
from flat_plugin.timeloop.directives import directive_documents, mapping_directives
from flat_plugin.timeloop.fused_form import FusedFile
from flat_plugin.workload.einsum import Einsum

_LOOPS = ("temporal", "spatial")


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
    mapping = parse_fused(source, einsums, architecture)
    check_fused(mapping, einsums, [memory.name for memory in architecture.memories])
    return mapping


def parse_fused(
    source: Source,
    einsums: Mapping[str, Einsum],
    architecture: Architecture,
) -> FusedMapping:
    """A fused mapping as it is written, for whichever sizes.

    Raises:
        FlatError: a key is missing or unknown.
    """
    document = load(source)
    if "fused_mapping" not in document:
        raise missing("fused_mapping", document)
    content = check(FusedFile, document, closed=True)["fused_mapping"]
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
    given = content["operators"]
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
    return FusedMapping(flow, shared, tuple(sorted(stage.items())), operators)


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
    return read_mapping(given[name], einsum, architecture, f"fused_mapping.operators.{name}")


def _check_version(content: Mapping[str, Any]) -> None:
    named = [content["stage"], *content["shared"].values()]
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
    return {str(tensor).strip().upper(): names[1] for tensor in value}


def _read_shared(value: Mapping[str, Any], names: Sequence[str]) -> tuple[SharedLoops, ...]:
    """``{H: 12, M: 8}`` at the outermost memory, or the loops of each memory by its name."""
    if not any(isinstance(entry, Mapping) for entry in value.values()):
        return (SharedLoops(names[0], tuple(value.items())),) if value else ()
    if unknown := [level for level in value if level not in names]:
        raise FlatError("unknown memory", path="fused_mapping.shared", value=unknown[0], expected=names)
    return tuple(
        SharedLoops(level, *(tuple((value[level].get(kind) or {}).items()) for kind in _LOOPS))
        for level in names
        if level in value
    )
