"""Timeloop v0.4 mapping documents as :class:`OperatorMapping`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flat_plugin.architecture.dummies import dummy_array
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import missing
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.workload.einsum import Einsum

_FACTOR = re.compile(r"([A-Za-z_]+)\s*=?\s*(-?\d+)(?:,(\d+))?")
_BYPASS = ("bypass", "datatype", "dataspace")
_KNOWN = {"target", "type", "factors", "permutation", "split", "keep", "bypass"}
_IGNORED = {"name", "comment"}  # which nobody reads
# What Timeloop can do without: each makes it count otherwise, and is not modelled.
_FLAGS = {"no_reuse", "no_temporal_reuse", "no_link_transfer", "no_coalesce", "rmw_first_update"} | {
    "no_multicast_no_reduction"
}


def read_mapping(
    document: Mapping[str, Any] | Sequence[Any],
    einsum: Einsum,
    architecture: Architecture,
    place: str = "mapping",
) -> OperatorMapping:
    """Read ``mapping: [directives]`` (or the list itself).

    Args:
        place: where the list stands in its file.

    Factors may be a string (``"M=2 N=1"``, ``"M2 N1"``) or a list; 0 means the whole dimension.
    Permutations are innermost first. A level without a directive has no loops and keeps all, or nothing if
    it only stands for a fan-out of timeloopfe's. Where an array fans out, a target may also be its container
    (timeloopfe's files) or the dummy level ``inter_<container>_spatial`` (what the mapper finds through
    timeloopfe): its spatial loops are those of the memory above, and nothing else happens there.

    Raises:
        FlatError: an unknown target, type, dimension or data space; a last tile that is too large; a
        dimension, or a kind of directive for a target, that is given twice.
        A spatial directive below which the architecture has no fan-out is refused as Timeloop
        refuses it.
    """
    directives = directives_of_mapping(document) if isinstance(document, Mapping) else document
    every = frozenset(tensor.name for tensor in einsum.tensors)
    levels = {
        memory.name: LevelMapping(memory.name, bypass=every if memory.only_fans_out else frozenset())
        for memory in architecture.memories
    }
    arrays = array_targets(architecture)
    given: set[tuple[str, str]] = set()
    for i, directive in enumerate(directives):
        path = f"{place}[{i}]"
        if not isinstance(directive, Mapping):
            raise FlatError("a directive must be a mapping", path=path, value=directive)
        _check_keys(directive, path)
        name = _target(directive.get("target"), levels)
        if name in arrays:
            if directive.get("type") != "spatial":
                _check_idle(directive, path, einsum)
                continue
            name = arrays[name]
        if name not in levels:
            raise FlatError(
                "unknown target",
                path=f"{path}.target",
                value=name,
                expected="one of " + ", ".join((*levels, *architecture.arrays.values())),
            )
        _check_first(name, directive, path, given)
        levels[name] = _apply(levels[name], directive, path, einsum, architecture)
    return OperatorMapping(tuple(levels.values()))


def directives_of_mapping(document: Mapping[str, Any]) -> list[Any]:
    """The list under ``mapping``.

    Raises:
        FlatError: there is none.
    """
    if "mapping" not in document:
        raise missing("mapping", document)
    directives = document["mapping"]
    if not isinstance(directives, list):
        raise FlatError("a mapping must be a list of directives", path="mapping", value=directives)
    return directives


def _apply(
    level: LevelMapping,
    directive: Mapping[str, Any],
    path: str,
    einsum: Einsum,
    architecture: Architecture,
) -> LevelMapping:
    kind = directive.get("type")
    if kind == "temporal":
        return replace(
            level, temporal=_loops(directive, path, einsum), last_temporal=_last(directive, path, einsum)
        )
    if kind == "spatial":
        index = [memory.name for memory in architecture.memories].index(level.level)
        if architecture.fanout(index) == (1, 1):
            raise FlatError(
                "a spatial directive below a level that has no fan-out", path=path, value=level.level
            )
        loops = _loops(directive, path, einsum)
        split = directive.get("split", len(loops))
        if isinstance(split, bool) or not isinstance(split, int) or split < 0:
            raise FlatError("split must be a whole number", path=f"{path}.split", value=split)
        last = _last(directive, path, einsum)
        return replace(level, spatial_x=loops[:split], spatial_y=loops[split:], last_spatial=last)
    if kind in _BYPASS:
        if kind == "dataspace" and architecture.spelling == "subtree":
            raise FlatError(
                "the Timeloop programs refuse this type", path=f"{path}.type", value=kind, expected="bypass"
            )
        return replace(level, bypass=_bypass(level.bypass, directive, path, einsum))
    raise FlatError(
        "unknown directive type",
        path=f"{path}.type",
        value=kind,
        expected="temporal, spatial or bypass",
    )


def _target(target: Any, levels: Mapping[str, LevelMapping]) -> str:
    """A level's name; a number counts memories from the innermost."""
    if isinstance(target, int) and not isinstance(target, bool) and 0 <= target < len(levels):
        return list(levels)[::-1][target]
    return str(target)


def array_targets(architecture: Architecture) -> dict[str, str]:
    """Containers that fan out, and the dummy levels they become, -> the memory above, or the dummy level
    where the architecture has it."""
    found: dict[str, str] = {}
    for i, memory in enumerate(architecture.memories):
        names = (*architecture.parts[i + 1].arrays, architecture.array_below(i))
        for above in filter(None, names):
            found |= {above: memory.name, f"inter_{above}_spatial": memory.name}
    memories = [memory.name for memory in architecture.memories]
    found |= {own: name for name in memories if (own := dummy_array(name))}
    return {array: name for array, name in found.items() if array not in memories}


def _check_first(name: str, directive: Mapping[str, Any], path: str, given: set[tuple[str, str]]) -> None:
    """A second directive of one kind would replace the first."""
    kind = "bypass" if directive.get("type") in _BYPASS else str(directive.get("type"))
    if (name, kind) in given:
        raise FlatError(f"a second {kind} directive for {name}", path=path, expected="one")
    given.add((name, kind))


def _check_idle(directive: Mapping[str, Any], path: str, einsum: Einsum) -> None:
    """A container keeps nothing and has no loops in time, whatever a file says of its loops of 1."""
    trips, _ = _factors(directive.get("factors", ""), f"{path}.factors", einsum)
    for dimension, factor in trips.items():
        if factor > 1:
            raise FlatError(
                "a loop in time at a container", path=f"{path}.factors", value=f"{dimension}={factor}"
            )


def _check_keys(directive: Mapping[str, Any], path: str) -> None:
    for key in sorted(_FLAGS & set(map(str, directive))):
        if directive[key]:
            raise FlatError(
                f"{key} is not supported", path=f"{path}.{key}", value=directive[key], expected="none"
            )
    unknown = set(map(str, directive)) - _KNOWN - _IGNORED - _FLAGS
    if unknown:
        raise FlatError(
            "a directive that is not modelled",
            path=f"{path}.{sorted(unknown)[0]}",
            expected=sorted(_KNOWN),
        )


def _loops(directive: Mapping[str, Any], path: str, einsum: Einsum) -> Factors:
    factors, _ = _factors(directive.get("factors", ""), f"{path}.factors", einsum)
    order = read_permutation(directive.get("permutation", ""), f"{path}.permutation", einsum)
    order += [d for d in einsum.dimensions if d not in order]
    return tuple((d, factors.get(d, 1)) for d in order)


def _last(directive: Mapping[str, Any], path: str, einsum: Einsum) -> Factors:
    _, last = _factors(directive.get("factors", ""), f"{path}.factors", einsum)
    return tuple(last.items())


def _factors(value: Any, path: str, einsum: Einsum) -> tuple[dict[str, int], dict[str, int]]:
    """Trips, and those of the last turn where they are fewer."""
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    text = text.split("#")[0]
    factors: dict[str, int] = {}
    last: dict[str, int] = {}
    for name, factor, residual in _FACTOR.findall(text):
        if name not in einsum.sizes:
            raise FlatError(
                "unknown dimension",
                path=path,
                value=name,
                expected=einsum.dimensions,
            )
        if name in factors:
            raise FlatError("a dimension has two factors", path=path, value=name, expected="one")
        if int(factor) < 0:
            raise FlatError("a factor must not be negative", path=path, value=f"{name}={factor}")
        if residual and not 1 <= int(residual) <= int(factor):
            raise FlatError(
                "the last tile of an imperfect factor must not be larger than the others",
                path=path,
                value=f"{name}={factor},{residual}",
                expected=f"{name}={factor},1 to {name}={factor},{factor}",
            )
        if residual and int(residual) < int(factor):
            last[name] = int(residual)
        factors[name] = int(factor) or einsum.sizes[name]
    if left := _FACTOR.sub(" ", text).replace(",", " ").split():
        raise FlatError("a factor that cannot be read", path=path, value=left[0], expected='"M=2 N=1"')
    return factors, last


def read_permutation(value: Any, path: str, einsum: Einsum) -> list[str]:
    """Dimensions in the order given, as letters (``"MN"``) or as a list."""
    names = [str(v) for v in value] if isinstance(value, list) else list(str(value or ""))
    names = [name for name in names if name.strip(" ,")]
    for name in names:
        if name not in einsum.dimensions:
            raise FlatError(
                "unknown dimension",
                path=path,
                value=name,
                expected=einsum.dimensions,
            )
    if len(set(names)) != len(names):
        raise FlatError("a dimension is listed twice", path=path, value=value)
    return names


def _bypass(
    before: frozenset[str], directive: Mapping[str, Any], path: str, einsum: Einsum
) -> frozenset[str]:
    tensors = {tensor.name for tensor in einsum.tensors}
    kept, bypassed = (read_names(directive.get(key), f"{path}.{key}", tensors) for key in _BYPASS_KEYS)
    if both := sorted(kept & bypassed):
        raise FlatError("kept and bypassed", path=path, value=both[0], expected="one of the two")
    return (before - kept) | bypassed


_BYPASS_KEYS = ("keep", "bypass")


def read_names(value: Any, path: str, tensors: set[str]) -> frozenset[str]:
    """Data spaces, each of which the einsum has."""
    if not isinstance(value, list | tuple | str | set | frozenset | None):
        raise FlatError("not a list of data spaces", path=path, value=value, expected="such as [Q, K]")
    names = frozenset(map(str, value or []))
    if unknown := sorted(names - tensors):
        known = ", ".join(sorted(tensors))
        raise FlatError("unknown data space", path=path, value=unknown[0], expected=f"one of {known}")
    return names
