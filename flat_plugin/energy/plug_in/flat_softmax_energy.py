"""Energy, leakage and area of a softmax unit, from the arithmetic that its operations take.

A lane does one elementary operation a cycle, four per element of a row:

- ``max``: a comparison;
- ``exponent``: a subtraction of the maximum and a polynomial of degree 6 in Horner's form, pipelined
  to one result a cycle (six multiply-accumulates, as FuseMax, MICRO 2024, computes its exponents);
- ``sum``: an addition;
- ``scale``: a multiplication by the reciprocal of the sum, which is computed once a row (neglected).

The additions and multiplications of ``sum`` and ``scale`` are done by stages of the exponent's
pipeline, so a lane is a comparator, seven adders and six multipliers of the words' width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

if __package__:
    from .flat_arithmetic import Part, adder, comparator, multiplier
else:  # among Accelergy's plug-ins
    from flat_arithmetic import Part, adder, comparator, multiplier  # type: ignore[no-redef]

# Operation: comparisons, additions, multiplications.
OPERATIONS = {"max": (1, 0, 0), "exponent": (0, 7, 6), "sum": (0, 1, 0), "scale": (0, 0, 1)}
LANE = (1, 7, 6)


@dataclass(frozen=True)
class SoftmaxEnergy:
    """pJ of an operation of one lane, pJ of leakage of the whole unit over a cycle, um^2 of it."""

    operations_pj: dict[str, float]
    leak_pj: float
    area_um2: float

    @property
    def compute_pj(self) -> float:
        """The mean over the operations: every element of a row takes one of each."""
        return sum(self.operations_pj.values()) / len(self.operations_pj)


def softmax_unit(bits: float, lanes: int, cycle_seconds: float, nanometres: float) -> SoftmaxEnergy:
    """A softmax unit of this word width, at this clock and node.

    Raises:
        ValueError: there is no scaling to this node.
    """
    kinds = (comparator, adder, multiplier)
    return composed([kind(bits, cycle_seconds).at_node(nanometres) for kind in kinds], lanes)


def composed(parts: Sequence[Part], lanes: int) -> SoftmaxEnergy:
    """A softmax unit made of this comparator, adder and multiplier."""
    lane = _together(LANE, parts) * lanes
    operations = {name: _together(counts, parts).energy_pj for name, counts in OPERATIONS.items()}
    return SoftmaxEnergy(operations, lane.leak_pj, lane.area_um2)


def _together(counts: Sequence[int], parts: Sequence[Part]) -> Part:
    total = Part(0.0, 0.0, 0.0)
    for count, part in zip(counts, parts):  # noqa: B905  strict= is of Python 3.10
        total = total + part * count
    return total
