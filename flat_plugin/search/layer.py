"""Searching an attention layer, or one operator: the problem, its families and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.softmax import softmax_work
from flat_plugin.model.work import Work
from flat_plugin.search.below import Below
from flat_plugin.search.declared import Space, space_of
from flat_plugin.search.family import Family, family_of
from flat_plugin.search.join import chain_of
from flat_plugin.search.objective import Best, Front
from flat_plugin.search.optimum import Pick, Search
from flat_plugin.search.side import Side, Terms
from flat_plugin.search.structure import structure_of
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

_SCORES = ("S", "P")
_EDGES = ("Q", "K", "O")


@dataclass(frozen=True)
class Layer:
    """An attention layer on an architecture; ``softmax`` is free, serial or overlapped."""

    attention: Attention
    architecture: Architecture
    energies: EnergyTable
    softmax: str = "serial"


@dataclass(frozen=True)
class Outcome:
    """What a search found: the picks, the space, and whether it ended by itself."""

    picks: tuple[Pick, ...]
    space: Space
    proven: bool


def search_layer(layer: Layer, dataflows: Sequence[Dataflow], incumbent: Best | Front) -> Outcome:
    """The best mapping (or front) of a layer over these dataflows' families.

    Raises:
        InvalidMapping: nothing fits the buffer.
    """
    if len(layer.architecture.memories) < 2:
        raise FlatError(
            "a search needs a buffer below the outermost memory",
            path=f"architecture {layer.architecture.name}",
        )
    proven = True
    belows: dict[tuple[str, int], Below] = {}
    searches: list[Search] = []
    try:
        for dataflow in dataflows:
            searches.append(family_search(layer, family_of(dataflow, layer.attention), belows))
            searches[-1].run(incumbent)
    except KeyboardInterrupt:
        if incumbent.empty:
            raise
        proven = False
    if incumbent.empty:
        buffer = layer.architecture.memories[1]
        names = ", ".join(dataflow.name for dataflow in dataflows)
        raise InvalidMapping(
            f"no mapping of {names} fits {buffer.name} of {buffer.capacity:,.0f} words",
            level=buffer.name,
            capacity=int(min(buffer.capacity, 2**62)),
        )
    picks = (incumbent.payload,) if isinstance(incumbent, Best) else incumbent.payloads
    return Outcome(tuple(picks), space_of(searches), proven)  # type: ignore[arg-type]


def family_search(layer: Layer, family: Family, belows: dict[tuple[str, int], Below]) -> Search:
    """The search of one family; ``belows`` are the operators' menus, which families share."""
    sides = []
    capacity = layer.architecture.memories[1].capacity
    held = [_scores(layer.attention, family, number) for number in range(len(family.shared))]
    works = [_softmax(layer, family, number) for number in range(len(family.shared))]
    for einsum in layer.attention.einsums():
        key = einsum.name, family.spanned
        if key not in belows:
            belows[key] = Below(structure_of(einsum), layer.architecture, layer.energies, family.spanned)
        room = [capacity - words for words in held]
        sides.append(Side(belows[key], _terms(einsum, family.fused), family.shared, room, family.fused))
    chain = chain_of(
        layer.architecture, works, held, fused=family.fused, serial=layer.softmax == "serial"
    )
    return Search(family, sides, chain)


def mapping_of(pick: Pick) -> FusedMapping:
    """A pick as a mapping."""
    search = pick.search
    side = search.sides[0]
    shared = search.family.shared[int(side.rows.shared[pick.rows[0]])]
    operators = tuple(
        (side.structure.einsum.name, side.mapping(row, choice))
        for side, row, choice in zip(search.sides, pick.rows, pick.choices, strict=True)
    )
    stage = _staged(pick) if search.family.fused else frozenset[str]()
    dataflow = search.family.dataflow
    return FusedMapping(
        Dataflow(dataflow.name, dataflow.fused, stage=stage, online=dataflow.online, searched=dataflow.searched),
        shared.trips,
        stage,
        operators,
    )


def _staged(pick: Pick) -> frozenset[str]:
    """The tensors whose buffer tile is their whole tile of the shared loops."""
    found = {"S"}
    for side, row in zip(pick.search.sides, pick.rows, strict=True):
        own = side.rows.trips[:, row]
        for tensor, indexing in zip(side.structure.names, side.structure.indexing, strict=True):
            if tensor not in _SCORES and all(own[d] == 1 for d in indexing):
                found.add(tensor)
    return frozenset(found)


def _terms(einsum: Einsum, fused: bool) -> Terms:
    """Unfused, every tile is double buffered; fused, the scores are counted with the shared loops."""
    names = [tensor.name for tensor in einsum.tensors]
    chip = tuple(fused and name in _SCORES for name in names)
    return Terms(
        tuple(0 if on_chip else 2 for on_chip in chip),
        tuple(fused and name in _EDGES for name in names),
        chip,
    )


def _scores(attention: Attention, family: Family, number: int) -> float:
    """Words of the scores that shared loops hold on chip."""
    if not family.fused:
        return 0.0
    shared = family.shared[number]
    words = 1.0
    for dimension in attention.logit().output.dimensions:
        words *= attention.logit().sizes[dimension] // shared[dimension]
    return words


def _softmax(layer: Layer, family: Family, number: int) -> Work | None:
    if layer.softmax == "free":
        return None
    return softmax_work(
        layer.attention.softmax_elements,
        layer.attention.keys,
        layer.architecture,
        layer.energies,
        through_dram=0.0 if family.fused else 1.0,
    )
