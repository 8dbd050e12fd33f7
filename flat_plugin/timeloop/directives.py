"""A mapping as Timeloop's directives, checked against the einsum and the architecture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.timeloop import scalars
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Loops:
    """Loops at one level, ``temporal`` or ``spatial``; the permutation is innermost first.

    The first ``split`` dimensions of a spatial permutation lie along X, the others along Y.
    ``array`` is the container that timeloopfe's spatial directives name instead of the level.
    ``last`` are the iterations of the last turn where those are fewer (``M=32,20``). ``bounds`` are of
    constraints only: ``M<=16``.
    """

    target: str
    type: str
    factors: Factors
    permutation: tuple[str, ...] = ()
    split: int | None = None
    array: str | None = None
    last: Factors = ()
    bounds: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[tuple[str, str], ...]:
        """Each dimension's factor as Timeloop reads it."""
        last = dict(self.last)
        return tuple((d, f"{n},{last[d]}" if last.get(d, n) < n else str(n)) for d, n in self.factors)


@dataclass(frozen=True)
class Bypass:
    """Which tensors a level keeps, and which pass it by."""

    target: str
    keep: tuple[str, ...]
    bypass: tuple[str, ...]
    type: str = "bypass"
    array: None = None


Directive = Loops | Bypass


def mapping_directives(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping
) -> tuple[Directive, ...]:
    """Every level's loops, outermost level first, then what each level keeps.

    Raises:
        FlatError: the mapping's levels are not the architecture's, its factors do not multiply
            to the bounds, a dimension is unrolled on both axes, or a spatial factor stands
            where there is no fan-out. Whether the tiles fit is not checked here.
    """
    check_levels(architecture, mapping)
    _check_products(einsum, mapping)
    loops: list[Directive] = []
    for index, level in enumerate(mapping.levels):
        loops.append(temporal(einsum, level))
        array = architecture.array_below(index)
        if array is not None:
            loops.append(spatial(einsum, level, array))
        else:
            _check_no_spatial(level)
    return (*loops, *(bypass(einsum, level) for level in mapping.levels))


def directive_documents(directives: Sequence[Directive]) -> list[dict[str, object]]:
    """The directives as ``mapping.yaml`` spells them."""
    return [_document(directive) for directive in directives]


def _document(directive: Directive) -> dict[str, object]:
    entry: dict[str, object] = {"target": directive.target, "type": directive.type}
    if isinstance(directive, Bypass):
        return entry | {"keep": list(directive.keep), "bypass": list(directive.bypass)}
    entry |= {"factors": scalars.factors(directive.written)}
    entry |= {"permutation": "".join(directive.permutation)}
    return entry | ({"split": directive.split} if directive.type == "spatial" else {})


def temporal(einsum: Einsum, level: LevelMapping) -> Loops:
    """The temporal loops of a level; dimensions without a loop there come last."""
    factors = _unique(einsum, level.temporal, f"{level.level}.temporal")
    order = (*factors, *(d for d in einsum.dimensions if d not in factors))
    return Loops(level.level, "temporal", _all_factors(einsum, factors), order, last=level.last_temporal)


def spatial(einsum: Einsum, level: LevelMapping, array: str) -> Loops:
    """The spatial loops below a level: X, then Y, then the dimensions that are not unrolled."""
    x = _unique(einsum, level.spatial_x, f"{level.level}.spatial_x")
    y = _unique(einsum, level.spatial_y, f"{level.level}.spatial_y")
    for dimension in [d for d in x if d in y]:
        if x[dimension] > 1 and y[dimension] > 1:
            raise FlatError(
                f"dimension {dimension} is unrolled on both X and Y; Timeloop allows one of them",
                path=f"{level.level}.spatial",
                value=f"X {dimension}={x[dimension]}, Y {dimension}={y[dimension]}",
            )
        del (y if y[dimension] == 1 else x)[dimension]
    rest = tuple(d for d in einsum.dimensions if d not in x and d not in y)
    factors = _all_factors(einsum, {**x, **y})
    return Loops(level.level, "spatial", factors, (*x, *y, *rest), len(x), array, level.last_spatial)


def bypass(einsum: Einsum, level: LevelMapping) -> Bypass:
    """What a level keeps and what passes it by, in the order of the tensors."""
    names = tuple(tensor.name for tensor in einsum.tensors)
    unknown = sorted(level.bypass - set(names))
    if unknown:
        raise FlatError(
            "unknown tensor",
            path=f"{level.level}.bypass",
            value=unknown[0],
            expected=names,
        )
    keep = tuple(name for name in names if name not in level.bypass)
    return Bypass(level.level, keep, tuple(name for name in names if name in level.bypass))


def check_levels(architecture: Architecture, mapping: OperatorMapping) -> None:
    """The mapping has the architecture's memories, outermost first."""
    expected = [memory.name for memory in architecture.memories]
    given = [level.level for level in mapping.levels]
    if given != expected:
        raise FlatError(
            "the mapping's levels are not the architecture's memories",
            path="mapping",
            value=given,
            expected=", ".join(expected),
        )


def _unique(einsum: Einsum, factors: Factors, path: str) -> dict[str, int]:
    counts = Counter(dimension for dimension, _ in factors)
    for dimension, factor in factors:
        if dimension not in einsum.sizes:
            expected = "one of " + ", ".join(einsum.dimensions)
            raise FlatError("unknown dimension", path=path, value=dimension, expected=expected)
        if counts[dimension] > 1:
            raise FlatError("a dimension has two loops", path=path, value=dimension)
        if isinstance(factor, bool) or not isinstance(factor, Integral) or factor < 1:
            raise FlatError(f"bad factor of {dimension}", path=path, value=factor, expected="1 or more")
    return {dimension: int(factor) for dimension, factor in factors}


def _all_factors(einsum: Einsum, factors: dict[str, int]) -> Factors:
    return tuple((dimension, factors.get(dimension, 1)) for dimension in einsum.dimensions)


def _check_products(einsum: Einsum, mapping: OperatorMapping) -> None:
    for level in mapping.levels:
        for kind in ("temporal", "spatial_x", "spatial_y"):
            _unique(einsum, getattr(level, kind), f"{level.level}.{kind}")
    for dimension, bound in einsum.bounds:
        if (covered := mapping.covers(dimension)) != bound:
            raise FlatError(
                f"the factors of dimension {dimension} multiply to {covered} "
                f"({mapping.loops_over(dimension)})",
                path="mapping",
                expected=f"its bound, {bound}",
            )


def _check_no_spatial(level: LevelMapping) -> None:
    for dimension, factor in (*level.spatial_x, *level.spatial_y):
        if factor > 1:
            raise FlatError(
                f"{level.level} has no fan-out below it",
                path=f"{level.level}.spatial",
                value=f"{dimension}={factor}",
                expected="no spatial factor",
            )
