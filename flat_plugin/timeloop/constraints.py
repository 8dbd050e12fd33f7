"""What keeps a mapper inside a dataflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.timeloop.directives import (
    Bypass,
    Directive,
    Loops,
    bypass,
    check_levels,
    spatial,
    temporal,
)
from flat_plugin.workload.einsum import Einsum

BATCH = ("B", "H", "G")  # batch, heads, groups of heads


def constraint_directives(
    einsum: Einsum,
    architecture: Architecture,
    mapping: OperatorMapping,
    shared: tuple[str, ...] = (),
) -> tuple[Directive, ...]:
    """Constraints that the mapping itself obeys.

    With shared loops the loops of the memories outside the one where the scores are staged are fixed as
    they are, since the other operators of the fused chain run inside the same ones. Batch and head
    dimensions that the mapping steps through at the outermost memory alone stay there. What these
    memories, the one of the scores, the one below the outermost and the registers keep is fixed; the
    levels between are free.
    """
    check_levels(architecture, mapping)
    _check_shared(einsum, shared)
    outside = _outside_scores(mapping) if shared else 0
    directives: list[Directive] = [temporal(einsum, level) for level in mapping.levels[:outside]]
    for index in range(outside):
        if (array := architecture.array_below(index)) is not None:
            directives.append(spatial(einsum, mapping.levels[index], array))
    said = {(each.target, each.type) for each in directives}
    held = _held(einsum, architecture, mapping)
    directives += [each for each in held if (each.target, each.type) not in said]
    last = len(mapping.levels) - 1
    fixed = sorted({*range(outside + 1), min(1, last), last})
    return (*directives, *(bypass(einsum, mapping.levels[index]) for index in fixed))


def _outside_scores(mapping: OperatorMapping) -> int:
    """Memories outside the one that is the first to keep what the outermost one passes by; at least one."""
    apart = mapping.levels[0].bypass
    keeping = (i for i, level in enumerate(mapping.levels) if apart - level.bypass)
    return next(keeping, 1)


def with_fixed(directives: Sequence[Directive], fixed: Sequence[Directive]) -> tuple[Directive, ...]:
    """The constraints together with those of a user, which the mapping obeys too.

    Timeloop takes every factor, order and tensor of a level once: where both speak of one, the mapping's
    own is the narrower.
    """
    found: dict[tuple[str, str], Directive] = {(each.target, each.type): each for each in fixed}
    for each in directives:
        key = each.target, each.type
        theirs = found.get(key)
        found[key] = each if theirs is None else _both(each, theirs)
    return tuple(found.values())


def _both(own: Directive, theirs: Directive) -> Directive:
    if isinstance(own, Bypass) and isinstance(theirs, Bypass):
        said = {*own.keep, *own.bypass}
        keep, bypass = ([t for t in each if t not in said] for each in (theirs.keep, theirs.bypass))
        return Bypass(own.target, (*own.keep, *keep), (*own.bypass, *bypass))
    assert isinstance(own, Loops) and isinstance(theirs, Loops)
    fixed = dict(own.factors)
    free = tuple((d, n) for d, n in theirs.factors if d not in fixed)
    bounds = tuple(text for text in theirs.bounds if text[0] not in fixed)
    order = own.permutation or theirs.permutation
    split = theirs.split if own.split is None and order == theirs.permutation else own.split
    return replace(own, factors=(*own.factors, *free), bounds=bounds, permutation=order, split=split)


def _held(einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> list[Directive]:
    """Batch and head dimensions that the outermost memory covers: 1 everywhere below."""
    outer = dict(mapping.levels[0].temporal)
    held = [d for d, bound in einsum.bounds if d in BATCH and outer.get(d, 1) == bound]
    factors = tuple((dimension, 1) for dimension in held)
    directives: list[Directive] = []
    for index, level in enumerate(mapping.levels if held else ()):
        if index:
            directives.append(Loops(level.level, "temporal", factors))
        array = architecture.array_below(index)
        if array is not None:
            directives.append(Loops(level.level, "spatial", factors, array=array))
    return directives


def _check_shared(einsum: Einsum, shared: tuple[str, ...]) -> None:
    for dimension in shared:
        if dimension not in einsum.sizes:
            raise FlatError(
                "a shared loop over a dimension that the operator does not have",
                path="shared",
                value=dimension,
                expected=einsum.dimensions,
            )
