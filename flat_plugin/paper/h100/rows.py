"""A row of the table: which kernel ran, on what sizes, and what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from flat_plugin.documents.table import Line
from flat_plugin.errors import FlatError
from flat_plugin.paper.published import Size
from flat_plugin.schema import Amount
from flat_plugin.workload.attention import Attention

FLAT, ONLINE, UNFUSED = VARIANTS = ("flat", "online", "unfused")
OTHERS = ("sdpa_flash", "sdpa_cudnn")  # PyTorch's kernels, whose tiles nobody states
CALL = "call"  # the whole call; other rows are the kernels that it is made of
KERNELS = (CALL, "main", "logit", "softmax", "attend", "combine")
BYTES = 2  # a word: fp16

Counted = Amount | None


class H100Row(TypedDict):
    """Sizes and tiles in elements; counters in bytes and multiply-accumulates, a call; empty where the
    variant has no tiles, or nothing was measured."""

    variant: str
    kernel: str
    batch_heads: Size
    M_query_rows: Size
    N_keys: Size
    d_head: Size
    R_rows_per_tile: Size | None
    Bc_keys_per_tile: Size | None
    cold_dram_read_bytes: Counted
    cold_l2_to_sm_bytes: Counted
    cold_sm_to_l2_bytes: Counted
    cold_smem_l1_bank_read_bytes: Counted
    cold_smem_l1_bank_write_bytes: Counted
    cold_tensor_macs: Counted
    steady_dram_read_bytes_per_call: Counted
    steady_dram_write_bytes_per_call: Counted
    steady_l2_to_sm_bytes_per_call: Counted
    loop_us_per_call: Counted
    loop_energy_uJ_per_call: Counted


UNREAD = {  # columns that change nothing we compare
    "wall_cold_us": "with the start of the kernels, which no loop nest has",
    "wall_warm_us": "with the start of the kernels, which no loop nest has",
    "loop_power_W": "energy over time, which are compared",
    "loop_sm_clock_MHz": "times are compared as they were measured",
    "loop_power_capped": "times are compared as they were measured",
}


@dataclass(frozen=True)
class Case:
    """All that tells one call from another.

    ``heads`` are those of the whole batch that have keys of their own; heads of a group are rows of one,
    ``queries`` a head. ``rows`` and ``tile_keys`` are what a block has of them, None where a library chooses.
    """

    variant: str
    heads: int
    queries: int
    keys: int
    width: int
    rows: int | None = None
    tile_keys: int | None = None

    @property
    def attention(self) -> Attention:
        return Attention(1, self.heads, self.queries, self.keys, self.width)

    def __str__(self) -> str:
        sizes = f"{self.variant} BH{self.heads} M{self.queries} N{self.keys} d{self.width}"
        return sizes if self.rows is None else f"{sizes} R{self.rows} Bc{self.tile_keys}"


def case_of(line: Line[H100Row]) -> Case | None:
    """The call that a row is of; None where it is a part of one, or of a kernel that is not compared.

    Raises:
        FlatError: no such variant or kernel; tiles that are missing, or that a library's kernel has not.
    """
    row = line.row
    variant, kernel = row["variant"], row["kernel"]
    for name, value, known in (
        ("variant", variant, (*VARIANTS, *OTHERS)),
        ("kernel", kernel, KERNELS),
    ):
        if value not in known:
            expected = " or ".join(known)
            raise FlatError("a row that cannot be placed", path=name, value=value, expected=expected)
    if variant in OTHERS or kernel != CALL:
        return None
    rows, keys = row["R_rows_per_tile"], row["Bc_keys_per_tile"]
    for name, tile in (("R_rows_per_tile", rows), ("Bc_keys_per_tile", keys)):
        if (tile is None) != (variant == UNFUSED):
            expected = "none: the library chooses" if variant == UNFUSED else "a number of rows or keys"
            raise FlatError(f"a tile of {variant}", path=name, value=tile, expected=expected)
    sizes = (row["batch_heads"], row["M_query_rows"], row["N_keys"], row["d_head"])
    return Case(variant, *sizes, rows, keys)
