"""Timeloop's documents, a component a line: ``chain(dram(), memory(depth=64), mac("MAC[1..4]"))``."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def component(name: str, kind: str, **attributes: Any) -> Document:
    """A component of a class."""
    return {"name": name, "class": kind, "attributes": attributes}


def memory(name: str = "Buffer", kind: str = "SRAM", **attributes: Any) -> Document:
    """A memory; of 64 rows if nothing says its size and it is not a DRAM."""
    if kind != "DRAM" and not {"depth", "entries", "sizeKB", "memory_depth"} & set(attributes):
        attributes["depth"] = 64
    return component(name, kind, **attributes)


def dram(**attributes: Any) -> Document:
    """The outermost memory, of four words of 16 bits a row."""
    return component("DRAM", "DRAM", **{"width": 64, "datawidth": 16, **attributes})


def mac(name: str = "MAC", **attributes: Any) -> Document:
    """The compute units."""
    return component(name, "intmac", **{"datawidth": 16, **attributes})


def chain(*components: Document, **attributes: Any) -> Document:
    """An architecture: one component inside the other, outermost first."""
    node = {"name": "system", "attributes": attributes, "local": list(components)}
    return {"version": 0.4, "subtree": [node]}


def gemm(m: int, n: int, k: int) -> Document:
    """The problem of a product: Z (m × n) = A (m × k) × W (k × n)."""
    shape = {
        "name": "gemm",
        "dimensions": ["M", "N", "K"],
        "data_spaces": [
            {"name": "A", "projection": [[["M"]], [["K"]]]},
            {"name": "W", "projection": [[["K"]], [["N"]]]},
            {"name": "Z", "projection": [[["M"]], [["N"]]], "read_write": True},
        ],
    }
    return {"problem": {"version": 0.4, "shape": shape, "instance": {"M": m, "N": n, "K": k}}}


GEMM_MAPPING = """
mapping:
  - {target: DRAM, type: temporal, factors: "M=4 N=1 K=1", permutation: KNM}
  - {target: Buffer, type: temporal, factors: "M=1 N=8 K=4", permutation: KNM}
  - {target: Buffer, type: spatial, factors: "M=4 N=1 K=1", permutation: MNK, split: 3}
"""
"""Of a product of 16 × 4 and 4 × 8, on four units below one buffer, as a file has it."""
