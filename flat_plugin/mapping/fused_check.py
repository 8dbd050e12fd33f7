"""Checks of a user's fused mapping: the two nests must really share what it says they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod

from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import TENSORS
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.workload.einsum import Einsum

PATH = "fused_mapping"
_BATCH = frozenset("BHG")  # heads, their groups, and sequences
_LAYER_NAMES = {"P": "S"}  # what attend calls P is S after softmax


def check_fused(mapping: FusedMapping, einsums: Mapping[str, Einsum], memories: Sequence[str]) -> None:
    """Check a mapping against the layer's operators, whoever made it.

    Args:
        memories: of the architecture, outermost first.

    Raises:
        FlatError: the levels are not the architecture's; an operator is missing or of another size; a
            shared loop is not where both operators have it; S is not kept where it is staged, or is
            outside; Q, K, V or O does not come from the outermost memory; a tensor is not whole where it
            is said to be staged; rows are not whole under a dataflow that does not correct them.
    """
    for name, einsum in einsums.items():
        if name not in dict(mapping.operators):
            raise FlatError("operator missing", path=f"{PATH}.operators", expected=name)
        if tuple(level.level for level in mapping[name].levels) != tuple(memories):
            raise FlatError(
                "a mapping has one entry for each memory, outermost first",
                path=f"{PATH}.operators.{name}",
                value=[level.level for level in mapping[name].levels],
                expected=", ".join(memories),
            )
        _check_size(name, mapping[name], einsum)
    _check_levels(mapping)
    _check_dimensions(mapping, einsums)
    for name, einsum in einsums.items():
        _check_loops(name, mapping)
        _check_kept(name, mapping, einsum)
        _check_staged(name, mapping, einsum)
    if mapping.dataflow.fused:
        _check_alike(mapping)


def _check_size(name: str, operator: OperatorMapping, einsum: Einsum) -> None:
    sizes = [(d, operator.covers(d), bound) for d, bound in einsum.bounds if operator.covers(d) != bound]
    if sizes:
        raise FlatError(
            f"the mapping is for another size of {name}",
            path=f"{PATH}.operators.{name}",
            value=", ".join(f"{d}={there}" for d, there, _ in sizes),
            expected=", ".join(f"{d}={here}" for d, _, here in sizes)
            + ", or the size that the mapping is for (--seq, --batch or --attention)",
        )


def _check_levels(mapping: FusedMapping) -> None:
    """Shared loops and staging name memories, and no shared loop is at or inside the one of S."""
    names = mapping.levels
    places = [(f"shared.{loops.level}", loops.level) for loops in mapping.shared]
    places += [(f"stage.{tensor}", level) for tensor, level in mapping.stage]
    for path, level in places:
        if level not in names:
            raise FlatError(
                "unknown memory", path=f"{PATH}.{path}", value=level, expected="one of " + ", ".join(names)
            )
    fused, stage = mapping.dataflow.fused, dict(mapping.stage)
    if fused and "S" not in stage:
        raise FlatError("fused, yet S is staged nowhere", path=f"{PATH}.stage", expected="S")
    scores = mapping.scores
    if fused and scores == 0:
        raise FlatError(
            f"fused, yet S is staged in {names[0]}",
            path=f"{PATH}.stage.S",
            expected=" or ".join(names[1:]) or "a memory inside it",
        )
    for tensor, level in mapping.stage:
        last = scores if fused else len(names) - 1
        if tensor not in TENSORS or not 1 <= names.index(level) <= last:
            raise FlatError(
                f"{tensor} is staged in {level}" if tensor in TENSORS else "unknown tensor",
                path=f"{PATH}.stage.{tensor}",
                value=level,
                expected=f"{', '.join(TENSORS)} in {' or '.join(names[1 : last + 1]) or 'a memory inside'}",
            )
    for loops in mapping.shared:
        real = _real(loops.temporal + loops.spatial)
        if real and names.index(loops.level) >= _outside(mapping):
            where = f"{names[scores]}, where S is staged" if fused else f"{names[0]} of unfused operators"
            raise FlatError(
                f"a shared loop {'that is not outside' if fused else 'inside'} {where}",
                path=f"{PATH}.shared.{loops.level}",
                expected="one of " + ", ".join(names[: _outside(mapping)]),
            )


def _outside(mapping: FusedMapping) -> int:
    """How many memories may have shared loops: those outside S; unfused, the outermost one."""
    return mapping.scores if mapping.dataflow.fused else 1


def _check_dimensions(mapping: FusedMapping, einsums: Mapping[str, Einsum]) -> None:
    sizes = next(iter(einsums.values())).sizes
    for level, dimension, trips, _ in mapping.loops():
        if isinstance(trips, bool) or not isinstance(trips, int):
            raise FlatError(
                "trips must be whole numbers", path=f"{PATH}.shared.{level}.{dimension}", value=trips
            )
    perfect = all(mapping[name].perfect for name in einsums)
    for dimension, trips in mapping.trips:
        path, size = f"{PATH}.shared.{dimension}", sizes.get(dimension, 0)
        if any(dimension not in einsum.sizes for einsum in einsums.values()):
            both = [d for d in sizes if all(d in einsum.sizes for einsum in einsums.values())]
            raise FlatError(
                "not a dimension of both operators", path=path, value=trips, expected=" or ".join(both)
            )
        if trips < 1 or (perfect and size % trips):
            raise FlatError(
                "a shared loop must divide its dimension",
                path=path,
                value=trips,
                expected=f"a divisor of {size}",
            )
        if dimension == "N" and trips > 1 and mapping.dataflow.fused and not mapping.dataflow.online:
            raise FlatError(
                f"{mapping.dataflow.name} shares loops over keys, yet it does not correct its rows",
                path=path,
                value=trips,
                expected="1, or an online dataflow such as flash",
            )


def _check_loops(name: str, mapping: FusedMapping) -> None:
    """Shared loops are outermost where the last of them are, and alone outside."""
    operator, path = mapping[name], f"{PATH}.operators.{name}"
    last = max((i for i in range(_outside(mapping)) if _real(mapping.at(i).temporal)), default=-1)
    for i in range(_outside(mapping)):
        level, shared = operator.levels[i], mapping.at(i)
        loops, expected = _real(tuple(reversed(level.temporal))), _real(shared.temporal)
        if not mapping.dataflow.fused:  # what is walked by heads is the same to both, shared or not
            loops = tuple(loop for loop in loops if loop[0] not in _BATCH or loop in expected)
        there = loops[: len(expected)] if i == last else loops
        if i <= last and there != expected:
            raise FlatError(
                f"the {'outermost ' if i == last else ''}loops of {level.level} are not the shared loops",
                path=path,
                value=loops,
                expected=_text(expected) + ", outermost first",
            )
        unrolled = _real(level.spatial_x + level.spatial_y)
        if mapping.dataflow.fused and Counter(unrolled) != Counter(_real(shared.spatial)):
            raise FlatError(
                f"the loops unrolled below {level.level} are not the shared ones",
                path=path,
                value=unrolled,
                expected=_text(_real(shared.spatial)),
            )


def _check_kept(name: str, mapping: FusedMapping, einsum: Einsum) -> None:
    """S lives where it is staged and inside; everything else comes from the outermost memory."""
    levels, scores = mapping[name].levels, mapping.scores
    for tensor in einsum.tensors:
        home = scores if _LAYER_NAMES.get(tensor.name, tensor.name) == "S" else 0
        path = f"{PATH}.operators.{name}"
        for level in levels[:home]:
            if tensor.name not in level.bypass:
                raise FlatError(
                    f"fused, yet {tensor.name} is kept in {level.level}",
                    path=path,
                    expected=f"{tensor.name} under bypass of {level.level}",
                )
        if tensor.name in levels[home].bypass:
            raise FlatError(
                f"{tensor.name} is not kept in {levels[home].level}, where it lives",
                path=path,
                expected=f"{tensor.name} under keep of {levels[home].level}",
            )


def _check_staged(name: str, mapping: FusedMapping, einsum: Einsum) -> None:
    """A staged tensor is kept there, and no loop of the operator's own moves its tile."""
    operator, stage = mapping[name], dict(mapping.stage)
    for tensor in einsum.tensors:
        layer_name = _LAYER_NAMES.get(tensor.name, tensor.name)
        if layer_name not in stage or (layer_name == "S" and mapping.dataflow.fused):
            continue
        path, home = f"{PATH}.stage.{layer_name}", mapping.levels.index(stage[layer_name])
        if tensor.name in operator.levels[home].bypass:
            raise FlatError(
                f"{tensor.name} bypasses {stage[layer_name]}", path=path, expected="a memory that keeps it"
            )
        for i, level in enumerate(operator.levels[:home]):
            shared = Counter(_real(mapping.at(i).temporal))
            moving = [(d, n) for d, n in _real(level.temporal) if d in tensor.dimensions]
            if own := [loop for loop in moving if loop not in shared]:
                raise FlatError(
                    f"{name} moves the tile of {tensor.name} within a shared iteration",
                    path=path,
                    value=f"{_text(tuple(own))} at {level.level}",
                    expected=f"no stage of {layer_name}, or a loop inside {stage[layer_name]}",
                )


def _check_alike(mapping: FusedMapping) -> None:
    """An iteration of a shared loop is the same part of the layer in every operator."""
    (first, one), *others = mapping.operators
    for name, other in others:
        for i in range(mapping.scores):
            for field in ("spatial_x", "spatial_y"):
                if _real(getattr(one.levels[i], field)) != _real(getattr(other.levels[i], field)):
                    raise FlatError(
                        f"{first} and {name} unroll the shared loops differently below {mapping.levels[i]}",
                        path=f"{PATH}.operators.{name}",
                        value=_text(_real(getattr(other.levels[i], field))),
                        expected=_text(_real(getattr(one.levels[i], field))),
                    )
            shared = mapping.at(i)
            for d, trips in _real(shared.temporal + shared.spatial):
                here, there = (_inside(o, i, d, (d, trips) in shared.spatial) for o in (one, other))
                if here != there:
                    raise FlatError(
                        f"an iteration of the shared loop over {d} is not the same in {first} and {name}",
                        path=f"{PATH}.operators.{name}",
                        value=f"{d} in steps of {there}",
                        expected=f"steps of {here}",
                    )


def _inside(operator: OperatorMapping, level: int, dimension: str, unrolled: bool) -> int:
    """How far one iteration of a loop moves along its dimension."""
    inner = [level_.temporal + _unrolled(level_) for level_ in operator.levels[level + 1 :]]
    if not unrolled:
        inner.append(_unrolled(operator.levels[level]))
    return prod(trips for factors in inner for d, trips in factors if d == dimension)


def _unrolled(level: LevelMapping) -> Factors:
    return level.spatial_x + level.spatial_y


def _real(factors: Factors) -> Factors:
    return tuple((d, trips) for d, trips in factors if trips > 1)


def _text(factors: Factors) -> str:
    return " ".join(f"{d}={trips}" for d, trips in factors) or "none"
