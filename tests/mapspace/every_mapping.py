"""Small architectures, and every mapping that there is of an operator on them."""

from itertools import permutations, product

import numpy as np

from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, EnergyTable, Memory
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.mapping_batch import Form, MappingBatch

DRAM = Memory("DRAM", "DRAM", 16, 4, shared_bandwidth=2)
BUFFER = Memory("Buffer", "SRAM", 16, 2, capacity=40, read_bandwidth=8, write_bandwidth=8)
ROWS = Memory("Rows", "SRAM", 16, 1, capacity=16, instances=2, mesh_x=2)
ENERGIES = EnergyTable(
    {
        "DRAM": ComponentEnergy({"read": 512, "write": 512, "update": 512}),
        "Buffer": ComponentEnergy({"read": 9, "write": 11, "update": 11, "leak": 0.5}),
        "Rows": ComponentEnergy({"read": 2, "write": 3, "update": 3, "leak": 0.2}),
        "Regs": ComponentEnergy({"read": 0.3, "write": 0.5, "update": 0.5, "leak": 0.01}),
        "MAC": ComponentEnergy({"compute": 3}),
    }
)


def registers(words, x, y, **widths):
    return Memory("Regs", "regfile", 16, 1, capacity=words, instances=x * y, mesh_x=x, mesh_y=y, **widths)


def macs(x, y):
    return Compute("MAC", "intmac", 16, x * y, x, y)


ARCHITECTURES = {
    "registers": Architecture("a", (DRAM, BUFFER, registers(4, 2, 2)), macs(2, 2)),
    "one-word": Architecture("b", (DRAM, BUFFER, registers(1, 4, 1)), macs(4, 1)),
    "rows": Architecture("c", (DRAM, BUFFER, ROWS, registers(2, 2, 2)), macs(2, 2)),
    "narrow": Architecture("d", (DRAM, BUFFER, registers(6, 2, 2, shared_bandwidth=1.5)), macs(2, 2)),
    "linked": Architecture("e", (DRAM, BUFFER), macs(2, 2)),
}


def every_batch(einsum, architecture, on_chip=()):
    """All factors of all dimensions, all orders of those that are not batches, all tensors kept."""
    levels, dims = len(architecture.memories), einsum.dimensions
    places = [("t", level) for level in sorted({0, 1, levels - 1})]
    fanned = [level for level in range(1, levels) if architecture.fanout(level) != (1, 1)]
    places += [(axis, level) for level in fanned for axis in "xy"]
    options = []
    for d, size in einsum.bounds:
        ways = splits(size, len(places)) if d not in "BH" else [
            (*pair, *(1 for _ in places[2:])) for pair in splits(size, 2)
        ]  # fmt: skip
        options.append([way for way in ways if one_axis(way, places)])
    table = np.array(list(product(*options)), dtype=float)
    temporal, x, y = np.ones((3, levels, len(dims), len(table)))
    for p, (kind, level) in enumerate(places):
        {"t": temporal, "x": x, "y": y}[kind][level] *= table[:, :, p].T
    core = [i for i, (d, size) in enumerate(einsum.bounds) if d not in "BH" and size > 1]
    rest = tuple(i for i, (d, size) in enumerate(einsum.bounds) if d not in "BH" and size == 1)
    heads = tuple(i for i, d in reversed(list(enumerate(dims))) if d in "BH")
    keeps = product((True, False), repeat=len(einsum.tensors)) if own_registers(architecture) else [None]
    every = (True,) * len(einsum.tensors)
    nothing = (False,) * len(einsum.tensors)
    outermost = tuple(t.name not in on_chip for t in einsum.tensors)
    for keep in keeps:
        kept = [outermost, every, *(nothing for _ in range(levels - 2))]
        if keep is not None:
            kept[-1] = keep
        for outer, inner in product(permutations(core), repeat=2):
            order = ((*outer, *rest, *heads), *((*inner, *rest, *heads) for _ in range(levels - 1)))
            form = Form(order, (tuple(range(len(dims))),) * levels, tuple(kept))
            yield MappingBatch(einsum, architecture, form, temporal, x, y)


def own_registers(architecture):
    return len(architecture.memories) > 2


def splits(number, parts):
    if parts == 1:
        return [(number,)]
    return [(d, *rest) for d in divisors(number) for rest in splits(number // d, parts - 1)]


def one_axis(way, places):
    """In one fan-out a dimension is unrolled on x or on y."""
    factors = dict(zip(places, way, strict=True))
    on_x = [level for (kind, level), factor in factors.items() if kind == "x" and factor > 1]
    return all(factors["y", level] == 1 for level in on_x)


def within_fanouts(batch):
    """Timeloop compares all levels together; the space has each level unrolled over its own children."""
    fits = np.ones(len(batch), dtype=bool)
    for level in range(len(batch.architecture.memories)):
        x, y = batch.architecture.fanout(level)
        fits &= (batch.spatial_x[level].prod(axis=0) <= x) & (batch.spatial_y[level].prod(axis=0) <= y)
    return fits
