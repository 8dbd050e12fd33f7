"""Timeloop's constraints of loops, in time or space: factors, permutations, which axis they lie on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from flat_plugin.architecture.component import as_number
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary

_FACTOR = re.compile(r"([A-Za-z_]+)\s*(<=|>=|=)?\s*(\d{1,18})\b")


@dataclass(frozen=True)
class LoopReading:
    """Reads what one directive fixes of loops; every ``path`` is the directive's place, for errors.

    Args:
        ordered: a spatial permutation orders the loops of an axis; else it only says, with the split,
            which axis they lie on.
    """

    words: Vocabulary
    ordered: bool

    def loops(self, directive: Mapping[str, Any], path: str) -> LoopConstraints:
        inner, outer = self.permutation(directive.get("permutation"), f"{path}.permutation")
        own = tuple(d for d in inner if d in self.words.einsum.sizes)
        bounds = self.bounds(directive, path)
        found = LoopConstraints(bounds, own, tuple(d for d in outer if d in self.words.einsum.sizes))
        return found if found.free else replace(found, place=path)

    def unrolled(self, directive: Mapping[str, Any], path: str) -> LoopConstraints:
        found = self.loops(directive, path)
        if not self.ordered:
            found = replace(found, inner=(), outer=())
        split = directive.get("split")
        if split is None:
            if not self.ordered and directive.get("permutation") is not None:
                raise _no_split(split, path)
            return found
        inner, outer = self.permutation(directive.get("permutation"), f"{path}.permutation")
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

    def permutation(self, value: Any, path: str) -> tuple[list[str], list[str]]:
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

    def bounds(self, directive: Mapping[str, Any], path: str) -> tuple[tuple[str, Bound], ...]:
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
                raise FlatError(
                    "the least value of a factor is above its greatest", path=path, value=dimension
                )
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


def _no_split(split: object, path: str) -> FlatError:
    return FlatError(
        "a permutation and a split say together what lies on x",
        path=f"{path}.split",
        value=split,
        expected="a permutation, and how many of its dimensions lie on x",
    )


def _whole(value: object, path: str) -> int:
    number = as_number(value)
    if number is None or not 1 <= number < inf or number != int(number):
        raise FlatError("not a whole number of at least 1", path=path, value=value)
    return int(number)
