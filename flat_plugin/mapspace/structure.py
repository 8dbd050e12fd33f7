"""An einsum's dimensions by the part they play.

In attention's operators (and any GEMM) every dimension either indexes all tensors (*batch*: nothing
is reused along it) or all but one (*core*: that one tensor stays while the loop turns). The search
rests on this; an einsum without it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Structure:
    """``missing[t]`` and ``indexing[t]`` are positions in ``core``: the dimensions along which tensor
    ``t`` stays, and those that index it."""

    einsum: Einsum
    batch: tuple[str, ...]
    core: tuple[str, ...]
    missing: tuple[tuple[int, ...], ...]
    indexing: tuple[tuple[int, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(tensor.name for tensor in self.einsum.tensors)

    @property
    def output(self) -> int:
        return next(t for t, tensor in enumerate(self.einsum.tensors) if tensor.output)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bounds of the core dimensions."""
        return tuple(self.einsum.sizes[d] for d in self.core)


def structure_of(einsum: Einsum) -> Structure:
    """The parts of an einsum's dimensions.

    Raises:
        FlatError: a dimension is missing from more than one tensor.
    """
    absent = {d: [t for t in einsum.tensors if d not in t.dimensions] for d in einsum.dimensions}
    for dimension, tensors in absent.items():
        if len(tensors) > 1:
            raise FlatError(
                f"{dimension} is missing from {' and '.join(t.name for t in tensors)}; "
                "the search needs a dimension to be missing from one tensor at most",
                path=f"{einsum.name}.{dimension}",
            )
    batch = tuple(d for d in einsum.dimensions if not absent[d])
    core = tuple(d for d in einsum.dimensions if absent[d])
    missing = tuple(tuple(i for i, d in enumerate(core) if d not in t.dimensions) for t in einsum.tensors)
    indexing = tuple(tuple(i for i, d in enumerate(core) if d in t.dimensions) for t in einsum.tensors)
    return Structure(einsum, batch, core, missing, indexing)


@lru_cache(maxsize=4096)
def divisors(number: int) -> tuple[int, ...]:
    """All divisors, ascending."""
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return tuple(sorted({*small, *(number // d for d in small)}))
