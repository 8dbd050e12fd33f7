"""The projection of a data space: its ranks as sums of dimensions with coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Rank


@dataclass
class Names:
    """What a projection may name; ``used`` are the coefficients that one does."""

    dimensions: tuple[str, ...]
    coefficients: Mapping[str, int]
    used: set[str] = field(default_factory=set)


def read_ranks(projection: list[Any], names: Names, path: str) -> tuple[Rank, ...]:
    """``[M, K]``, or a list of ranks, each a list of terms: ``[dimension]``, ``[dimension, coefficient]``."""
    if all(isinstance(rank, str) for rank in projection):
        return tuple(((_known(d, names.dimensions, "dimension", path), 1),) for d in projection)
    return tuple(_rank(rank, names, f"{path}[{r}]") for r, rank in enumerate(projection))


def _rank(rank: Any, names: Names, path: str) -> Rank:
    if not isinstance(rank, list) or not rank:
        raise FlatError("a rank must be a list of terms", path=path, value=rank, expected="such as [[M]]")
    terms: dict[str, int] = {}
    for t, term in enumerate(rank):
        here = f"{path}[{t}]"
        if not isinstance(term, list) or len(term) not in (1, 2):
            raise FlatError(
                "a term must be a dimension, with or without a coefficient",
                path=here,
                value=term,
                expected="[dimension] or [dimension, coefficient]",
            )
        dimension = _known(term[0], names.dimensions, "dimension", here)
        coefficient = (
            names.coefficients[_known(term[1], names.coefficients, "coefficient", here)] if term[1:] else 1
        )
        names.used.update(term[1:])
        terms[dimension] = terms.get(dimension, 0) + coefficient
    return tuple(terms.items())


def _known(name: Any, known: Any, kind: str, path: str) -> str:
    if not isinstance(name, str) or name not in known:
        listed = "one of " + ", ".join(known) if known else "none, because none is defined"
        raise FlatError(f"unknown {kind}", path=path, value=name, expected=listed)
    return name


def simplified(ranks: tuple[Rank, ...], sizes: Mapping[str, int]) -> tuple[Rank, ...]:
    """The ranks without what never moves: terms of size 1, or with coefficient 0.

    A rank of nothing else stays as its first dimension, unless that indexes another rank already; but a
    tensor has at least one rank.
    """
    moving = [tuple((d, c) for d, c in rank if c and sizes[d] > 1) for rank in ranks]
    used = {d for rank in moving for d, _ in rank}
    kept: list[Rank] = []
    for rank, terms in zip(ranks, moving, strict=True):
        first = rank[0][0]
        if terms or (first not in used and sizes[first] == 1):
            kept.append(terms or ((first, 1),))
            used.add(first)
    return tuple(kept) or (((ranks[0][0][0], 0),),)
