"""What the picture of a mapping shows: of a run's ``result.json``, or of an estimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.capacity import layer_name, shape_text
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.operator_work import Traffic

_ORDER = {"logit": ("Q", "K", "S"), "attend": ("S", "V", "O")}  # the result last


@dataclass(frozen=True)
class Lane:
    """One operator: the tensors that each level keeps, outermost level first, and by tensor the words that
    each level reads and writes."""

    name: str
    kept: tuple[tuple[str, ...], ...]
    words: Mapping[str, tuple[tuple[float, float], ...]]

    def moves(self, tensor: str) -> Iterator[tuple[int, int, float, float]]:
        """(row, row below, words down, words up) between the levels that keep a tensor, and from the last of
        them to the multiply-accumulators.

        What a level writes of a result came from below, but for what the level above it gave back.
        """
        rows = [row for row, kept in enumerate(self.kept) if tensor in kept]
        result, given = tensor == _ORDER[self.name][-1], 0.0
        for row, below in zip(rows, [*rows[1:], len(self.kept)], strict=True):
            reads, writes = self.words[tensor][row]
            yield row, below, reads, max(writes - given, 0.0) if result else 0.0
            given = reads


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    ``staged`` is by tensor the level that holds its whole tile of the shared loops. ``tiles`` are the shapes
    that a level holds together, by tensor; unfused, those of the operator that needs most.
    """

    levels: tuple[str, ...]
    lanes: tuple[Lane, ...]
    shared: tuple[tuple[str, int], ...]
    staged: Mapping[str, str]
    tiles: Mapping[str, Mapping[str, str]]
    fused: bool

    def shape(self, level: str, lane: Lane, tensor: str) -> str:
        """The tile of a tensor in a level; empty where it is not known to be this operator's."""
        row, tiles = self.levels.index(level), self.tiles.get(level, {})
        meets = self.levels.index(self.staged["S"]) if self.fused and "S" in self.staged else 1
        own = set().union(*lane.kept)
        return tiles.get(tensor, "") if row <= meets and (self.fused or set(tiles) <= own) else ""


def picture(document: Mapping[str, Any]) -> Picture | None:
    """From a run's ``result.json``; None where it holds no mapping."""
    whole, estimate = document.get("mapping"), document.get("estimate")
    if not whole or not estimate:
        return None
    mapping = whole.get("fused_mapping", whole)
    levels = tuple(memory["name"] for memory in document["architecture"]["memories"])
    lanes = tuple(
        Lane(name, _kept(directives, levels), _words(estimate["operators"][name]["tensors"], levels))
        for name, directives in mapping["operators"].items()
        if name in estimate["operators"] and name in _ORDER
    )
    tiles = {level: _tiles(entry.get("terms", ())) for level, entry in estimate["capacity"]["levels"].items()}
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
        dict(mapping.stage),
        {need.buffer: _tiles([term.to_dict() for term in need.terms]) for need in estimate.requirements},
        mapping.dataflow.fused,
    )


def _lane(name: str, nest: OperatorMapping, traffic: Mapping[str, Traffic]) -> Lane:
    kept = tuple(
        tuple(tensor for tensor in _ORDER[name] if tensor not in map(layer_name, level.bypass))
        for level in nest.levels
    )
    depth = range(len(nest.levels))
    return Lane(name, kept, {tensor: tuple(map(each.level, depth)) for tensor, each in traffic.items()})


def _words(tensors: Mapping[str, Any], levels: Sequence[str]) -> dict[str, tuple[tuple[float, float], ...]]:
    return {
        tensor: tuple((each["levels"][name]["reads"], each["levels"][name]["writes"]) for name in levels)
        for tensor, each in tensors.items()
    }


def _tiles(terms: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The shapes of the tiles that are live together, by tensor."""
    shapes = {}
    for term in terms:
        shape, copies = shape_text(term["extents"]), term["copies"]
        shapes[term["tensor"]] = shape if copies == 1 else f"{copies} × {shape}"
    return shapes


def _shared(document: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """Trips of the shared loops by dimension, of all memories together."""
    found: dict[str, int] = {}
    for name, entry in document.items():
        loops = [entry] if isinstance(entry, Mapping) else [{"temporal": {name: entry}}]
        for factors in (factors for memory in loops for factors in memory.values()):
            for dimension, trips in factors.items():
                found[dimension] = found.get(dimension, 1) * int(trips)
    return tuple((dimension, trips) for dimension, trips in found.items() if trips > 1)


def _staged(document: Any, levels: Sequence[str]) -> dict[str, str]:
    """By tensor the level that holds it for a whole shared iteration: the second where none is named."""
    if isinstance(document, Mapping):
        return {str(tensor): str(level) for tensor, level in document.items()}
    return dict.fromkeys(map(str, document or ()), levels[1])


def _kept(directives: Sequence[Mapping[str, Any]], levels: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    keeps: dict[str, tuple[str, ...]] = dict.fromkeys(levels, ())
    for directive in directives:
        if directive.get("type") in ("bypass", "datatype", "dataspace") and directive["target"] in keeps:
            keeps[directive["target"]] = tuple(layer_name(str(name)) for name in directive.get("keep") or ())
    return tuple(keeps[level] for level in levels)
