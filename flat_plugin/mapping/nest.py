"""The mapping of one operator: for each memory its loops, what it keeps, and the fan-out below it."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.schema import Positive

Factors = tuple[tuple[str, Positive], ...]


@dataclass(frozen=True)
class LevelMapping:
    """One memory level. Loops are innermost first, as in Timeloop's files.

    ``spatial_x`` and ``spatial_y`` unroll over the children below this level. ``last_temporal`` and
    ``last_spatial`` are imperfect factors: how many iterations a loop has in its last turn, where
    that is fewer (Timeloop writes ``M=32,20``).
    """

    level: str
    temporal: Factors = ()
    spatial_x: Factors = ()
    spatial_y: Factors = ()
    bypass: frozenset[str] = frozenset()
    last_temporal: Factors = ()
    last_spatial: Factors = ()


@dataclass(frozen=True)
class OperatorMapping:
    """Levels outermost first, one for each memory of the architecture."""

    levels: tuple[LevelMapping, ...]

    @property
    def perfect(self) -> bool:
        """Whether all tiles of a level are equal."""
        return not any(level.last_temporal or level.last_spatial for level in self.levels)

    def covers(self, dimension: str) -> int:
        """The size of a dimension that the loops of all levels make together."""
        size = 0  # of what is covered, less 1: all turns but the last are full ones
        for level in self.levels:
            for factors, last in (
                (level.temporal, level.last_temporal),
                (level.spatial_x + level.spatial_y, level.last_spatial),
            ):
                for name, factor in factors:
                    if name == dimension:
                        size = size * factor + dict(last).get(name, factor) - 1
        return size + 1

    def loops_over(self, dimension: str) -> str:
        """The loops over a dimension by level: ``DRAM temporal 8, GlobalBuffer spatial 32``."""
        found = (
            f"{level.level} {kind} {factor}"
            for level in self.levels
            for kind, factors in (
                ("temporal", level.temporal),
                ("spatial", level.spatial_x + level.spatial_y),
            )
            for name, factor in factors
            if name == dimension and factor > 1
        )
        return ", ".join(found) or "none"

    def __getitem__(self, level: str) -> LevelMapping:
        return next(entry for entry in self.levels if entry.level == level)
