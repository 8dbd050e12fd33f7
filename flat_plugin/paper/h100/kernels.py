"""How each kernel cuts its products: the tile of a block of threads, and the groups of warps that share it.

Our own kernels (``flat``, ``online``) have the tiles of their row. FLAT's eight warps form a grid over the
rows and the keys (or columns) of a tile: a warp has 16 rows, 32 where the tile is taller than 32. The online
kernel has a warp per 16 rows.

The library (cuBLAS) does not state its tiles. They are taken to be those of at most 32,768 accumulators that
finish in the fewest waves of blocks over the cores, weighed by the tile's size; of tiles within 2.5 % of the
fewest, the largest that leaves two tiles of rows. That is right for 23 of the 25 sizes that were measured. A
group of warps multiplies 64 rows by up to 128 columns. With few rows (decoding) the product is transposed:
its keys are cut, and the tensor cores take rows eight at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from flat_plugin.errors import FlatError
from flat_plugin.paper.h100.rows import FLAT, Case

FRAGMENT = 16  # rows of a warp's multiply
GRANULE = 8  # rows of a transposed one
SLAB, GROUP_COLUMNS = 64, 128  # rows and columns of a group of warps in the library's products
SLACK = 1.025


@dataclass(frozen=True)
class Tile:
    """What a block has of a product at a time: rows, columns, and a step of what is summed over.

    The groups of warps share it as ``row_groups`` × ``column_groups``.
    """

    rows: int
    columns: int
    step: int
    row_groups: int
    column_groups: int

    @property
    def groups(self) -> int:
        return self.row_groups * self.column_groups


def own_tiles(case: Case) -> tuple[Tile, Tile]:
    """Those of logit and attend of our own kernels; logit's columns, the keys, come a tile at a time.

    Raises:
        FlatError: the kernel has no such tiles.
    """
    rows, keys = case.rows or 0, case.tile_keys or 0
    groups = _flat_groups(rows) if case.variant == FLAT else (rows // FRAGMENT, 1)
    _check_own(case, rows, keys, groups)
    keys = keys if case.keys > keys else keys // 2  # in two steps: nothing is left for the next block
    return Tile(rows, keys, case.width, *groups), Tile(rows, case.width, keys, *groups)


def _flat_groups(rows: int) -> tuple[int, int]:
    row_groups = max(1, rows // FRAGMENT // (1 if rows <= 32 else 2))
    return row_groups, 8 // row_groups


def _check_own(case: Case, rows: int, keys: int, groups: tuple[int, int]) -> None:
    known = (16, 32, 64, 128, 256) if case.variant == FLAT else tuple(FRAGMENT * 2**n for n in range(6))
    if rows not in known:
        expected = ", ".join(map(str, known))
        raise FlatError("rows that warps do not share", path="R_rows_per_tile", value=rows, expected=expected)
    for name, size, unit in (
        ("Bc_keys_per_tile", keys, 2 * FRAGMENT * groups[1]),
        ("d_head", case.width, max(FRAGMENT, 8 * groups[1])),
    ):
        unit = min(unit, 64)
        if size % unit:
            raise FlatError("not whole warps", path=name, value=size, expected=f"a multiple of {unit}")


def library_tiles(case: Case, cores: int) -> tuple[Tile, Tile]:
    """Those of logit and attend of the library's products.

    Raises:
        FlatError: a width that is no multiple of 64.
    """
    if case.width % 64:
        raise FlatError(
            "a width that is not taken", path="d_head", value=case.width, expected="a multiple of 64"
        )
    if case.queries < SLAB:
        return _transposed(case, cores)
    logit = [(128, columns) for columns in (128, 256)]
    width = min(case.width, 128)
    attend = [(rows, width) for rows in (64, 128, 256, 512) if rows * width <= 32768]
    step = 32 if case.width == 64 else 64
    rows, columns = _fewest_waves(case.heads, (case.queries, case.keys), logit, cores)
    first = Tile(rows, columns, step, rows // SLAB, columns // GROUP_COLUMNS)
    rows, columns = _fewest_waves(case.heads, (case.queries, case.width), attend, cores)
    slab = SLAB if rows < 512 else 256  # transposed: its rows are the columns of a multiply
    return first, Tile(rows, columns, 64, rows // slab, 1)


def _transposed(case: Case, cores: int) -> tuple[Tile, Tile]:
    rows = GRANULE * ceil(case.queries / GRANULE)
    logit = [(rows, columns) for columns in (64, 128, 256, 512)]
    _, columns = _fewest_waves(case.heads, (case.queries, case.keys), logit, cores)
    return Tile(rows, columns, 64, 1, columns // SLAB), Tile(rows, SLAB, 64, 1, 1)


def _fewest_waves(
    heads: int, sizes: tuple[int, int], menu: list[tuple[int, int]], cores: int
) -> tuple[int, int]:
    def cost(tile: tuple[int, int]) -> int:
        blocks = heads * ceil(sizes[0] / tile[0]) * ceil(sizes[1] / tile[1])
        return ceil(blocks / cores) * tile[0] * tile[1]

    fewest = min(map(cost, menu))
    near = [tile for tile in menu if cost(tile) <= SLACK * fewest]
    several = [tile for tile in near if 2 * tile[0] <= sizes[0]]
    return max(several or near, key=lambda tile: tile[0] * tile[1])
