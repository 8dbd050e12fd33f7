"""The result of one operator: what Timeloop would print for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.batch import MappingBatch, batch_of
from flat_plugin.model.cost import Costs
from flat_plugin.model.many import costs_of_one
from flat_plugin.plain import known
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


@dataclass(frozen=True)
class OperatorResult:
    """One operator under one mapping; ``levels`` innermost (compute) first, as Timeloop prints them.

    ``notes`` say what else is to be said of it, a sentence each.
    """

    operator: str
    cycles: int
    compute_cycles: int
    energy_pj: float
    utilization: float
    computes: int
    levels: tuple[LevelResult, ...]
    notes: tuple[str, ...] = ()  # of the architecture and the problem

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
        if i < len(architecture.memories):
            memory = architecture.memories[i]
            tile = int(np.sum(costs.counts.tiles[i, :, n]))
            if tile > memory.capacity:
                parts = ", ".join(
                    f"{tensor.name} {int(costs.counts.tiles[i, t, n])}"
                    for t, tensor in enumerate(batch.einsum.tensors)
                    if batch.form.keep[i][t]
                )
                return InvalidMapping(
                    f"couldn't map level {memory.name}: mapped tile size {tile} ({parts}) "
                    f"exceeds buffer capacity {int(memory.capacity)}",
                    level=memory.name,
                    tile=tile,
                    capacity=int(memory.capacity),
                )
    for (i, t), reads in np.ndenumerate(costs.counts.reads[:, :, n]):
        if reads < 0:
            name = architecture.memories[i].name
            part = f"its part of {batch.einsum.tensors[t].name}"
            return InvalidMapping(f"{name} never holds all of {part}", level=name)
    raise AssertionError("the mapping is valid")
