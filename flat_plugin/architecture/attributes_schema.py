"""Architectures as a JSON schema: the tree of Timeloop's v0.4 files, and the attributes that are read.

It is made of the vocabulary that the reader uses. Values may be texts: timeloopfe's files compute them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flat_plugin.architecture.subtree import COMPONENT_KEYS, NODE_KEYS
from flat_plugin.architecture.unread_attributes import ESTIMATED, SOFTMAX_KEYS
from flat_plugin.architecture.vocabulary import (
    COMPUTE_KEYS,
    GIVEN,
    STORAGE_KEYS,
    SYSTEM_KEYS,
    UNSUPPORTED,
)
from flat_plugin.workload.widths import TENSORS

Schema = dict[str, Any]
_MEANINGS = {
    **dict.fromkeys(("word_bits", "word_width", "datawidth"), "bits of a word"),
    **dict.fromkeys(("width", "memory_width", "data_storage_width"), "bits of a row"),
    **dict.fromkeys(("depth", "memory_depth", "data_storage_depth", "entries"), "rows"),
    **dict.fromkeys(("block_size", "n_words"), "words of a row"),
    **dict.fromkeys(("num_ports", "n_ports"), "1 or 2"),
    "sizeKB": "size of an instance, 1024 bytes",
    "bandwidth": "words/cycle, half of it for reads and half for writes; an old name",
    "read_bandwidth": "words/cycle of an instance",
    "write_bandwidth": "words/cycle of an instance",
    "shared_bandwidth": "words/cycle of an instance, reads and writes together",
    "read_gb_per_s": "10^9 bytes a second, instead of read_bandwidth",
    "write_gb_per_s": "10^9 bytes a second, instead of write_bandwidth",
    "shared_gb_per_s": "10^9 bytes a second, instead of shared_bandwidth",
    "instances": "of the component, in all",
    "meshX": "instances along X",
    "meshY": "instances along Y",
    "cluster_size": "instances that share one address generator",
    "multiple_buffering": "2 halves the capacity, for double buffering",
    "network_fill_latency": "cycles",
    "network_drain_latency": "cycles",
    "lanes": "of a softmax or top-k unit: elementary operations a cycle",
    "passes": "of a softmax unit over a row: 2 or 3",
    "energy_pj": "pJ an access, or {read: …, write: …}",
    "energy_pj_per_bit": "pJ a bit, or {read: …, write: …}",
    "area_um2": "area of an instance, µm²",
    "global_cycle_seconds": "length of a cycle, s",
    "technology": "such as 45nm, for energies and areas",
}


def architecture_schema() -> Schema:
    """The schema of files that ``flat show`` reads."""
    architecture = _object(
        {"version": {}, "name": _TEXT, "attributes": _reference("system"), "subtree": _nodes("node", 1)}
        | {"nodes": _nodes("element", None)},
        closed=True,
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a Timeloop v0.4 architecture",
        **_object({"architecture": architecture}, required=["architecture"]),
        "$defs": {
            "node": _object(_of_keys(NODE_KEYS, _IN_A_NODE), required=["name"], closed=True),
            "component": _object(_of_keys(COMPONENT_KEYS, _IN_A_COMPONENT), required=["name", "class"]),
            "element": _object({"name": _TEXT, "attributes": _reference("attributes")}),
            "system": _object({name: _said(name) for name in (*SYSTEM_KEYS, *ESTIMATED)} | _TENSOR_BITS),
            "attributes": _object(_attributes()),
        },
    }


_TEXT: Schema = {"type": "string"}
_VALUE = ["number", "string", "boolean", "null", "object", "array"]
_TENSOR_BITS: Schema = {
    "tensor_bits": {
        "description": "bits of the words of each tensor",
        "anyOf": [{"type": ["string", "number"]}, {"type": "object", "propertyNames": {"enum": [*TENSORS]}}],
    }
}


def _reference(name: str) -> Schema:
    return {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}


def _nodes(kind: str, most: int | None) -> Schema:
    items: Schema = {"type": "array", "items": {"$ref": f"#/$defs/{kind}"}, "minItems": 1}
    return items | ({"maxItems": most} if most else {})


_IN_A_NODE: dict[str, Schema] = {
    "name": _TEXT,
    "attributes": _reference("system"),
    "local": {"anyOf": [_nodes("component", None) | {"minItems": 0}, {"type": "null"}]},
    "subtree": _nodes("node", 1),
}
_IN_A_COMPONENT: dict[str, Schema] = {
    "name": _TEXT,
    "class": _TEXT | {"description": "such as DRAM, SRAM, regfile, intmac, softmax_unit or topk_unit"},
    "attributes": _reference("attributes"),
    "enabled": {"enum": [True, "True", "true"]},
}


def _of_keys(keys: Iterable[str], known: dict[str, Schema]) -> dict[str, Schema]:
    return {key: known.get(key, {}) for key in sorted(keys)}


def _attributes() -> dict[str, Schema]:
    """Those that are read, those that only estimators read, and those that must change nothing."""
    names = sorted({*STORAGE_KEYS, *COMPUTE_KEYS, *SOFTMAX_KEYS, *GIVEN})
    neutral = {name: value for name, (value, _) in UNSUPPORTED.items() if name not in _NAMES}
    inert: dict[str, Schema] = {name: {"enum": [None, value]} for name, value in neutral.items()}
    return inert | {name: _said(name) for name in (*ESTIMATED, *names)}


_NAMES = ("power_gated_at",)  # by itself, as every component is


def _said(name: str) -> Schema:
    text = _MEANINGS.get(name) or ESTIMATED.get(name)
    return {"type": _VALUE, **({"description": text} if text else {})}


def _object(properties: dict[str, Schema], *, required: Sequence[str] = (), closed: bool = False) -> Schema:
    found: Schema = {"type": "object", "properties": properties}
    found |= {"required": [*required]} if required else {}
    return found | ({"additionalProperties": False} if closed else {})
