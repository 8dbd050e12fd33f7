"""The mapping of a whole attention layer: shared loops, what is staged, each operator's own loops."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.nest import Factors, OperatorMapping


@dataclass(frozen=True)
class FusedMapping:
    """``shared`` lists (dimension, trips), outermost first; each operator's outermost level
    contains them as its own outermost loops. ``stage`` are tensors held on chip for a whole tile
    of the shared loops.
    """

    dataflow: Dataflow
    shared: Factors
    stage: frozenset[str]
    operators: tuple[tuple[str, OperatorMapping], ...]

    def __getitem__(self, operator: str) -> OperatorMapping:
        return dict(self.operators)[operator]
