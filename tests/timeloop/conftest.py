"""BERT-base's logit operator at 512 tokens on an edge-like array of 32 × 32 PEs; what mappings share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

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


@pytest.fixture(scope="session")
def check_inside() -> Callable[..., None]:
    """``check_inside(found, ours, fused=…)``: a mapping found keeps what ours keeps and, if fused, has its
    loops at the outermost memory. Batches and heads that ours steps through there stay there.
    """

    def check(found: list[dict[str, Any]], ours: list[dict[str, Any]], *, fused: bool) -> None:
        assert kept(found) == kept(ours)
        theirs, own = outermost(found), outermost(ours)
        if fused:
            assert factors(theirs) == factors(own)
            assert theirs["permutation"] == own["permutation"]
        for dimension in "BHG":
            assert factors(theirs).get(dimension) == factors(own).get(dimension)

    return check


def kept(mapping: list[dict[str, Any]]) -> dict[str, set[str]]:
    return {d["target"]: set(d["keep"]) for d in mapping if d["type"] in ("bypass", "datatype")}


def outermost(mapping: list[dict[str, Any]]) -> dict[str, Any]:
    return next(d for d in mapping if d["target"] == "DRAM" and d["type"] == "temporal")


def factors(directive: dict[str, Any]) -> dict[str, int]:
    """``M=8 N=1``, or ``M8 N1`` as the mapper writes it."""
    return {dimension: int(n) for dimension, n in re.findall(r"(\w)=?(\d+)", directive["factors"])}
