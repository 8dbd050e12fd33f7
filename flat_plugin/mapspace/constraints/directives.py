"""Timeloop's constraints, a list of directives by target and type, as :class:`Constraints`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.dummies import dummy_array
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.read import array_targets
from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.constraints.loop_directives import LoopReading
from flat_plugin.mapspace.constraints.merged import Said, of_merged
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary

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
    loops: LoopReading = field(init=False)
    arrays: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "loops", LoopReading(self.words, self.ordered))
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
        inner, outer = self.loops.permutation(directive.get("permutation"), f"{path}.permutation")
        bounds = self.loops.bounds(directive, path)
        return Said(str(directive.get("target")), bounds, (*inner, *outer), directive.get("split"), path)

    def read(self, directive: Any, path: str) -> Constraints:
        if not isinstance(directive, Mapping):
            raise FlatError("a constraint must be a mapping", path=path, value=directive)
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
            entry = replace(entry, temporal=self.loops.loops(directive, path))
        else:
            self._check_fanout(level, directive, path)
            entry = replace(entry, spatial=self.loops.unrolled(directive, path))
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
                "a minimum use of the array belongs to the innermost memory",
                path=f"{path}.target",
                value=level,
                expected=innermost,
            )
        number = as_number(directive.get("min"))
        if number is None or not 0 <= number <= 1:
            raise FlatError(
                "not a fraction of the array",
                path=f"{path}.min",
                value=directive.get("min"),
                expected="0 to 1",
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
            raise FlatError("kept and bypassed", path=path, value=tensor, expected="one of the two")
        return keep, bypass


def _only(directive: Mapping[str, Any], keys: Collection[str], path: str) -> None:
    for key, value in directive.items():
        if key in keys or key in _COMMON or value in (None, [], {}, ""):
            continue
        if key in _UNSUPPORTED:
            raise _unsupported(path, key, value, "none")
        raise FlatError("unknown key", path=f"{path}.{key}", value=value, expected=sorted({*keys, *_COMMON}))


def _unsupported(path: str, key: str, value: object, expected: str) -> FlatError:
    return FlatError(f"{key} is not supported", path=f"{path}.{key}", value=value, expected=expected)
