"""What must be in each memory at the same time, as one inequality per memory and instance.

From the outermost memory to the one where S is staged, both operators' tiles are there together:
double buffered where they come from, or go to, a memory further out; S once, for softmax works in
place. Inside, the operators take turns, each valid by Timeloop's own rule. With everything staged this
is Table 1 of the paper: M ``8BDN+BHN²``, B ``8DN+HN²``, H ``8Nd+N²``, R ``4Rd+4Nd+RN`` elements.

Unfused operators take turns everywhere; in the memory below the outermost one their tiles are double
buffered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, isfinite, prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.workload.einsum import Einsum, Tensor


def layer_name(tensor: str) -> str:
    """The intermediate has one name in the layer: what attend calls P is S after softmax."""
    return "S" if tensor == "P" else tensor


def shape_text(extents: Mapping[str, int]) -> str:
    """``M512×D64``; dimensions of 1 are left out."""
    return "×".join(f"{d}{size}" for d, size in extents.items() if size > 1) or "1"


@dataclass(frozen=True)
class Term:
    """``copies`` × a tile of ``extents`` (dimension, size), in words of the tensor, ``bits`` each (None: as
    wide as those of the memory)."""

    tensor: str
    copies: int
    extents: tuple[tuple[str, int], ...]
    bits: float | None = None

    @property
    def words(self) -> int:
        return self.copies * prod(size for _, size in self.extents)

    def taken(self, word_bits: float) -> float:
        """Words of a memory with words of ``word_bits``."""
        return self.words if self.bits is None else self.words * self.bits / word_bits

    def to_dict(self) -> dict[str, object]:
        """As it stands in ``capacity.terms`` of a result."""
        extents = dict(self.extents)
        return {"tensor": self.tensor, "copies": self.copies, "extents": extents, "bits": self.bits}

    def __str__(self) -> str:
        shape = shape_text(dict(self.extents))
        return f"{self.copies}·{self.tensor}[{shape}]" if self.copies > 1 else f"{self.tensor}[{shape}]"


@dataclass(frozen=True)
class Requirement:
    """What is live together at the worst moment in one instance of a memory, and its ``capacity``, in words
    of the memory."""

    buffer: str
    terms: tuple[Term, ...]
    capacity: float
    word_bits: int = 16

    @property
    def words(self) -> int:
        """Words of the memory that are taken, rounded up."""
        return ceil(self.taken)

    @property
    def taken(self) -> float:
        """The same, exactly: a word of a tensor may take a part of one."""
        return sum(term.taken(self.word_bits) for term in self.terms)

    @property
    def fits(self) -> bool:
        return self.taken <= self.capacity

    @property
    def mixed(self) -> bool:
        """Whether any tensor has words of another width than the memory."""
        return any(term.bits not in (None, self.word_bits) for term in self.terms)

    def __str__(self) -> str:
        """The inequality, in names and numbers: of words, or of bits where words differ."""
        names = " + ".join(map(str, self.terms)) or "nothing"
        relation = "≤" if self.fits else ">"
        if self.mixed:
            available = self.capacity * self.word_bits
            return f"{self.buffer}: {names} = {self._bits()} {relation} {available:,.0f} bits"
        numbers = " + ".join(f"{term.words:,}" for term in self.terms) or "0"
        return f"{self.buffer}: {names} = {numbers} = {self.words:,} {relation} {self.capacity:,.0f} words"

    def _bits(self) -> str:
        """The words of each term × their bits, and the sum."""
        widths = [self.word_bits if term.bits is None else term.bits for term in self.terms]
        products = (f"{term.words:,} × {bits:g}" for term, bits in zip(self.terms, widths, strict=True))
        total = self.taken * self.word_bits
        return f"{' + '.join(products)} = {total:,.{0 if total == int(total) else 3}f}"


def tile(einsum: Einsum, mapping: OperatorMapping, tensor: Tensor, level: int = 1) -> Term:
    """One copy of the largest tile of a tensor that one instance of a memory has of the mapping."""
    return _tile(einsum, tensor, _inside(mapping, level))


def spread(einsum: Einsum, mapping: OperatorMapping, tensor: Tensor, outer: int, inner: int) -> Term:
    """What the instances of a memory below one instance of another hold of a tensor together."""
    sizes = _inside(mapping, inner)
    for level in mapping.levels[outer:inner]:
        for dimension, children in level.spatial_x + level.spatial_y:
            sizes[dimension] = sizes.get(dimension, 1) * children
    return _tile(einsum, tensor, sizes)


def requirements(
    einsums: Mapping[str, Einsum], mapping: FusedMapping, architecture: Architecture
) -> tuple[Requirement, ...]:
    """What each memory must hold, outermost first; memories without a bound need nothing said, but for
    the one where the operators meet."""
    meeting = meeting_level(mapping)
    found = []
    for level, memory in enumerate(architecture.memories):
        if isfinite(memory.capacity) or level == meeting:
            terms = requirement_terms(einsums, mapping, level, memory.word_bits)
            found.append(Requirement(memory.name, terms, memory.capacity, memory.word_bits))
    return tuple(found)


def requirement(
    einsums: Mapping[str, Einsum], mapping: FusedMapping, buffer: str, capacity: float
) -> Requirement:
    """What the memory must hold in which the operators meet."""
    return Requirement(buffer, requirement_terms(einsums, mapping, meeting_level(mapping)), capacity)


def meeting_level(mapping: FusedMapping) -> int:
    """The memory where S is between fused operators; of unfused ones, the one below the outermost."""
    return mapping.scores or min(1, len(mapping.levels) - 1)


def requirement_terms(
    einsums: Mapping[str, Einsum], mapping: FusedMapping, level: int, word_bits: int = 16
) -> tuple[Term, ...]:
    """The tiles that are together in one instance of a memory with words of ``word_bits``."""
    fused, meeting = mapping.dataflow.fused, meeting_level(mapping)
    together = fused and level <= meeting
    double = 0 < level <= meeting
    per_operator = [
        tuple(_operator_terms(einsums[name], operator, level, 2 if double else 1, without_scores=together))
        for name, operator in mapping.operators
    ]
    if not fused and level == 0:
        return _everything(per_operator)
    if not together:
        return max(per_operator, key=lambda terms: sum(term.taken(word_bits) for term in terms))
    terms = tuple(term for terms in per_operator for term in terms)
    return terms + (scores_terms(einsums["logit"], mapping) if level == meeting else ())


def scores_terms(logit: Einsum, mapping: FusedMapping) -> tuple[Term, ...]:
    """The scores of one iteration of the shared loops, of one instance; online, a running maximum and
    sum a row."""
    shared, sizes = dict(mapping.trips), _inside(mapping[logit.name], 0)
    extents = tuple(
        (d, min(sizes.get(d, 1) // shared.get(d, 1), logit.sizes[d])) for d in logit.output.dimensions
    )
    bits = logit.output.bits
    scores = Term("S", 1, extents, bits)
    if not mapping.dataflow.online:
        return (scores,)
    rows = tuple((d, size) for d, size in extents if d != "N")
    return scores, Term("max", 1, rows, bits), Term("sum", 1, rows, bits)


def misfit(needs: tuple[Requirement, ...]) -> Requirement | None:
    """The outermost memory that does not hold what it must."""
    return next((need for need in needs if not need.fits), None)


def _operator_terms(
    einsum: Einsum, operator: OperatorMapping, level: int, copies: int, *, without_scores: bool
) -> Iterator[Term]:
    names = [entry.level for entry in operator.levels]
    for tensor in einsum.tensors:
        if without_scores and layer_name(tensor.name) == "S":
            continue
        inside = [names.index(name) for name in tensor.inside if tensor.name not in operator[name].bypass]
        there = level <= max(inside, default=0 if tensor.part_of else -1)
        if tensor.name not in operator.levels[level].bypass and not there:
            one = tile(einsum, operator, tensor, level)
            yield replace(one, copies=copies)


def _everything(per_operator: list[tuple[Term, ...]]) -> tuple[Term, ...]:
    """Each tensor once: the outermost memory holds the whole layer."""
    return tuple({term.tensor: term for terms in per_operator for term in terms}.values())


def _tile(einsum: Einsum, tensor: Tensor, sizes: Mapping[str, int]) -> Term:
    extents = tuple((d, min(sizes.get(d, 1), einsum.sizes[d])) for d in tensor.dimensions)
    return Term(layer_name(tensor.name), 1, extents, tensor.bits)


def _inside(mapping: OperatorMapping, level: int) -> dict[str, int]:
    """Trips of all loops at and inside a memory, by dimension."""
    sizes: dict[str, int] = {}
    for entry in mapping.levels[level:]:
        for dimension, factor in entry.temporal + entry.spatial_x + entry.spatial_y:
            sizes[dimension] = sizes.get(dimension, 1) * factor
    return sizes
