"""The own loops that a dataflow leaves to each operator: what each may choose among."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.operator import OperatorSpace
from flat_plugin.model.capacity import (
    Requirement,
    Term,
    layer_name,
)
from flat_plugin.workload.einsum import Einsum, Tensor

_BATCH = frozenset("BHG")
_STREAMED_ALONG = {"Q": "M", "O": "M", "K": "N", "V": "N"}


def fused_spaces(
    einsums: tuple[Einsum, ...],
    architecture: Architecture,
    dataflow: Dataflow,
    tile: Mapping[str, int],
    spill: bool,
) -> list[OperatorSpace]:
    buffer = architecture.memories[1]
    stage = dataflow.stage or frozenset()
    terms = [
        _shared_tile(einsum, tensor, tile)
        for einsum in einsums
        for tensor in einsum.tensors
        if layer_name(tensor.name) in stage and tensor.name != "P" and not tensor.inside
        if not (spill and tensor.name == "S")
    ]
    left = _left(terms, buffer, dataflow)
    streaming = [e for e in einsums if any(layer_name(t.name) not in stage for t in e.tensors)]
    return [
        _space(einsum, architecture, dataflow, tile, left / max(1, len(streaming)), fused=True)
        for einsum in einsums
    ]


def check_staged(
    einsum: Einsum, architecture: Architecture, dataflow: Dataflow, tile: Mapping[str, int]
) -> None:
    """An unfused operator's staged tiles must fit; each goes to or comes from DRAM."""
    stage = dataflow.stage or frozenset()
    tiles = [_shared_tile(einsum, t, tile) for t in einsum.tensors if layer_name(t.name) in stage]
    _left([replace(tile, copies=2) for tile in tiles], architecture.memories[1], dataflow)


def _left(terms: Sequence[Term], buffer: Memory, dataflow: Dataflow) -> float:
    """Words of the buffer that the staged tiles leave.

    Raises:
        InvalidMapping: they leave less than nothing.
    """
    whole = Requirement(buffer.name, tuple(terms), buffer.capacity, buffer.word_bits)
    if not whole.fits:
        raise InvalidMapping(
            f"{dataflow.name} does not fit: {whole}",
            level=buffer.name,
            tile=whole.words,
            capacity=int(buffer.capacity),
        )
    return buffer.capacity - whole.taken


def unfused_space(
    einsum: Einsum, architecture: Architecture, dataflow: Dataflow, tile: Mapping[str, int]
) -> OperatorSpace:
    budget = architecture.memories[1].capacity if len(architecture.memories) > 1 else float("inf")
    return _space(einsum, architecture, dataflow, tile, budget, fused=False)


def _space(
    einsum: Einsum,
    architecture: Architecture,
    dataflow: Dataflow,
    tile: Mapping[str, int],
    budget: float,
    *,
    fused: bool,
) -> OperatorSpace:
    """A dimension of a staged tensor cannot be tiled outside the buffer, nor one that is shared."""
    stage = dataflow.stage or frozenset()
    copies, held, on_chip, streamed = {}, set(tile), set(), set()
    for tensor in einsum.tensors:
        name = layer_name(tensor.name)
        if fused and name == "S":
            copies[tensor.name] = 0
            on_chip.add(tensor.name)
        elif name in stage:
            copies[tensor.name] = 0 if fused else 2
            held |= set(tensor.dimensions)
        else:
            copies[tensor.name] = 2
            if fused:
                streamed.add(_STREAMED_ALONG[name])
    inside = _BATCH - set(tile) if dataflow.granularity else frozenset[str]()
    return OperatorSpace(
        einsum,
        architecture,
        shared={d: -(-einsum.sizes[d] // n) for d, n in tile.items() if d in einsum.sizes},
        tile={d: n for d, n in tile.items() if d in einsum.sizes},
        held=frozenset(held - _BATCH),
        streamed=frozenset(streamed - held),
        inside=frozenset(inside | set(tile)) & _BATCH,
        on_chip=frozenset(on_chip),
        copies=copies,
        budget=budget,
        fused=fused,
        perfect=dataflow.perfect,
    )


def _shared_tile(einsum: Einsum, tensor: Tensor, tile: Mapping[str, int]) -> Term:
    extents = tuple((d, tile.get(d, einsum.sizes[d])) for d in tensor.dimensions)
    name = layer_name(tensor.name)
    return Term(name, 1 if name == "S" else 2, extents, tensor.bits)
