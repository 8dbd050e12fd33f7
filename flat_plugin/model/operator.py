"""The result of one operator: what Timeloop would print for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, isnan, nan

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.cost import Costs
from flat_plugin.model.mapping_batch import MappingBatch, batch_of
from flat_plugin.model.mixed_mappings import costs_of_one
from flat_plugin.model.widths import held
from flat_plugin.plain import known
from flat_plugin.shown import Shown
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class TensorCounts:
    """One tensor at one level. Counts in words and per instance; energy in pJ over all instances,
    not a number without an energy table."""

    reads: int
    fills: int
    updates: int
    temporal_reductions: int
    utilized_instances: int
    utilized_capacity: int
    energy_pj: float

    @property
    def total_reads(self) -> int:
        return self.reads * self.utilized_instances

    @property
    def total_writes(self) -> int:
        return (self.fills + self.updates) * self.utilized_instances


@dataclass(frozen=True)
class LevelResult:
    """One level; ``energy_pj`` includes leakage. The compute level has no tensors."""

    name: str
    instances: int
    cycles: int
    bandwidth_throttling: float
    energy_pj: float
    leakage_pj: float
    tensors: dict[str, TensorCounts]


@dataclass(frozen=True, repr=False)
class OperatorResult(Shown):
    """One operator under one mapping; ``levels`` innermost (compute) first, as Timeloop prints them.

    ``notes`` say what else a reader should know, a sentence each; ``bits`` are the widths of the words of
    tensors that have their own.
    """

    operator: str
    cycles: int
    compute_cycles: int
    energy_pj: float
    utilization: float
    computes: int
    levels: tuple[LevelResult, ...]
    notes: tuple[str, ...] = ()  # of the architecture and the problem
    bits: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, level: str) -> LevelResult:
        return next(entry for entry in self.levels if entry.name == level)

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat model --json`` prints."""
        return {
            "cycles": self.cycles,
            "energy_pj": known(self.energy_pj),
            "utilization": self.utilization,
            "computes": self.computes,
            "levels": [
                {
                    "name": level.name,
                    "instances": level.instances,
                    "cycles": level.cycles,
                    "bandwidth_throttling": level.bandwidth_throttling,
                    "energy_pj": known(level.energy_pj),
                    "leakage_pj": known(level.leakage_pj),
                    "tensors": {
                        name: {**vars(counts), "energy_pj": known(counts.energy_pj)}
                        for name, counts in level.tensors.items()
                    },
                }
                for level in self.levels
            ],
            **({"bits": dict(self.bits)} if self.bits else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }


def evaluate_operator(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping, energies: EnergyTable
) -> OperatorResult:
    """Evaluate one mapping.

    Raises:
        InvalidMapping: a tile exceeds a capacity, or the unrolled loops exceed the array.
        FlatError: the mapping does not cover the einsum, or names what does not exist.
    """
    batch = batch_of(einsum, architecture, [mapping])
    costs = costs_of_one(einsum, architecture, mapping, energies)
    if not costs.valid[0]:
        raise explain_invalid(batch, costs)
    return result_of(batch, costs, 0)


def result_of(batch: MappingBatch, costs: Costs, n: int) -> OperatorResult:
    """Mapping ``n`` of an evaluated batch as a value."""
    architecture, einsum, counts = batch.architecture, batch.einsum, costs.counts
    computing = float(costs.compute_energy[n])
    compute = LevelResult(
        architecture.compute.name,
        architecture.compute.instances,
        int(counts.compute_cycles[n]),
        1.0,
        computing,
        nan if isnan(computing) else 0.0,
        {},
    )
    levels = [compute]
    for i in range(len(architecture.memories) - 1, -1, -1):
        memory = architecture.memories[i]
        tensors = {
            tensor.name: TensorCounts(
                reads=int(counts.reads[i, t, n]),
                fills=int(counts.fills[i, t, n]),
                updates=int(counts.updates[i, t, n]),
                temporal_reductions=int(counts.reductions[i, t, n]),
                utilized_instances=int(counts.instances[i, n]),
                utilized_capacity=int(counts.tiles[i, t, n]),
                energy_pj=float(costs.access_energy[i, t, n]),
            )
            for t, tensor in enumerate(einsum.tensors)
            if batch.form.keep[i][t]
        }
        leak = float(costs.leak_energy[i, n])
        levels.append(
            LevelResult(
                memory.name,
                memory.instances,
                int(costs.level_cycles[i, n]),
                float(costs.throttling[i, n]),
                sum(counts.energy_pj for counts in tensors.values()) + leak,
                leak,
                tensors,
            )
        )
    return OperatorResult(
        operator=einsum.name,
        cycles=int(costs.cycles[n]),
        compute_cycles=int(counts.compute_cycles[n]),
        energy_pj=float(costs.energy[n]),
        utilization=float(costs.utilization[n]),
        computes=int(counts.computes[n]),
        levels=tuple(levels),
        notes=(*architecture.notes, *einsum.notes),
        bits=einsum.bits,
    )


def explain_invalid(batch: MappingBatch, costs: Costs, n: int = 0) -> InvalidMapping:
    """Why the hardware refuses mapping ``n``, at the innermost level that does."""
    x, y = costs.counts.extents
    architecture = batch.architecture
    for t, tensor in enumerate(batch.einsum.tensors):
        if not any(keep[t] for keep in batch.form.keep):
            return InvalidMapping(
                f"couldn't map level {architecture.compute.name}: {tensor.name} is bypassed in all levels",
                level=architecture.compute.name,
            )
    for i in range(len(architecture.memories), -1, -1):
        place = architecture.compute if i == len(architecture.memories) else architecture.memories[i]
        for axis, used, available in (("X", x[i, n], place.mesh_x), ("Y", y[i, n], place.mesh_y)):
            if used > available:
                return InvalidMapping(
                    f"couldn't map level {place.name}: mapped {axis} expansion {int(used)} "
                    f"exceeds available hardware instances {available}",
                    level=place.name,
                    tile=int(used),
                    capacity=available,
                )
        if i < len(architecture.memories) and (refused := _too_large(batch, costs, i, n)):
            return refused
    for (i, t), reads in np.ndenumerate(costs.counts.reads[:, :, n]):
        if reads < 0:
            name = architecture.memories[i].name
            part = f"its part of {batch.einsum.tensors[t].name}"
            return InvalidMapping(f"{name} never holds all of {part}", level=name)
    raise AssertionError("the mapping is valid")


def _too_large(batch: MappingBatch, costs: Costs, level: int, n: int) -> InvalidMapping | None:
    """Tiles of mapping ``n`` that a memory cannot hold together."""
    memory, tensors = batch.architecture.memories[level], batch.einsum.tensors
    tiles = costs.counts.tiles[level, :, n]
    taken = float(held(tiles[:, None], tensors, memory)[0])
    if taken <= memory.capacity:
        return None
    words = ceil(taken)
    kept = [(t, tensor) for t, tensor in enumerate(tensors) if batch.form.keep[level][t]]
    parts = ", ".join(
        f"{tensor.name} {int(tiles[t])}" + ("" if tensor.bits is None else f" of {tensor.bits:g} bits")
        for t, tensor in kept
    )
    return InvalidMapping(
        f"couldn't map level {memory.name}: mapped tile size {words} ({parts}) "
        f"exceeds buffer capacity {int(memory.capacity)}",
        level=memory.name,
        tile=words,
        capacity=int(memory.capacity),
    )
