"""Random mappings of a product on an array with two fan-outs, with loops at every level."""

from __future__ import annotations

from collections import defaultdict
from math import prod

from hypothesis import strategies as st

from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.einsum import Einsum, Tensor

DIMENSIONS = "HMK"
KINDS = ("temporal", "spatial_x", "spatial_y")


def array_of_two_fanouts() -> Architecture:
    memories = (
        Memory("DRAM", "DRAM", 16),
        Memory("Rows", "SRAM", 16, capacity=64, instances=4, mesh_x=4, mesh_y=1),
        Memory("Regs", "regfile", 16, capacity=16, instances=64, mesh_x=8, mesh_y=8),
    )
    return Architecture("three", memories, Compute("MAC", "intmac", 16, 64, 8, 8))


@st.composite
def mappings(draw: st.DrawFn) -> tuple[Einsum, OperatorMapping]:
    factors: dict[str, list[int]] = defaultdict(list)
    levels = []
    for name, has_fanout in (("DRAM", True), ("Rows", True), ("Regs", False)):
        loops = {
            kind: [(d, draw(st.integers(1, 6))) for d in draw(st.permutations(DIMENSIONS))]
            for kind in (KINDS if has_fanout else KINDS[:1])
        }
        on_x = draw(st.sets(st.sampled_from(DIMENSIONS)))
        for kind, keep in (("spatial_x", on_x), ("spatial_y", set(DIMENSIONS) - on_x)):
            loops[kind] = [(d, f) for d, f in loops.get(kind, []) if d in keep]
        for pairs in loops.values():
            for dimension, factor in pairs:
                factors[dimension].append(factor)
        bypass = frozenset(draw(st.sets(st.sampled_from("ABZ"))))
        levels.append(LevelMapping(name, *(tuple(loops[kind]) for kind in KINDS), bypass=bypass))
    bounds = tuple((dimension, prod(factors[dimension])) for dimension in DIMENSIONS)
    tensors = (Tensor("A", ("M", "K")), Tensor("B", ("K", "H")), Tensor("Z", ("M", "H"), True))
    return Einsum("gemm", bounds, tensors), OperatorMapping(tuple(levels))
