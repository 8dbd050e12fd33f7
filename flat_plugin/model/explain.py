"""Where a count comes from: tile × times it changes × distinct children."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.batch import batch_of
from flat_plugin.model.cost import action_energy
from flat_plugin.model.counts import NestAnalysis
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Derivation:
    """One level's words of one tensor, per instance.

    ``tile`` words go to (or come from) each child, ``deliveries`` times, to ``scatter`` children
    that need different words: that is ``accesses``. ``actions`` are (action, words, accesses of a
    block, pJ each); their sum over ``instances`` is ``energy_pj``.
    """

    level: str
    tensor: str
    tile: int
    deliveries: int
    scatter: int
    forwarded: int
    accesses: int
    block: int
    instances: int
    actions: tuple[tuple[str, int, int, float], ...]

    @property
    def energy_pj(self) -> float:
        return self.instances * sum(times * energy for _, _, times, energy in self.actions)

    def lines(self) -> list[str]:
        """The derivation in words and numbers."""
        product = f"tile {self.tile:,} × {self.deliveries:,} times × {self.scatter:,} distinct"
        passed = f" − {self.forwarded:,} from neighbours" if self.forwarded else ""
        lines = [f"{self.level} ↔ {self.tensor}: {product}{passed} = {self.accesses:,} words"]
        for action, words, times, energy in self.actions:
            per_block = f"{words:,} / {self.block}" if self.block > 1 else f"{words:,}"
            instances = f" × {self.instances:,} instances" if self.instances > 1 else ""
            total = times * energy * self.instances
            lines.append(f"  {action}: {per_block} × {energy:g} pJ{instances} = {total / 1e6:,.3f} µJ")
        return lines


def derivations(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping, energies: EnergyTable
) -> tuple[Derivation, ...]:
    """Every kept (level, tensor), outermost level first.

    Raises:
        FlatError: imperfect factors, whose counts are walked and not multiplied.
    """
    if not mapping.perfect:
        raise FlatError(
            f"the counts of {einsum.name} are no products: its last tiles are smaller",
            path="mapping",
            expected="perfect factors, or `flat estimate` for the counts themselves",
        )
    batch = batch_of(einsum, architecture, [mapping])
    nest = NestAnalysis(batch)
    counts = nest.counts()
    found = []
    for i, memory in enumerate(architecture.memories):
        for t, tensor in enumerate(einsum.tensors):
            if not batch.form.keep[i][t]:
                continue
            last = _last_passed(batch.form.keep, i, t)
            scatter = nest.scatter[i : last + 1, t, 0].prod()
            full = nest.tiles[last + 1, t, 0] * nest.deliveries[last, t, 0] * scatter
            accesses = nest.accesses[i, t, 0]
            words = {
                "read": counts.reads[i, t, 0],
                "write": counts.fills[i, t, 0],
                "update": counts.updates[i, t, 0],
            }
            found.append(
                Derivation(
                    memory.name,
                    tensor.name,
                    int(nest.tiles[last + 1, t, 0]),
                    int(nest.deliveries[last, t, 0]),
                    int(scatter),
                    int(full - accesses),
                    int(accesses),
                    memory.block_size,
                    int(min(counts.instances[i, 0], memory.instances // memory.cluster_size)),
                    tuple(
                        (
                            action,
                            int(count),
                            ceil(count / memory.block_size),
                            action_energy(energies, memory.name, action),
                        )
                        for action, count in words.items()
                        if count
                    ),
                )
            )
    return tuple(found)


def _last_passed(keep: tuple[tuple[bool, ...], ...], level: int, tensor: int) -> int:
    """The innermost level through which the words of ``level`` reach their next holder."""
    last = level
    while last + 1 < len(keep) and not keep[last + 1][tensor]:
        last += 1
    return last
