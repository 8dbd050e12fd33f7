"""Where the figures of a layer with a mask come from: its iterations, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.derived_figures import Product
from flat_plugin.model.masked import Masked
from flat_plugin.model.operator_work import Work

MOST_KINDS = 24  # that are listed; the first of them


@dataclass(frozen=True)
class Iteration:
    """``times`` iterations of ``rows`` × ``keys``, for each head that has keys of its own.

    ``kept``: of its keys, those that the iteration before touched as well.
    """

    rows: int
    keys: int
    times: int
    kept: int

    @property
    def line(self) -> str:
        return f"{self.times:,} × {self.rows:,} rows × {self.keys:,} keys, {self.kept:,} of them as before"


def iterations_of(layer: Masked) -> tuple[Iteration, ...]:
    """The kinds of iterations, in the order in which they come; none where all rows touch the same keys."""
    kinds = layer.kinds
    if kinds is None:
        return ()
    columns = (kinds.rows, kinds.keys, kinds.times, kinds.kept)
    return tuple(Iteration(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


def iteration_lines(iterations: tuple[Iteration, ...]) -> list[str]:
    """The first kinds in words, and how many there are besides."""
    more = len(iterations) - MOST_KINDS
    lines = [each.line for each in iterations[:MOST_KINDS]]
    return lines + ([f"and {more:,} kinds more"] if more > 0 else [])


def masked_products(work: Work, mapping: FusedMapping, architecture: Architecture) -> Iterator[Product]:
    """Energies and busy times of an operator over all iterations."""
    compute = architecture.compute.name
    each = work.energy[compute, "compute"] / work.computes
    macs = (float(work.computes), "multiply-accumulates")
    yield Product(f"{compute} compute", (macs, (each, "pJ")), work.energy[compute, "compute"], "pJ")
    for (component, what), spent in work.energy.items():
        if what == "leak" and spent:
            yield Product(f"{component} leak", ((spent, "pJ over all iterations"),), spent, "pJ")
        elif what not in ("leak", "compute"):
            reads, writes = work.traffic[what].level(mapping.levels.index(component))
            if words := float(reads + writes):
                factors = ((words, "words"), (spent / words, "pJ on average"))
                yield Product(f"{component} ↔ {what}", factors, spent, "pJ")
    for component, cycles in work.busy.items():
        if cycles:
            yield Product(f"{component} busy", ((cycles, "cycles over all iterations"),), cycles, "cycles")
