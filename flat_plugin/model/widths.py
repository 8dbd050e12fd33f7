"""Tensors whose words are not as wide as those of the memories that keep them.

A memory is so many bits, and so is one of its rows: a row holds width of the row / width of the word words
of a tensor, a capacity is filled with bits, and a port passes words/cycle × width of its words bits a cycle.
Where a tensor is as wide as the memory's words, all of this is words again, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.errors import FlatError
from flat_plugin.model.capacity import layer_name
from flat_plugin.model.mapping_batch import Array
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor


def unlike(bits: Mapping[str, float], architecture: Architecture) -> dict[str, float]:
    """Those of these widths, by tensor, that are not the width of every memory's words."""
    words = {memory.word_bits for memory in architecture.memories if not memory.holds_nothing}
    return {name: width for name, width in bits.items() if words - {width}}


def named(bits: Mapping[str, float]) -> str:
    """``K 8, V 8``."""
    return ", ".join(f"{name} {width:g}" for name, width in bits.items())


def widths_of(attention: Attention) -> dict[str, float]:
    """Bits of the tensors of an attention layer that have a width of their own."""
    return {name: bits for name in "QKSVO" if (bits := attention.widths.of(name)) is not None}


def written_notes(einsums: Sequence[Einsum], architecture: Architecture) -> list[str]:
    """What Timeloop does not know of files that are written for it."""
    bits = {layer_name(name): width for einsum in einsums for name, width in einsum.bits.items()}
    parts = [t for einsum in einsums for t in einsum.tensors if t.part_of is not None]
    apart = [
        f"Timeloop fetches {part.name} by itself, though it is a part of {part.part_of}" for part in parts
    ]
    note = _written_widths(bits, architecture)
    return [*([note] if note else []), *apart]


def _written_widths(bits: Mapping[str, float], architecture: Architecture) -> str:
    if not (lost := unlike(bits, architecture)):
        return ""
    return (
        "Timeloop has one width of words, and the files say the architecture's: what is lost is that tensors "
        f"of another width ({named(lost)} bits) fill capacities, rows and ports with their own bits"
    )


def check_one_width(
    bits: Mapping[str, float], architecture: Architecture, what: str, path: str = "bits"
) -> None:
    """What has one width of words takes no tensor of another.

    Raises:
        FlatError: one has.
    """
    if lost := unlike(bits, architecture):
        words = sorted({memory.word_bits for memory in architecture.memories})
        raise FlatError(
            f"{what} has one width of words",
            path=path,
            value=named(lost),
            expected=f"the {' or '.join(map(str, words))} bits of {architecture.name}",
        )


def share(bits: float | None, memory: Memory) -> float:
    """Words of a memory that one word of ``bits`` takes."""
    return 1.0 if bits is None else bits / memory.word_bits


def taken_by(tensors: Sequence[Tensor], memory: Memory) -> Array:
    """[tensors, 1]: words of a memory that a word of each tensor takes."""
    return np.array([share(tensor.bits, memory) for tensor in tensors])[:, None]


def shares(tensors: Sequence[Tensor], memory: Memory) -> Array | None:
    """As :func:`taken_by`; None where that is one of all."""
    taken = taken_by(tensors, memory)
    return None if (taken == 1).all() else taken


@lru_cache(maxsize=1024)
def rows_per_word(bits: float | None, memory: Memory) -> tuple[int, int]:
    """Rows of a memory that words of ``bits`` take, as a fraction of their number."""
    per_row = memory.word_bits * memory.block_size
    fraction = Fraction(memory.word_bits if bits is None else bits) / per_row
    return fraction.numerator, fraction.denominator


def rows(words: Array, tensors: Sequence[Tensor], memory: Memory) -> Array:
    """[tensors, mappings]: accesses of a whole row that move these words."""
    ratios = [rows_per_word(tensor.bits, memory) for tensor in tensors]
    times = np.array([n for n, _ in ratios], dtype=float)[:, None]
    over = np.array([d for _, d in ratios], dtype=float)[:, None]
    accessed = words if (times == 1).all() else words * times
    if (over == 1).all():
        return accessed
    accessed = accessed / over
    return np.ceil(accessed) if (over > 1).all() else np.where(over > 1, np.ceil(accessed), accessed)


def held(tiles: Array, tensors: Sequence[Tensor], memory: Memory) -> Array:
    """[mappings]: words of the memory that tiles ([tensors, mappings]) take together."""
    taken = shares(tensors, memory)
    return (tiles if taken is None else tiles * taken).sum(axis=0)


def mac_energy(einsum: Einsum, compute: Compute, energies: EnergyTable) -> float:
    """pJ of a multiply-accumulate: of its operands' widths if the table has that, else of the units' own."""
    widths = operand_widths(einsum, compute)
    own = None if _native(widths, compute) else energies.multiply_accumulate(compute.name, widths)
    return energies.energy(compute.name, "compute") if own is None else own


def operand_widths(einsum: Einsum, compute: Compute) -> list[float]:
    """Bits of what a multiply-accumulate reads."""
    return [
        compute.word_bits if tensor.bits is None else tensor.bits
        for tensor in einsum.tensors
        if not tensor.output
    ]


def width_notes(einsums: Iterable[Einsum], compute: Compute, energies: EnergyTable) -> list[str]:
    """What is to be said of multiply-accumulates whose operands are not as wide as the compute units."""
    pairs: dict[str, list[str]] = {}
    for einsum in einsums:
        widths = operand_widths(einsum, compute)
        if not _native(widths, compute) and energies.multiply_accumulate(compute.name, widths) is None:
            pairs.setdefault(" × ".join(f"{bits:g}" for bits in widths), []).append(einsum.name)
    return [
        f"{', '.join(names)}: a multiply-accumulate of {pair} bits is counted as one of {compute.name}'s "
        f"{compute.word_bits} bits, in time and in energy: the table has no other"
        for pair, names in pairs.items()
    ]


def softmax_notes(attention: Attention, architecture: Architecture, softmax: str) -> list[str]:
    """What is to be said of scores that are not as wide as what works on them."""
    unit, compute, bits = architecture.softmax, architecture.compute, attention.widths.S
    if bits is None or softmax == "free" or (softmax != "array" and unit is None):
        return []
    name, width = compute.name, float(compute.word_bits)
    if softmax != "array" and unit is not None:
        name, width = unit.name, as_number(unit.attributes.get("datawidth")) or width
    if bits == width:
        return []
    return [f"an operation on a score of {bits:g} bits is counted as one of {name}'s {width:g} bits"]


def _native(widths: Sequence[float], compute: Compute) -> bool:
    """Whether all operands are as wide as the compute units."""
    return all(bits == compute.word_bits for bits in widths)
