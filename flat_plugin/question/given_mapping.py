"""A mapping that the user gives: read, checked, and cut where a mask leaves less than all keys."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.platform import Platform
from flat_plugin.documents import Source, located
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapspace.constraints.explicit import check_explicit
from flat_plugin.model.iteration_kinds import split_of
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.shortened_nests import cut_mapping
from flat_plugin.timeloop.fused_file import parse_fused, read_fused
from flat_plugin.workload import FULL, Attention


def given_mapping(given: FusedMapping | Source, attention: Attention, platform: Platform) -> FusedMapping:
    """A mapping of all keys, or under a mask of those of the tile of rows that touches most.

    Raises:
        InvalidMapping: the hardware cannot run it, or its files forbid it.
        FlatError: the file is wrong.
    """
    hardware = platform.architecture
    dense = replace(attention, mask=FULL)
    try:
        fused = _read(given, dense, hardware)
    except FlatError:
        widest = None if attention.mask.full else _widest_of(given, attention, hardware)
        if widest is None or widest == dense:
            raise
        return _read(given, widest, hardware)
    widest = masked_layer(attention, hardware, fused, platform.energies).widest
    return fused if widest == dense else cut_mapping(fused, dense, widest, hardware)


def _widest_of(
    given: FusedMapping | Source, attention: Attention, hardware: Architecture
) -> Attention | None:
    """The dense layer of the tile of rows that touches most; None if the mapping does not go row by row. How
    many tiles there are does not say how high they are: the last one may be lower."""
    einsums = {einsum.name: einsum for einsum in replace(attention, mask=FULL).einsums()}
    try:
        fused = given if isinstance(given, FusedMapping) else parse_fused(given, einsums, hardware)
        return attention.widest(split_of(fused, attention).rows)
    except FlatError:
        return None


def _read(given: FusedMapping | Source, attention: Attention, hardware: Architecture) -> FusedMapping:
    """A mapping, checked against a dense layer."""
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    if isinstance(given, FusedMapping):
        check_fused(given, einsums, [memory.name for memory in hardware.memories])
        _check_allowed(given, attention, hardware)
        return given
    with located(given):
        fused = read_fused(given, einsums, hardware)
        _check_allowed(fused, attention, hardware)
        return fused


def _check_allowed(mapping: FusedMapping, attention: Attention, hardware: Architecture) -> None:
    """As ``timeloop-model`` checks it, against the architecture's constraints.

    Raises:
        InvalidMapping: it breaks one.
    """
    einsums = attention.einsums()
    for einsum in einsums:
        check_explicit(einsum, hardware, mapping[einsum.name], einsums)
