"""A dataflow made concrete: staging, shared loops and every operator's own loops.

Staged tensors hold their whole tile of the shared loops; what is streamed shares the rest of the
buffer, the operators that stream in equal parts. Where the dataflow leaves staging open, the first
of ``STAGINGS`` that fits is taken: streaming Q and O costs no traffic, streaming K and V does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import prod

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.relative import to_order_by
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.fixed import FREE, Constraints
from flat_plugin.mapspace.constraints.space_files import layer_constraints
from flat_plugin.mapspace.layer import Layer, chained, confirmed, mapping_of, search_layer
from flat_plugin.mapspace.masked_rows import climbed, heads_in_turn, least_touched
from flat_plugin.mapspace.objective import Best, Front, front_for, objective_for
from flat_plugin.mapspace.operator import choose
from flat_plugin.mapspace.operator_spaces import check_staged, fused_spaces, unfused_space
from flat_plugin.mapspace.tile_sizes import heights_of
from flat_plugin.model.capacity import (
    Requirement,
    layer_name,
    meeting_level,
    misfit,
    requirements,
)
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

STAGINGS = tuple(frozenset(names) for names in ("QKSVO", "KSV", "QSO", "S"))
_BUSY = 0.95  # of the array at least, if a tile can
_APART = 0.6  # heights that are tried under a mask


def map_dataflow(
    attention: Attention,
    architecture: Architecture,
    dataflow: Dataflow,
    energies: EnergyTable,
    *,
    spill: bool = False,
    softmax: str | None = None,
    constraints: Mapping[str, Constraints] | None = None,
    objective: str | None = None,
) -> FusedMapping:
    """The mapping of an attention layer under a dataflow; a searched one gives its best by the objective.

    Args:
        objective: of a searched dataflow; EDP if not given, or without an energy table latency.
        softmax: how a searched dataflow chains it: ``free``, ``serial``, ``overlapped`` or ``array``;
            serial if not given and there is a unit.
        constraints: what the mapping keeps to, by operator; the architecture's own if not given.
        spill: let the intermediate S overflow the buffer; its share that does not fit goes to
            the outermost memory. Everything else must still fit.

    Raises:
        InvalidMapping: it does not fit; the message is the inequality.
        FlatError: the rows do not divide the queries, or there is no buffer.
    """
    if len(architecture.memories) < 2:
        raise FlatError(
            "a fused dataflow needs a buffer below the outermost memory",
            path=f"architecture {architecture.name}",
        )
    fixed = layer_constraints(attention, architecture) if constraints is None else constraints
    attention = attention.without_idle_mask()
    chain = softmax or chained(architecture)
    if dataflow.searched:
        return _searched(Layer(attention, architecture, energies, chain, fixed), dataflow, objective)
    refused: InvalidMapping | None = None
    layer = Layer(attention, architecture, to_order_by(energies, architecture), chain, fixed)
    for overflow in (False, True) if spill else (False,):  # what fits whole does not spill

        def mapped(concrete: Dataflow, overflow: bool = overflow) -> FusedMapping:
            return _map(attention, architecture, concrete, energies, overflow, fixed)

        for stage in _stagings(dataflow):
            staged = replace(dataflow, stage=stage)
            try:
                if not attention.mask.full and _open_rows(dataflow, attention) and not dataflow.fused:
                    return climbed(staged, layer, cache(mapped))
                if not attention.mask.full:
                    return least_touched(_concrete(staged, attention, architecture), layer, mapped)
                return _first_busy(staged, attention, architecture, mapped)
            except InvalidMapping as error:
                refused = refused or error
    assert refused is not None
    raise refused


def _searched(layer: Layer, dataflow: Dataflow, objective: str | None) -> FusedMapping:
    """The best mapping of a dataflow that is searched, of a layer that searches know."""
    from flat_plugin.mapspace.best import best_of  # named dataflows need no search

    _check_searched(dataflow)
    best = Best(objective_for(objective, layer.energies))
    return confirmed(best_of(layer, [dataflow], best).mapping, layer)


def map_front(layer: Layer, dataflow: Dataflow) -> tuple[FusedMapping, ...]:
    """The mappings of a searched dataflow that none of its others beats in energy and latency.

    Raises:
        InvalidMapping: none fits.
        FlatError: the layer is none that is searched, or the factors of fronts are not perfect.
    """
    if dataflow.factors == "imperfect":
        raise FlatError("fronts have perfect factors", path="dataflow", value=dataflow.name)
    whole = replace(layer, attention=layer.attention.without_idle_mask())
    _check_searched(dataflow)
    outcome = search_layer(whole, [dataflow], Front(front_for("energy-latency", layer.energies)))
    return tuple(confirmed(mapping_of(pick), whole) for pick in outcome.picks)


def _check_searched(dataflow: Dataflow) -> None:
    """Raises: FlatError: the search of a dataflow has what to stage fixed."""
    if dataflow.stage is not None:
        raise FlatError(f"{dataflow.name} searches what to stage", path="stage", expected="no stage")


def joint_requirement(attention: Attention, architecture: Architecture, mapping: FusedMapping) -> Requirement:
    """What must be on chip together under a mapping of this layer."""
    einsums = {einsum.name: einsum for einsum in attention.einsums(mapping.held)}
    needs = requirements(einsums, mapping, architecture)
    meeting = architecture.memories[meeting_level(mapping)].name
    return misfit(needs) or next(need for need in needs if need.buffer == meeting)


def _concrete(dataflow: Dataflow, attention: Attention, architecture: Architecture) -> Iterator[Dataflow]:
    """What the dataflow and its staging leave open, filled in, the preferred first.

    The tallest tiles come first. Where keys and values stream past, the fewest times come first, which
    the query heads of a group may share.
    """
    rows: tuple[int | None, ...] = (dataflow.rows,)
    if _open_rows(dataflow, attention):
        extents = tuple(extent for fanout in architecture.fanouts for extent in fanout)
        rows = heights_of(attention.queries, extents, exact=dataflow.perfect)
        if not attention.mask.full:
            rows = _spaced(rows)
    streams = (
        dataflow.fused and dataflow.granularity in ("H", "R") and not {"K", "V"} <= (dataflow.stage or set())
    )
    by_group = streams and attention.group > 1
    in_turn = dataflow.granularity == "R" and attention.group > 1 and _slides(attention)
    shapes = [
        replace(
            dataflow if count == dataflow.rows else _with_rows(dataflow, count or 0),
            grouped=grouped,
            in_turn=in_turn and not grouped,
        )
        for grouped in (False, True)[: 1 + by_group]
        for count in rows
    ]
    return iter(sorted(shapes, key=lambda shape: _passes(attention, shape)) if by_group else shapes)


def _slides(attention: Attention) -> bool:
    """Whether no row of a mask needs all keys: what a memory holds of them then changes with the rows, and
    query heads that share it had better follow each other there."""
    return (
        not attention.mask.full and attention.mask.most(attention.queries, attention.keys, 1) < attention.keys
    )


def _open_rows(dataflow: Dataflow, attention: Attention) -> bool:
    """Whether the rows of a tile are left open: those of unfused operators matter under a mask alone."""
    rowwise = dataflow.granularity == "R" if dataflow.fused else dataflow.granularity is None
    return rowwise and dataflow.rows is None and (dataflow.fused or not attention.mask.full)


def _with_rows(dataflow: Dataflow, rows: int) -> Dataflow:
    return dataflow.with_rows(rows) if dataflow.fused else replace(dataflow, rows=rows)


def _spaced(heights: Sequence[int]) -> tuple[int, ...]:
    """Of descending heights, those that differ by a quarter: under a mask each is tried."""
    kept: list[int] = []
    for height in heights:
        if not kept or height <= _APART * kept[-1]:
            kept.append(height)
    return tuple(kept)


def _passes(attention: Attention, dataflow: Dataflow) -> int:
    """How often the keys and values of a head stream past tiles of rows."""
    tiles = -(-attention.queries // min(dataflow.rows or attention.queries, attention.queries))
    return tiles if dataflow.grouped else tiles * attention.group


def _first_busy(
    dataflow: Dataflow,
    attention: Attention,
    architecture: Architecture,
    mapped: Callable[[Dataflow], FusedMapping],
) -> FusedMapping:
    """The first mapping that fits with this staging; where the rows are left open and need not divide,
    the first that keeps the array busy, or else the busiest of those with at most twice the tiles.

    Raises:
        InvalidMapping: nothing fits; the message is of the first.
    """
    found: list[FusedMapping] = []
    refused: InvalidMapping | None = None
    for concrete in _concrete(dataflow, attention, architecture):
        if found and _passes(attention, concrete) > 2 * _passes(attention, found[0].dataflow):
            break
        try:
            found.append(mapped(concrete))
        except InvalidMapping as error:
            refused = refused or error
            continue
        settled = not _open_rows(dataflow, attention) or dataflow.perfect
        if settled or _steps(found[-1], attention) <= _fewest(attention, architecture):
            return found[-1]
    if not found:
        assert refused is not None
        raise refused
    return min(found, key=lambda mapping: _steps(mapping, attention))


def _steps(mapping: FusedMapping, attention: Attention) -> int:
    """Steps of the array over all operators, of which the last of a loop may be idle in part."""
    nests = [mapping[einsum.name] for einsum in attention.einsums()]
    return sum(prod(n for level in nest.levels for _, n in level.temporal) for nest in nests)


def _fewest(attention: Attention, architecture: Architecture) -> float:
    """Steps of an array that is busy enough."""
    operations = sum(einsum.operations for einsum in attention.einsums())
    return operations / (architecture.compute.instances * _BUSY)


def _stagings(dataflow: Dataflow) -> Iterator[frozenset[str]]:
    if dataflow.stage is not None:
        yield dataflow.stage
    elif dataflow.granularity is None:
        yield frozenset()
    elif dataflow.fused:
        yield from STAGINGS
    else:
        yield STAGINGS[0]


def _map(
    attention: Attention,
    architecture: Architecture,
    dataflow: Dataflow,
    energies: EnergyTable,
    spill: bool,
    constraints: Mapping[str, Constraints],
) -> FusedMapping:
    outermost = architecture.memories[0].name
    free = all(each[outermost].free for each in constraints.values())
    dataflow = _with_values(replace(dataflow, in_turn=dataflow.in_turn and free), attention)
    stage = dataflow.stage or frozenset()
    held = dict.fromkeys(stage, architecture.memories[1].name) if dataflow.fused else None
    tile = dataflow.shared_tile(attention.logit().sizes)
    einsums = attention.widest(tile.get("M", attention.queries)).einsums(held)
    shared = dataflow.shared_loops(einsums[0].sizes)
    _check_stage(einsums, architecture, dataflow, constraints)
    if dataflow.fused:
        spaces = fused_spaces(einsums, architecture, dataflow, tile, spill)
    else:
        for einsum in einsums:
            check_staged(einsum, architecture, dataflow, tile)
        spaces = [unfused_space(einsum, architecture, dataflow, tile) for einsum in einsums]
    spaces = [replace(s, constraints=constraints.get(s.einsum.name, FREE)) for s in spaces]
    ordering = to_order_by(energies, architecture)
    operators = tuple((space.einsum.name, choose(space, ordering)) for space in spaces)
    if not dataflow.fused and free and attention.group > 1 and _slides(attention):
        operators = tuple((name, heads_in_turn(nest)) for name, nest in operators)
    return FusedMapping.below_outermost(dataflow, tuple(shared.items()), stage, operators)


def _with_values(dataflow: Dataflow, attention: Attention) -> Dataflow:
    """Where K is held and V is a part of it, V is held."""
    if attention.joint and dataflow.fused and "K" in (dataflow.stage or ()):
        return replace(dataflow, stage=(dataflow.stage or frozenset()) | {"V"})
    return dataflow


def _check_stage(
    einsums: Sequence[Einsum],
    architecture: Architecture,
    dataflow: Dataflow,
    constraints: Mapping[str, Constraints],
) -> None:
    """What is staged lies in the buffer, so it must not pass it by."""
    buffer = architecture.memories[1].name
    for einsum in einsums:
        level = constraints.get(einsum.name, FREE)[buffer]
        for name in sorted(level.bypass):
            if layer_name(name) in (dataflow.stage or ()):
                raise InvalidMapping(
                    f"{dataflow.name} stages {layer_name(name)} in {buffer}, which {name} must bypass",
                    path=level.keep_place or None,
                    level=buffer,
                )
