"""Random nests for property tests: any number of memories, fan-outs, orders, bypasses and trips."""

from math import prod

import numpy as np
from hypothesis import strategies as st

from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.model.mapping_batch import Form, MappingBatch
from flat_plugin.workload.einsum import Einsum, Tensor

TRIPS = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5])


@st.composite
def ragged_batches(draw, mappings=4):
    """Batches whose trips cover the sizes, and seldom divide them; no loop at the top runs idle."""
    levels, names = draw(st.integers(2, 5)), "MNKB"[: draw(st.integers(1, 4))]
    bounds = tuple((d, draw(st.integers(1, 40))) for d in names)
    ranks = [tuple(draw(st.permutations(names)))[: draw(st.integers(1, len(names)))] for _ in range(3)]
    tensors = tuple(Tensor(name, r, name == "Z") for name, r in zip("AWZ", ranks, strict=True))
    trips = np.ones((3, levels, len(names), mappings))  # temporal, x, y
    fans_out = [draw(st.booleans()) for _ in range(levels)]
    across = [[draw(st.sampled_from([1, 2])) for _ in names] for _ in range(levels)]
    for n in range(mappings):
        for d, (_, size) in enumerate(bounds):
            slots = [(0, level) for level in range(levels)]
            slots += [(across[level][d], level) for level in range(levels) if fans_out[level]]
            slots.sort(key=lambda slot: (slot[1], slot[0]))
            for slot, times in zip(slots, _covering(size, [draw(TRIPS) for _ in slots]), strict=True):
                trips[(*slot, d, n)] = times
    order = st.permutations(range(len(names)))
    form = Form(
        tuple(tuple(draw(order)) for _ in range(levels)),
        tuple(tuple(draw(order)) for _ in range(levels)),
        tuple(tuple(draw(st.sampled_from([True, True, False])) for _ in tensors) for _ in range(levels)),
    )
    einsum = Einsum("random", bounds, tensors)
    return MappingBatch(einsum, chip(trips, draw(st.integers(0, 2))), form, *trips)


def _covering(size, trips):
    """The trips, outermost first, with the outermost that is not 1 as large as it takes."""
    inside = prod(trips)
    for n, times in enumerate(trips):
        inside //= times
        trips[n] = -(-size // inside)
        if trips[n] > 1:
            return trips
    return trips


def chip(trips, spare):
    """Memories with the fan-outs that some mapping needs, and columns to spare."""
    _, x, y = trips
    mesh_x = np.cumprod([1, *(x[level].prod(axis=0).max() for level in range(len(x)))]).astype(int)
    mesh_y = np.cumprod([1, *(y[level].prod(axis=0).max() for level in range(len(y)))]).astype(int)
    mesh_x[-1] += spare * mesh_x[-2]
    parts = [
        {"word_bits": 16, "instances": int(a * b), "mesh_x": int(a), "mesh_y": int(b)}
        for a, b in zip(mesh_x, mesh_y, strict=True)
    ]
    memories = tuple(Memory(f"L{level}", "SRAM", **part) for level, part in enumerate(parts[:-1]))
    return Architecture("random", memories, Compute("MAC", "intmac", **parts[-1]))
