"""BERT-base's logit operator at 512 tokens on an edge-like array of 32 × 32 PEs."""

from __future__ import annotations

import pytest

from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.einsum import Einsum, Tensor


@pytest.fixture
def logit() -> Einsum:
    tensors = (
        Tensor("Q", ("B", "H", "M", "D")),
        Tensor("K", ("B", "H", "N", "D")),
        Tensor("S", ("B", "H", "M", "N"), output=True),
    )
    return Einsum("logit", (("B", 1), ("H", 12), ("M", 512), ("N", 512), ("D", 64)), tensors)


@pytest.fixture
def edge() -> Architecture:
    array = {"instances": 1024, "mesh_x": 32, "mesh_y": 32}
    dram = {"type": "LPDDR4", "width": 64, "datawidth": 16, "shared_bandwidth": 12.8}
    memories = (
        Memory("DRAM", "DRAM", 16, block_size=4, shared_bandwidth=12.8, attributes=dram),
        Memory(
            "GlobalBuffer",
            "SRAM",
            16,
            block_size=8,
            capacity=262144,
            read_bandwidth=64,
            write_bandwidth=64,
            attributes={"depth": 32768, "width": 128, "datawidth": 16, "n_banks": 16},
        ),
        Memory("PERegs", "regfile", 16, capacity=16, **array),
    )
    compute = Compute("MAC", "intmac", 16, **array)
    return Architecture("edge", memories, compute, softmax=SoftmaxUnit(32))


@pytest.fixture
def row_tiles() -> OperatorMapping:
    """FLAT with tiles of 64 rows: S stays on chip, K's head is held in the buffer."""
    return OperatorMapping(
        (
            LevelMapping("DRAM", (("M", 8), ("H", 12)), bypass=frozenset({"S"})),
            LevelMapping("GlobalBuffer", (("D", 64), ("N", 16), ("M", 2)), (("M", 32),), (("N", 32),)),
            LevelMapping("PERegs", bypass=frozenset({"Q", "K"})),
        )
    )
