"""Searching an attention layer, or one operator: the problem, its families and the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.relative import to_order_by
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.array import limits_of
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.declared_space import Space, space_of
from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.held_keys import einsums_of, keep_held
from flat_plugin.mapspace.masked.build import Problem, masked_search
from flat_plugin.mapspace.masked.iterations import without_rows_that_differ
from flat_plugin.mapspace.masked.rounded import families_and_squares
from flat_plugin.mapspace.menu_cache import below_of
from flat_plugin.mapspace.objective import Best, Front
from flat_plugin.mapspace.operator_pairs import chain_of
from flat_plugin.mapspace.operator_side import SCORES, Side
from flat_plugin.mapspace.optimum import Pick, Search
from flat_plugin.mapspace.outer_tilings import Shared, check_size
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.model.operator_work import Work
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import Place, Site, unfused_site
from flat_plugin.model.widths import share
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Layer:
    """An attention layer on an architecture; ``softmax`` is free, serial, overlapped or array.
    ``constraints`` are what mappings keep to, by operator; ``workload`` is what was understood of what this
    is a layer of."""

    attention: Attention
    architecture: Architecture
    energies: EnergyTable
    softmax: str = "serial"
    constraints: Mapping[str, Constraints] = field(default_factory=dict)
    workload: Mapping[str, Any] | None = field(default=None, compare=False)

    def constraints_of(self, operator: str) -> Constraints:
        return self.constraints.get(operator, Constraints())


def chained(architecture: Architecture) -> str:
    """How softmax is chained where nothing is said: serial, or free where there is no unit for it."""
    return "serial" if architecture.softmax else "free"


@dataclass(frozen=True)
class Outcome:
    """What a search found: the picks (or what it began with, where nothing is better), the space, whether it
    was interrupted before the proof, by how much its figures may differ from the engine's, as a part of
    these, and what no mapping that was not looked at goes below, by the objective."""

    picks: tuple[Pick | FusedMapping, ...]
    space: Space
    interrupted: bool
    tolerance: float
    lower: float


def check_searchable(layer: Layer) -> None:
    """
    Raises:
        FlatError: there is no buffer.
    """
    _check_buffer(layer.architecture)


def _check_buffer(architecture: Architecture) -> None:
    if len(architecture.memories) < 2:
        raise FlatError(
            "a search needs a buffer below the outermost memory",
            path=f"architecture {architecture.name}",
        )


def search_layer(
    layer: Layer, dataflows: Sequence[Dataflow], incumbent: Best | Front, *, keep_part: bool = False
) -> Outcome:
    """The best mapping (or front) of a layer over these dataflows' families.

    Args:
        keep_part: interrupted (Ctrl-C), give what was found by then, if anything was.

    Raises:
        InvalidMapping: nothing fits the buffer.
        KeyboardInterrupt: it was interrupted, and a part of an answer is none.
    """
    check_searchable(layer)
    energies, own = to_order_by(layer.energies, layer.architecture), layer.energies
    layer = replace(layer, attention=without_rows_that_differ(layer.attention), energies=energies)
    starts = [
        partial(_started, layer, family, square, own)
        for dataflow in dataflows
        for family, square in families_and_squares(dataflow, layer.attention, layer.architecture)
    ]
    return _run(layer.architecture, starts, incumbent, keep_part)


def _run(
    architecture: Architecture,
    starts: Sequence[Callable[[], Search]],
    incumbent: Best | Front,
    keep_part: bool,
) -> Outcome:
    """Start and run searches one after the other; interrupted, what there is by then if ``keep_part``."""
    _check_buffer(architecture)
    searches: list[Search] = []
    interrupted = False
    try:
        for start in starts:
            searches.append(start())
            searches[-1].run(incumbent)
    except KeyboardInterrupt:
        if incumbent.empty or not keep_part or not searches:
            raise
        interrupted = True
    if incumbent.empty:
        buffer = architecture.memories[1]
        names = ", ".join(dict.fromkeys(search.family.dataflow.name for search in searches))
        raise InvalidMapping(
            f"no mapping of {names} fits {buffer.name} of {buffer.capacity:,.0f} words",
            level=buffer.name,
            capacity=int(min(buffer.capacity, 2**62)),
        )
    picks = (incumbent.payload,) if isinstance(incumbent, Best) else incumbent.payloads
    tolerance = max(search.tolerance for search in searches)
    begun = len(searches) == len(starts)
    lower = min(search.lower for search in searches) * (1 - tolerance) if begun else 0.0
    return Outcome(tuple(picks), space_of(searches), interrupted, tolerance, lower)  # type: ignore[arg-type]


def search_operator(
    einsum: Einsum,
    architecture: Architecture,
    energies: EnergyTable,
    incumbent: Best | Front,
    constraints: Constraints | None = None,
) -> Outcome:
    """The best mapping of one operator alone, every tile of the buffer double buffered.

    Raises:
        InvalidMapping: nothing fits the buffer.
    """
    dataflow = Dataflow("base-opt", fused=False, searched=True)
    family = Family(dataflow, (Shared(),))
    structure = structure_of(einsum)
    check_size(structure, family.shared)
    limits = limits_of(constraints or Constraints(), structure, architecture)
    ordering = to_order_by(energies, architecture)
    below = below_of(structure, architecture, ordering, limits=limits)
    room = [architecture.memories[1].capacity]
    side = Side.of(below, architecture, family.shared, room, fused=False)
    chain = chain_of(architecture, [None], [0.0], fused=False, serial=False)
    search = Search(family, [side], chain)
    return _run(architecture, [lambda: search], incumbent, keep_part=False)


def _started(layer: Layer, family: Family, square: Attention, own: EnergyTable) -> Search:
    """The search of one family, made.

    Args:
        square: the dense layer whose lengths tiles divide.
        own: energies of the layer's own, which may be unknown.
    """
    if layer.attention == square:
        return family_search(layer, family)
    architecture = layer.architecture
    limits = {
        einsum.name: limits_of(layer.constraints_of(einsum.name), structure_of(einsum), architecture)
        for einsum in layer.attention.einsums()
    }
    problem = Problem(layer.attention, square, architecture, layer.energies, own, layer.softmax, limits)
    return masked_search(problem, family)


def family_search(layer: Layer, family: Family) -> Search:
    """The search of one family."""
    architecture = layer.architecture
    numbers = range(len(family.shared))
    held = [_held(layer.attention, architecture, family, number) for number in numbers]
    works = [_softmax(layer, family, number) for number in numbers]
    room = [architecture.memories[1].capacity - words for words in held]
    structures = [structure_of(einsum) for einsum in einsums_of(family, layer.attention, architecture)]
    for structure in structures:
        check_size(structure, family.shared)
    sides = []
    for structure in structures:
        einsum = structure.einsum
        limits = limits_of(layer.constraints_of(einsum.name), structure, architecture)
        below = below_of(structure, architecture, layer.energies, family.spanned, limits)
        sides.append(Side.of(below, architecture, family.shared, room, family.fused))
    keep_held(family, sides[0])
    chain = chain_of(layer.architecture, works, held, fused=family.fused, serial=layer.softmax == "serial")
    return Search(family, sides, chain)


def mapping_of(pick: Pick | FusedMapping) -> FusedMapping:
    """A pick as a mapping; what a search began with as it is."""
    if isinstance(pick, FusedMapping):
        return pick
    search = pick.search
    side = search.sides[0]
    number = int(side.rows.shared[pick.rows[0]])
    shared = search.family.shared[number]
    operators = tuple(
        (side.structure.einsum.name, side.mapping(row, choice))
        for side, row, choice in zip(search.sides, pick.rows, pick.choices, strict=True)
    )
    stage = _staged(pick) if search.family.fused else frozenset[str]()
    dataflow = replace(search.family.dataflow, stage=stage)
    mapping = FusedMapping.below_outermost(dataflow, shared.trips, stage, operators)
    return search.finished(mapping, number)


def confirmed(mapping: FusedMapping, layer: Layer) -> FusedMapping:
    """The mapping itself, if it keeps to the layer's constraints.

    Raises:
        InvalidMapping: it does not: the search kept to what it can, and this is not among it.
    """
    for name, operator in mapping.operators:
        if said := layer.constraints_of(name).broken_by(operator, layer.architecture):
            raise InvalidMapping(f"the mapping found for {name} breaks what is not searched: {said}")
    return mapping


def _staged(pick: Pick) -> frozenset[str]:
    """The tensors whose buffer tile is their whole tile of the shared loops."""
    found = {"S"}
    for side, row in zip(pick.search.sides, pick.rows, strict=True):
        for t, tensor in enumerate(side.structure.names):
            if tensor not in SCORES and side.whole(t, np.array([row])).all():
                found.add(tensor)
    return frozenset(found)


def _held(attention: Attention, architecture: Architecture, family: Family, number: int) -> float:
    """Words that the buffer holds whatever the operators do: the scores, online with two words a row."""
    if not family.fused:
        return 0.0
    sizes, shared = attention.logit().sizes, family.shared[number]
    taken = share(attention.widths.S, architecture.memories[1])
    rows = prod(sizes[d] // shared[d] for d in attention.logit().output.dimensions if d != "N")
    keys = sizes["N"] // shared["N"]
    return taken * (rows * keys + (2 * rows if family.dataflow.online else 0))


def _softmax(layer: Layer, family: Family, number: int) -> Work | None:
    if layer.softmax == "free":
        return None
    through = 0.0 if family.fused else 1.0
    site = unfused_site(layer.attention, layer.architecture)
    if family.fused:
        attention, tiles = layer.attention, family.shared[number]["N"]
        place = Place(1, attention.score_rows, attention.keys)
        site = Site(place, place, tiles if family.dataflow.online else None, tiles)
    on_array = layer.softmax == "array"
    return softmax_of(
        layer.attention, layer.architecture, layer.energies, site, through_dram=through, on_array=on_array
    )
