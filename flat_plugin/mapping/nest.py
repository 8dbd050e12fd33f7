"""The mapping of one operator: for each memory its loops, what it keeps, and the fan-out below it."""

from __future__ import annotations

from dataclasses import dataclass

Factors = tuple[tuple[str, int], ...]


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

    def __getitem__(self, level: str) -> LevelMapping:
        return next(entry for entry in self.levels if entry.level == level)
