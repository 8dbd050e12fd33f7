"""What the picture of a mapping shows: of a run's ``result.json``, or of an estimate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.capacity import layer_name
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.work import Traffic

_TERM = re.compile(r"(?:(\d+)·)?([A-Z])\[([^\]]*)\]")
_ORDER = {"logit": ("Q", "K", "S"), "attend": ("S", "V", "O")}


@dataclass(frozen=True)
class Lane:
    """One operator: the tensors that each level keeps, outermost level first, and their words."""

    name: str
    kept: tuple[tuple[str, ...], ...]
    traffic: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    ``tiles`` are the shapes held in the buffer, by tensor; unfused, those of the operator that needs most.
    """

    levels: tuple[str, ...]
    lanes: tuple[Lane, ...]
    shared: tuple[tuple[str, int], ...]
    staged: frozenset[str]
    tiles: Mapping[str, str]
    fused: bool


def picture(document: Mapping[str, Any]) -> Picture | None:
    """From a run's ``result.json``; None where it holds no mapping."""
    whole, estimate = document.get("mapping"), document.get("estimate")
    if not whole or not estimate:
        return None
    mapping = whole.get("fused_mapping", whole)
    levels = tuple(memory["name"] for memory in document["architecture"]["memories"])
    lanes = tuple(
        Lane(name, _kept(directives, levels), estimate["operators"][name]["tensors"])
        for name, directives in mapping["operators"].items()
        if name in estimate["operators"]
    )
    tiles = _tiles(str(estimate["capacity"]["inequality"]).partition("=")[0])
    outermost = [lane.kept[0] for lane in lanes]
    fused = bool(outermost) and not any("S" in kept for kept in outermost)
    return Picture(levels, lanes, _shared(mapping["shared"]), _staged(mapping["stage"], levels), tiles, fused)


def picture_of(estimate: Estimate) -> Picture | None:
    """From an estimate; None of what holds no attention."""
    mapping = estimate.mapping
    lanes = tuple(
        _lane(name, nest, estimate.operators[name].traffic)
        for name, nest in mapping.operators
        if name in _ORDER and name in estimate.operators
    )
    if not lanes:
        return None
    return Picture(
        mapping.levels,
        lanes,
        tuple((dimension, trips) for dimension, trips in mapping.trips if trips > 1),
        frozenset(tensor for tensor, level in mapping.stage if level == mapping.levels[1]),
        _tiles(" + ".join(map(str, estimate.requirement.terms))),
        mapping.dataflow.fused,
    )


def _lane(name: str, nest: OperatorMapping, traffic: Mapping[str, Traffic]) -> Lane:
    kept = tuple(
        tuple(tensor for tensor in _ORDER[name] if tensor not in map(layer_name, level.bypass))
        for level in nest.levels
    )
    parts = ("dram_reads", "dram_writes", "buffer_reads", "buffer_writes")
    words = {tensor: {part: getattr(each, part) for part in parts} for tensor, each in traffic.items()}
    return Lane(name, kept, words)


def _tiles(terms: str) -> dict[str, str]:
    """The shapes in a sum of tiles, by tensor."""
    found = ((m[1], m[2], m[3]) for m in _TERM.finditer(terms))
    return {name: shape if copies is None else f"{copies} × {shape}" for copies, name, shape in found}


def _shared(document: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """Trips of the shared loops by dimension, of all memories together."""
    found: dict[str, int] = {}
    for name, entry in document.items():
        loops = [entry] if isinstance(entry, Mapping) else [{"temporal": {name: entry}}]
        for factors in (factors for memory in loops for factors in memory.values()):
            for dimension, trips in factors.items():
                found[dimension] = found.get(dimension, 1) * int(trips)
    return tuple((dimension, trips) for dimension, trips in found.items() if trips > 1)


def _staged(document: Any, levels: Sequence[str]) -> frozenset[str]:
    """What the second memory holds for a whole shared iteration."""
    if isinstance(document, Mapping):
        return frozenset(tensor for tensor, level in document.items() if level == levels[1])
    return frozenset(map(str, document or ()))


def _kept(directives: Sequence[Mapping[str, Any]], levels: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    keeps: dict[str, tuple[str, ...]] = dict.fromkeys(levels, ())
    for directive in directives:
        if directive.get("type") in ("bypass", "datatype", "dataspace") and directive["target"] in keeps:
            keeps[directive["target"]] = tuple(layer_name(str(name)) for name in directive.get("keep") or ())
    return tuple(keeps[level] for level in levels)
