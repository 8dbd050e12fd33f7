"""A design space: every combination of the axes' values that the conditions leave, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.errors import FlatError
from flat_plugin.exploration.axes import Axis, Value
from flat_plugin.exploration.expressions import Expression
from flat_plugin.exploration.quantities import Quantity

MOST_DESIGNS = 2_000_000

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Tie:
    """What is set by an expression over the axes; several make a value of several numbers, as ``pes``."""

    target: str
    expressions: tuple[Expression, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for each in self.expressions for name in each.names))

    def values(self, names: Mapping[str, Quantity], count: int) -> list[Any]:
        """One for each of ``count`` designs."""
        columns = [np.broadcast_to(each.value(names).value, count) for each in self.expressions]
        lists = [[_plain(value) for value in column.tolist()] for column in columns]
        return lists[0] if len(lists) == 1 else [list(each) for each in zip(*lists, strict=True)]


def _plain(value: Any) -> Any:
    """Whole numbers as such: attributes that count things take no others."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


@dataclass(frozen=True)
class Space:
    """Axes, ties and conditions; ``targets`` are the axes that set something themselves."""

    axes: tuple[Axis, ...]
    ties: tuple[Tie, ...] = ()
    conditions: tuple[Expression, ...] = ()
    targets: frozenset[str] = frozenset()

    @property
    def declared(self) -> int:
        """Combinations, whether the conditions hold or not."""
        return prod(len(axis.values) for axis in self.axes)

    @cached_property
    def codes(self) -> Codes:
        """[axes, designs]: which value of each axis a design has, in the order of the axes.

        Raises:
            FlatError: too many combinations, or none is left.
        """
        if self.declared > MOST_DESIGNS:
            raise FlatError(
                "too many designs",
                path="exploration.axes",
                value=self.declared,
                expected=f"at most {MOST_DESIGNS:,}",
            )
        sizes = [len(axis.values) for axis in self.axes]
        grid = np.indices(sizes, dtype=np.int64).reshape(len(sizes), -1)
        kept = np.ones(grid.shape[1], dtype=bool)
        for condition in self.conditions:
            kept &= np.broadcast_to(condition.truth(self.names(grid)), kept.shape)
        if not kept.any():
            raise FlatError("the conditions leave no design", path="exploration.where", value=self.declared)
        return grid[:, kept]

    def names(self, codes: Codes) -> dict[str, Quantity]:
        """The values of the axes, as expressions take them."""
        return {
            axis.name: Quantity(np.array(axis.values)[codes[i]])
            for i, axis in enumerate(self.axes)
            if not isinstance(axis.values[0], tuple)
        }

    def __len__(self) -> int:
        return int(self.codes.shape[1])

    def values(self, design: int) -> dict[str, Value]:
        """Axis -> value of one design."""
        return {axis.name: axis.values[self.codes[i, design]] for i, axis in enumerate(self.axes)}

    def settings(self, codes: Codes) -> Iterator[dict[str, Any]]:
        """What is set, for each column of codes: axes in their order, then the ties."""
        names, count = self.names(codes), codes.shape[1]
        columns: dict[str, Sequence[Any]] = {
            axis.name: [_given(axis.values[n]) for n in codes[i]]
            for i, axis in enumerate(self.axes)
            if axis.name in self.targets
        }
        columns |= {tie.target: tie.values(names, count) for tie in self.ties}
        for design in range(count):
            yield {target: values[design] for target, values in columns.items()}

    def axes_of(self, target: str) -> frozenset[int]:
        """The axes that decide a target."""
        names = {target} if target in self.targets else set[str]()
        names |= {name for tie in self.ties if tie.target == target for name in tie.names}
        return frozenset(i for i, axis in enumerate(self.axes) if axis.name in names)

    @property
    def all_targets(self) -> tuple[str, ...]:
        return (*(a.name for a in self.axes if a.name in self.targets), *(tie.target for tie in self.ties))

    def label(self, design: int) -> str:
        """``buffer_kb 512, pes 32×32``, of the axes that have several values."""
        return ", ".join(
            f"{axis.name} {axis.text(int(self.codes[i, design]))}"
            for i, axis in enumerate(self.axes)
            if len(axis.values) > 1
        )

    def find(self, codes: Codes) -> int | None:
        """The design with these codes; None where a condition rules it out."""
        found = np.flatnonzero((self.codes == codes[:, None]).all(axis=0))
        return int(found[0]) if len(found) else None


def _given(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
