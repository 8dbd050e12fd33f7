"""What a user fixes of one operator's mapping, level by level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.constraints.loops import LoopConstraints


@dataclass(frozen=True)
class LevelConstraints:
    """One memory: its loops in time, those unrolled below it, and the tensors that it must ``keep`` or let
    ``bypass``; others are free."""

    level: str
    temporal: LoopConstraints = LoopConstraints()
    spatial: LoopConstraints = LoopConstraints()
    keep: frozenset[str] = frozenset()
    bypass: frozenset[str] = frozenset()
    keep_place: str = field(default="", compare=False)

    @property
    def free(self) -> bool:
        """Whether nothing is said."""
        return self == LevelConstraints(self.level)

    def holds(self, tensor: str) -> bool | None:
        """Whether the level holds a tensor: True, False, or None where it is free."""
        return True if tensor in self.keep else False if tensor in self.bypass else None

    def broken_by(self, mapping: LevelMapping) -> str | None:
        """What of this a level's mapping does not keep to, with the place that asks for it."""
        checks: tuple[tuple[str, str, Callable[[], str | None]], ...] = (
            ("loops", self.temporal.place, lambda: self.temporal.broken_by(mapping.temporal)),
            (
                "unrolled loops",
                self.spatial.place,
                lambda: self.spatial.broken_by(mapping.spatial_x, mapping.spatial_y),
            ),
            ("tensors", self.keep_place, lambda: self._held_broken(mapping)),
        )
        for what, place, check in checks:
            if said := check():
                return f"{self.level}, {what}: {said}" + (f" ({place})" if place else "")
        return None

    def _held_broken(self, mapping: LevelMapping) -> str | None:
        for tensor in sorted(self.keep & mapping.bypass):
            return f"{tensor} must be kept, and is bypassed"
        for tensor in sorted(self.bypass - mapping.bypass):
            return f"{tensor} must be bypassed, and is kept"
        return None

    def both(self, other: LevelConstraints) -> LevelConstraints:
        """What keeps to both. Raises: FlatError: nothing does."""
        keep, bypass = self.keep | other.keep, self.bypass | other.bypass
        places = ", ".join(dict.fromkeys(filter(None, (self.keep_place, other.keep_place))))
        for tensor in sorted(keep & bypass):
            raise FlatError(
                f"constraints that contradict each other: {self.level} keeps {tensor} and bypasses it",
                path=places or None,
            )
        return LevelConstraints(
            self.level,
            self.temporal.both(other.temporal),
            self.spatial.both(other.spatial),
            keep,
            bypass,
            places,
        )


@dataclass(frozen=True)
class Constraints:
    """Of one operator; ``levels`` are those of which anything is said, outermost first.

    ``least_parallelism`` is the least part of all children of all fan-outs that must be used.
    ``place`` says where all of it was read, for messages.
    """

    levels: tuple[LevelConstraints, ...] = ()
    least_parallelism: float = 0.0
    place: str = field(default="", compare=False)

    @property
    def free(self) -> bool:
        """Whether nothing is said."""
        return self == Constraints()

    def __getitem__(self, level: str) -> LevelConstraints:
        """What is said of one memory; a free entry if nothing is."""
        return next((entry for entry in self.levels if entry.level == level), LevelConstraints(level))

    def broken_by(self, mapping: OperatorMapping, architecture: Architecture) -> str | None:
        """Why a mapping does not keep to this: the level, what is asked for and what it has; else None."""
        for level in mapping.levels:
            if said := self[level.level].broken_by(level):
                return said
        used = prod(factor for level in mapping.levels for _, factor in level.spatial_x + level.spatial_y)
        there = prod(x * y for x, y in architecture.fanouts[1:])
        if used < self.least_parallelism * there:
            return f"{self.least_parallelism:g} of {there} units are to be used, the mapping uses {used}"
        return None

    def obeyed_by(self, mapping: OperatorMapping, architecture: Architecture) -> bool:
        return self.broken_by(mapping, architecture) is None

    def both(self, other: Constraints) -> Constraints:
        """What keeps to both.

        Raises:
            FlatError: nothing does; the message names the two places.
        """
        names = dict.fromkeys(entry.level for entry in (*self.levels, *other.levels))
        levels = tuple(self[name].both(other[name]) for name in names)
        place = ", ".join(dict.fromkeys(filter(None, (self.place, other.place))))
        least = max(self.least_parallelism, other.least_parallelism)
        return Constraints(tuple(level for level in levels if not level.free), least, place)


FREE = Constraints()
