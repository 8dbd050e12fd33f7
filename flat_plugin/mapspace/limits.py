"""What limits an operator's mappings below the buffer: an array of a fixed dataflow unrolls only
some dimensions, on one axis each, and its registers hold only some tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from flat_plugin.mapspace.structure import divisors


@dataclass(frozen=True)
class Spread:
    """What may be unrolled below one memory, for each core dimension: the ``least`` and the ``most``
    factor, and the axis (``x``, ``y``, or both: ``xy``)."""

    least: tuple[int, ...]
    most: tuple[float, ...]
    axes: tuple[str, ...]

    @staticmethod
    def free(dimensions: int) -> Spread:
        return Spread((1,) * dimensions, (inf,) * dimensions, ("xy",) * dimensions)

    def factors(self, dimension: int, size: int, widest: int) -> list[int]:
        """Divisors of a size that may be unrolled, on an axis of at most ``widest`` children."""
        least, most = self.least[dimension], min(self.most[dimension], widest)
        return [factor for factor in divisors(size) if least <= factor <= most]

    @property
    def placed(self) -> bool:
        """Whether some dimension may lie on one axis only."""
        return any(axes != "xy" for axes in self.axes)

    def takes(self, dimension: int, count: int, on_x: bool) -> bool:
        """Whether so many children may lie along a dimension, on x or on y."""
        fits = self.least[dimension] <= count <= self.most[dimension]
        return fits and (count == 1 or ("x" if on_x else "y") in self.axes[dimension])

    def allows(self, on_x: Sequence[bool]) -> bool:
        """Whether each dimension may lie where this says: on x, or else on y."""
        return all(("x" if x else "y") in axes for x, axes in zip(on_x, self.axes, strict=True))


@dataclass(frozen=True)
class Limits:
    """One operator's limits. ``spreads`` are (level, spread); ``keep`` says for each tensor whether the
    registers hold it (None: as the search likes); empty where nothing is said. ``place`` is where they
    are said, for messages."""

    spreads: tuple[tuple[int, Spread], ...] = ()
    keep: tuple[bool | None, ...] = ()
    place: str = field(default="", compare=False)

    def spread(self, level: int, dimensions: int) -> Spread:
        return dict(self.spreads).get(level) or Spread.free(dimensions)

    def allows(self, keep: Sequence[bool]) -> bool:
        """Whether the registers may hold just these tensors."""
        return all(
            said is None or said == kept for said, kept in zip(self.keep, keep, strict=bool(self.keep))
        )


FREE = Limits()
