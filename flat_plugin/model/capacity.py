"""What must be in the buffer at the same time when operators are fused (DESIGN: joint capacity).

Operands that come from, and results that go to, the outermost memory are double buffered; the
intermediate S is held once, for softmax works in place. With everything staged this is Table 1 of
the paper: M ``8BDN+BHN²``, B ``8DN+HN²``, H ``8Nd+N²``, R ``4Rd+4Nd+RN`` elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.workload.einsum import Einsum, Tensor


def layer_name(tensor: str) -> str:
    """The intermediate has one name in the layer: what attend calls P is S after softmax."""
    return "S" if tensor == "P" else tensor


@dataclass(frozen=True)
class Term:
    """``copies`` × a tile of ``extents`` (dimension, size), in words."""

    tensor: str
    copies: int
    extents: tuple[tuple[str, int], ...]

    @property
    def words(self) -> int:
        return self.copies * prod(size for _, size in self.extents)

    def __str__(self) -> str:
        shape = "×".join(f"{d}{size}" for d, size in self.extents if size > 1) or "1"
        return f"{self.copies}·{self.tensor}[{shape}]" if self.copies > 1 else f"{self.tensor}[{shape}]"


@dataclass(frozen=True)
class Requirement:
    """Words that are live together at the worst moment, and what the buffer has."""

    buffer: str
    terms: tuple[Term, ...]
    capacity: float

    @property
    def words(self) -> int:
        return sum(term.words for term in self.terms)

    @property
    def fits(self) -> bool:
        return self.words <= self.capacity

    def __str__(self) -> str:
        """The inequality, in names and numbers."""
        names = " + ".join(map(str, self.terms))
        numbers = " + ".join(f"{term.words:,}" for term in self.terms)
        relation = "≤" if self.fits else ">"
        return f"{self.buffer}: {names} = {numbers} = {self.words:,} {relation} {self.capacity:,.0f} words"


def tile(einsum: Einsum, mapping: OperatorMapping, tensor: Tensor, level: int = 1) -> Term:
    """One copy of the tile of a tensor that the mapping keeps at a level."""
    sizes = dict.fromkeys(einsum.dimensions, 1)
    for entry in mapping.levels[level:]:
        for dimension, factor in entry.temporal + entry.spatial_x + entry.spatial_y:
            sizes[dimension] *= factor
    extents = tuple((d, min(sizes[d], einsum.sizes[d])) for d in tensor.dimensions)
    return Term(layer_name(tensor.name), 1, extents)


def requirement(
    einsums: Mapping[str, Einsum], mapping: FusedMapping, buffer: str, capacity: float
) -> Requirement:
    """The joint requirement of a fused mapping; of an unfused one, that of its largest operator."""
    per_operator = [_operator_terms(einsums[name], operator, mapping) for name, operator in mapping.operators]
    if mapping.dataflow.fused:
        terms = tuple(term for terms in per_operator for term in terms)
        terms += _intermediate(einsums["logit"], mapping)
    else:
        terms = max(per_operator, key=lambda terms: sum(term.words for term in terms))
    return Requirement(buffer, terms, capacity)


def _operator_terms(einsum: Einsum, operator: OperatorMapping, mapping: FusedMapping) -> tuple[Term, ...]:
    terms = []
    for tensor in einsum.tensors:
        if mapping.dataflow.fused and layer_name(tensor.name) == "S":
            continue
        if tensor.name in operator.levels[1].bypass:
            continue
        one = tile(einsum, operator, tensor)
        terms.append(Term(one.tensor, 2, one.extents))
    return tuple(terms)


def _intermediate(logit: Einsum, mapping: FusedMapping) -> tuple[Term, ...]:
    """The scores of one iteration of the shared loops; online, a running maximum and sum a row."""
    shared, nest = dict(mapping.shared), mapping[logit.name]
    sizes = dict.fromkeys(logit.dimensions, 1)
    for level in nest.levels:
        for dimension, factor in level.temporal + level.spatial_x + level.spatial_y:
            sizes[dimension] *= factor
    extents = tuple((d, min(sizes[d] // shared.get(d, 1), logit.sizes[d])) for d in logit.output.dimensions)
    scores = Term("S", 1, extents)
    if not mapping.dataflow.online:
        return (scores,)
    rows = tuple((d, size) for d, size in extents if d != "N")
    return scores, Term("max", 1, rows), Term("sum", 1, rows)
