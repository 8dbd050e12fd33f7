"""What lies side by side: how many rows of each dimension an array's x and y take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.search.trips import Factors, choices
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Unrolled(Columns):
    """Choices, one a column (``n``). A dimension lies on one axis."""

    wide: Array  # [dimensions, n] children side by side along each dimension
    on_x: Array  # [dimensions, n] whether they lie on x, else on y

    def __len__(self) -> int:
        return self.wide.shape[1]


@lru_cache(maxsize=256)
def unrolled(
    sizes: tuple[int, ...],
    mesh: tuple[int, int],
    factors: Factors = Factors.RAGGED,
    every_place: bool = False,
    every_width: bool = False,
) -> Unrolled:
    """Every choice that a mesh of children holds, along dimensions of these sizes.

    Where it makes no difference on which axis a dimension lies, there is one place for each choice.

    Args:
        every_place: it makes a difference, because neighbours hand words on.
        every_width: it makes a difference how many there are, though they take as many turns: full rows of a
            mesh hand on more, and of few units the rounding of the last turn's decides.
    """
    widest = max(mesh)
    each = every_width and factors is Factors.RAGGED
    values = [
        np.arange(1, min(size, widest) + 1) if each else _narrow(choices(size, factors), widest)
        for size in sizes
    ]
    grid = np.stack([axis.reshape(-1) for axis in np.meshgrid(*values, indexing="ij")])
    grid = grid[:, grid.prod(axis=0) <= mesh[0] * mesh[1]]
    parts: list[Unrolled] = []
    left = np.ones(grid.shape[1], dtype=bool)
    for places in product((True, False), repeat=len(sizes)):
        on_x = np.array(places)[:, None]
        fits = np.where(on_x, grid, 1).prod(axis=0) <= mesh[0]
        fits &= np.where(on_x, 1, grid).prod(axis=0) <= mesh[1]
        fits &= ~((grid == 1) & ~on_x).any(axis=0)  # what is not unrolled has one place
        if not every_place:
            fits &= left
            left &= ~fits
        chosen = grid[:, fits]
        parts.append(Unrolled(chosen, np.broadcast_to(on_x, chosen.shape)))
    return Unrolled(
        np.concatenate([part.wide for part in parts], axis=1),
        np.concatenate([part.on_x for part in parts], axis=1),
    )


def _narrow(values: Array, most: int) -> Array:
    return values[values <= most]
