"""Timeloop's constraints, a list of directives by target and type, as :class:`Constraints`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.dummies import dummy_array
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.read import array_targets
from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints
from flat_plugin.mapspace.constraints.merged import Said, of_merged
from flat_plugin.workload.einsum import Einsum

_FACTOR = re.compile(r"([A-Za-z_]+)\s*(<=|>=|=)?\s*(\d{1,18})\b")
_KEEPING = ("dataspace", "datatype", "bypass", "bypassing")
_LEAST = ("utilization", "parallelism")
_COMMON = {"target", "type", "name", "comment"}
_LOOPS = {"factors", "factors_only", "permutation", "default_max_factor", "default_min_factor"} | {
    "no_iteration_over_dataspaces",
    "must_iterate_over_dataspaces",
}
_KEYS = {
    "temporal": _LOOPS,
    "spatial": _LOOPS | {"split"},
    "dataspace": {"keep", "bypass", "keep_only", "bypass_only", "keep_within", "branch_of"},
    "utilization": {"min"},
    "max_overbooked_proportion": {"proportion"},
}

_UNSUPPORTED = {"no_reuse", "no_multicast_no_reduction", "no_temporal_reuse", "no_link_transfer"} | {
    "rmw_first_update",
    "no_coalesce",
    "maximize_dims",
    "maximize_dims_capacity",
    "remainders",
}


@dataclass(frozen=True)
class Vocabulary:
    """The names that constraints may use: of one operator, or of all that are mapped together. What only
    the others have says nothing of this one."""

    einsum: Einsum
    dimensions: frozenset[str]
    tensors: frozenset[str]

    @staticmethod
    def of(einsum: Einsum, others: Collection[Einsum] = ()) -> Vocabulary:
        every = (einsum, *others)
        dimensions = frozenset(d for each in every for d in each.dimensions)
        return Vocabulary(einsum, dimensions, frozenset(t.name for each in every for t in each.tensors))

    def dimension(self, name: str, path: str) -> bool:
        """Whether the operator has it. Raises: FlatError: nobody does."""
        _known(name, self.dimensions, "dimension", path)
        return name in self.einsum.sizes

    def names(self, value: Any, path: str) -> frozenset[str]:
        """Those of a list of tensors that the operator has; ``*`` is all of them."""
        own = frozenset(tensor.name for tensor in self.einsum.tensors)
        if not isinstance(value, list | tuple | str | set | frozenset | None):
            raise FlatError("not a list of data spaces", path=path, value=value, expected="such as [Q, K]")
        listed = value.split() if isinstance(value, str) and value not in self.tensors else value
        found = [str(name) for name in ([listed] if isinstance(listed, str) else listed or [])]
        for name in sorted(found):
            if name != "*":
                _known(name, self.tensors, "data space", path)
        return own if "*" in found else own & frozenset(found)


def read_constraints(
    directives: Sequence[Any],
    path: str | Sequence[str],
    words: Vocabulary,
    architecture: Architecture,
    *,
    ordered: bool = True,
    of_files: bool = False,
) -> Constraints:
    """Constraints of one operator.

    Args:
        directives: mappings of ``target``, ``type`` and what the type takes; see docs/timeloop-files.md.
        path: where the list stands, or where each of its entries does.
        ordered: a spatial permutation orders the loops of an axis; else it only says, with the split,
            which axis they lie on.
        of_files: they stand in the architecture's own files, whose levels are those of the files.

    Raises:
        FlatError: an unknown target, type, key, dimension or data space, a contradiction, or a kind of
            constraint that no mapping here can keep to; the message names the entry.
    """
    reading = _Reading(words, architecture, ordered, of_files)
    found = Constraints(place=path if isinstance(path, str) else "")
    apart: dict[str, list[Said]] = {}
    for i, directive in enumerate(directives):
        here = f"{path}[{i}]" if isinstance(path, str) else path[i]
        if level := reading.of_one_of_several(directive, here):
            apart.setdefault(level, []).append(reading.said(directive, here))
        else:
            found = replace(found.both(reading.read(directive, here)), place=found.place)
    for level, said in apart.items():
        spatial = of_merged(architecture.merged_below(level), said, words.einsum.dimensions)
        found = replace(
            found.both(Constraints((LevelConstraints(level, spatial=spatial),))), place=found.place
        )
    return found


@dataclass(frozen=True)
class _Reading:
    words: Vocabulary
    architecture: Architecture
    ordered: bool
    of_files: bool
    arrays: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", array_targets(self.architecture))

    def of_one_of_several(self, directive: Any, path: str) -> str | None:
        """The memory below which it is about one of several fan-outs, which are one here."""
        if not isinstance(directive, Mapping) or self._kind(directive, path) != "spatial":
            return None
        level = self._level(directive, path)
        whole = directive.get("target") == level and not self.of_files
        return level if self.architecture.merged_below(level) and not whole else None

    def said(self, directive: Mapping[str, Any], path: str) -> Said:
        _only(directive, _KEYS["spatial"], path)
        inner, outer = self._permutation(directive.get("permutation"), f"{path}.permutation")
        bounds = self._bounds(directive, path)
        return Said(str(directive.get("target")), bounds, (*inner, *outer), directive.get("split"), path)

    def read(self, directive: Any, path: str) -> Constraints:
        if not isinstance(directive, Mapping):
            raise FlatError("a constraint is a mapping", path=path, value=directive)
        kind = self._kind(directive, path)
        _only(directive, _KEYS[kind], path)
        if kind != "spatial" and self._left_out(str(directive.get("target"))):
            return Constraints()  # a level that holds nothing and has no loops of its own
        level = self._level(directive, path)
        if kind == "utilization":
            return Constraints(least_parallelism=self._least(directive, level, path))
        if kind == "max_overbooked_proportion":
            if as_number(directive.get("proportion", 0)) != 0:
                raise _unsupported(path, "proportion", directive["proportion"], "0: nothing overbooks")
            return Constraints()
        entry = LevelConstraints(level)
        if kind == "dataspace":
            keep, bypass = self._held(directive, path)
            entry = replace(entry, keep=keep, bypass=bypass, keep_place=path)
        elif kind == "temporal":
            entry = replace(entry, temporal=self._loops(directive, path))
        else:
            self._check_fanout(level, directive, path)
            entry = replace(entry, spatial=self._unrolled(directive, path))
        return Constraints(() if entry.free else (entry,))

    def _kind(self, directive: Mapping[str, Any], path: str) -> str:
        kind = directive.get("type")
        if not isinstance(kind, str):
            raise FlatError("not a constraint", path=f"{path}.type", value=kind, expected=_KEYS)
        kind = "dataspace" if kind in _KEEPING else "utilization" if kind in _LEAST else kind
        if kind not in _KEYS:
            known = ", ".join(_KEYS)
            raise FlatError("not a constraint", path=f"{path}.type", value=kind, expected=f"one of {known}")
        return kind

    def _level(self, directive: Mapping[str, Any], path: str) -> str:
        """The memory that is meant; loops that a container unrolls are those of the memory above it."""
        memories = [memory.name for memory in self.architecture.memories]
        given = directive.get("target", directive.get("name"))
        target = str(given)
        if directive.get("type") == "spatial":
            target = self.arrays.get(target, target)
        if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(memories):
            target = memories[::-1][given]  # Timeloop numbers levels from the innermost
        if target not in memories:
            raise FlatError(
                f"not a memory of {self.architecture.name}",
                path=f"{path}.target",
                value=given,
                expected=memories,
            )
        return target

    def _left_out(self, target: str) -> bool:
        memories = {memory.name for memory in self.architecture.memories}
        return target not in memories and dummy_array(target) is not None and target in self.arrays

    def _check_fanout(self, level: str, directive: Mapping[str, Any], path: str) -> None:
        index = [memory.name for memory in self.architecture.memories].index(level)
        if self.architecture.fanout(index) == (1, 1):
            target = directive.get("target")
            raise FlatError("nothing is unrolled below this memory", path=f"{path}.target", value=target)

    def _least(self, directive: Mapping[str, Any], level: str, path: str) -> float:
        innermost = self.architecture.memories[-1].name
        if level != innermost:
            raise FlatError(
                "a least use of the array is given for the innermost memory",
                path=f"{path}.target",
                value=level,
                expected=innermost,
            )
        number = as_number(directive.get("min"))
        if number is None or not 0 <= number <= 1:
            raise FlatError(
                "not a part of the array", path=f"{path}.min", value=directive.get("min"), expected="0 to 1"
            )
        return float(number)

    def _held(self, directive: Mapping[str, Any], path: str) -> tuple[frozenset[str], frozenset[str]]:
        own = frozenset(tensor.name for tensor in self.words.einsum.tensors)
        read = {
            key: self.words.names(directive[key], f"{path}.{key}")
            for key in sorted(_KEYS["dataspace"] - {"branch_of"})
            if directive.get(key) is not None
        }
        keep, bypass = read.get("keep", frozenset()), read.get("bypass", frozenset())
        if "keep_only" in read:
            keep, bypass = keep | read["keep_only"], bypass | (own - read["keep_only"])
        if "keep_within" in read:  # of a branch beside others, which keep the rest
            bypass = bypass | (own - read["keep_within"])
        if "bypass_only" in read:
            keep, bypass = keep | (own - read["bypass_only"]), bypass | read["bypass_only"]
        for tensor in sorted(keep & bypass):
            raise FlatError("kept and passed by", path=path, value=tensor, expected="one of the two")
        return keep, bypass

    def _loops(self, directive: Mapping[str, Any], path: str) -> LoopConstraints:
        inner, outer = self._permutation(directive.get("permutation"), f"{path}.permutation")
        own = tuple(d for d in inner if d in self.words.einsum.sizes)
        bounds = self._bounds(directive, path)
        found = LoopConstraints(bounds, own, tuple(d for d in outer if d in self.words.einsum.sizes))
        return found if found.free else replace(found, place=path)

    def _unrolled(self, directive: Mapping[str, Any], path: str) -> LoopConstraints:
        found = self._loops(directive, path)
        if not self.ordered:
            found = replace(found, inner=(), outer=())
        split = directive.get("split")
        if split is None:
            if not self.ordered and directive.get("permutation") is not None:
                raise _no_split(split, path)
            return found
        inner, outer = self._permutation(directive.get("permutation"), f"{path}.permutation")
        whole = isinstance(split, int) and not isinstance(split, bool) and split >= 0
        if not whole or outer or (not self.ordered and split > len(inner)):
            raise _no_split(split, path)
        if split > len(inner):  # dimensions that the permutation does not name lie on either axis
            every = split >= len(self.words.einsum.dimensions)
            found = replace(found, on_x=frozenset(inner), others="x" if every else "xy")
        else:
            on_x, on_y = frozenset(inner[:split]), frozenset(inner[split:])
            found = replace(found, on_x=on_x, on_y=on_y, others="y")
        return replace(found, split=split, place=path)

    def _permutation(self, value: Any, path: str) -> tuple[list[str], list[str]]:
        """(innermost loops, outermost loops) as they stand, those of other operators included."""
        listed = list(map(str, value)) if isinstance(value, list | tuple) else list(str(value or ""))
        if not isinstance(value, list | tuple) and "," in str(value or ""):
            listed = [name.strip() for name in str(value).split(",")]
        names = [name for name in listed if name.strip()]
        for name in names:
            if name != "_":
                self.words.dimension(name, path)
        if len(set(names)) != len(names):
            raise FlatError("a dimension is listed twice", path=path, value=value)
        mark = names.index("_") if "_" in names else len(names)
        return names[:mark], names[mark + 1 :]

    def _bounds(self, directive: Mapping[str, Any], path: str) -> tuple[tuple[str, Bound], ...]:
        sizes = self.words.einsum.sizes
        bounds = self._factors(directive.get("factors"), f"{path}.factors")
        if directive.get("factors_only") is not None:
            only = self._factors(directive["factors_only"], f"{path}.factors_only")
            bounds = {**{d: Bound.exactly(1) for d in sizes if d not in bounds}, **bounds, **only}
        for key in ("no_iteration_over_dataspaces", "must_iterate_over_dataspaces"):
            if directive.get(key) is None:
                continue
            named = self.words.names(directive[key], f"{path}.{key}")
            over = {d for t in self.words.einsum.tensors if t.name in named for d in t.dimensions}
            still = over if key.startswith("no_") else set(sizes) - over
            bounds |= {d: bounds.get(d, Bound()).both(Bound.exactly(1)) for d in sizes if d in still}
        for key, most in (("default_max_factor", True), ("default_min_factor", False)):
            if (given := directive.get(key)) is not None:
                number = _whole(given, f"{path}.{key}")
                for d in sizes:
                    bounds.setdefault(d, Bound(most=number) if most else Bound(least=number))
        for dimension, bound in bounds.items():
            if bound.least > bound.most:
                raise FlatError("no factor is so large and so small", path=path, value=dimension)
        return tuple((d, bounds[d]) for d in sizes if d in bounds)

    def _factors(self, value: Any, path: str) -> dict[str, Bound]:
        text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
        text = text.split("#")[0]
        found: dict[str, Bound] = {}
        for dimension, relation, digits in _FACTOR.findall(text):
            own = self.words.dimension(dimension, path)
            whole = self.words.einsum.sizes.get(dimension, 1)
            trips = int(digits) or (whole if relation in ("", "=") else 0)
            if trips < 1:
                raise FlatError("a bound must be 1 or more", path=path, value=f"{dimension}{relation}0")
            bound = {"<=": Bound(most=trips), ">=": Bound(least=trips)}.get(relation, Bound.exactly(trips))
            before = found.get(dimension)
            if before is not None and (before.fixed or bound.fixed):
                raise FlatError(
                    "a dimension with two factors", path=path, value=value, expected=f"one {dimension}"
                )
            if own:
                found[dimension] = before.both(bound) if before else bound
        if left := _FACTOR.sub(" ", text).replace(",", " ").split():
            raise FlatError("a factor that cannot be read", path=path, value=left[0], expected='"M=1 N<=16"')
        return found


def _known(name: str, names: frozenset[str], what: str, path: str) -> None:
    if name not in names:
        known = ", ".join(sorted(names))
        raise FlatError(f"unknown {what}", path=path, value=name, expected=f"one of {known}")


def _only(directive: Mapping[str, Any], keys: Collection[str], path: str) -> None:
    for key, value in directive.items():
        if key in keys or key in _COMMON or value in (None, [], {}, ""):
            continue
        if key in _UNSUPPORTED:
            raise _unsupported(path, key, value, "none")
        raise FlatError("unknown key", path=f"{path}.{key}", value=value, expected=sorted({*keys, *_COMMON}))


def _unsupported(path: str, key: str, value: object, expected: str) -> FlatError:
    return FlatError(f"{key} is not supported", path=f"{path}.{key}", value=value, expected=expected)


def _no_split(split: object, path: str) -> FlatError:
    return FlatError(
        "a permutation and a split say together what lies on x",
        path=f"{path}.split",
        value=split,
        expected="a permutation, and how many of its dimensions lie on x",
    )


def _whole(value: object, path: str) -> int:
    number = as_number(value)
    if number is None or number != int(number) or number < 1 or number == inf:
        raise FlatError("not a whole number of at least 1", path=path, value=value)
    return int(number)
