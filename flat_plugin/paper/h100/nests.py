"""The loop nests of a call on the chip, the groups of warps of a core as a level of their own::

    for h in heads:                          # HBM; fused: shared
      for m in tiles of rows:                # L2; fused: shared
        parallel h, m over 132 cores:        # fused: shared
          for n in tiles of keys:            # L2: K and V stream past
            parallel m, n over groups of warps:
              for n in fragments:            # shared memory
                MACs

FLAT keeps S in shared memory, the online kernel in the registers, where keys are a shared loop too. Products
of the library go over their own tiles, and S is in HBM in between. Whatever a block brings comes in two steps
or more, so that the nest keeps nothing from one block to the next, as no block does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.model.capacity import Requirement, scores_terms, tile
from flat_plugin.paper.h100.kernels import FRAGMENT, GRANULE, Tile
from flat_plugin.paper.h100.rows import FLAT
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

LEVELS = HBM, L2, SHARED, REGISTERS = ("HBM", "L2", "Shared", "Regs")
INPUTS = {"logit": "QK", "attend": "PV"}
SUMMED = {"logit": "D", "attend": "N"}
COLUMNS = {"logit": "N", "attend": "E"}


def with_groups(machine: Architecture, groups: int) -> Architecture:
    """The chip with the registers of a core divided among groups of warps, each a memory of its own."""
    cores = machine.memories[LEVELS.index(SHARED)].instances
    own = machine.memories[-1]
    room = own.capacity * own.instances // cores // groups
    registers = replace(own, capacity=room, instances=cores * groups, mesh_x=cores * groups, mesh_y=1)
    return replace(machine, memories=(*machine.memories[:-1], registers))


def over_cores(tiles: Mapping[str, int], cores: int) -> dict[str, int]:
    """How many tiles of each dimension run side by side, so that all take the fewest turns.

    Parts are equal; of equally good ones, those with the most of the dimensions that come first.
    """
    parts = [[n for n in range(1, min(size, cores) + 1) if size % n == 0] for size in tiles.values()]
    fitting = (choice for choice in product(*parts) if prod(choice) <= cores)
    return dict(zip(tiles, max(fitting, key=lambda choice: (prod(choice), choice)), strict=True))


@dataclass(frozen=True)
class Cut:
    """One product: its tile, and how many tiles of each dimension there are side by side on the cores."""

    einsum: Einsum
    tile: Tile
    beside: Mapping[str, int]

    @property
    def name(self) -> str:
        return self.einsum.name

    @property
    def extents(self) -> dict[str, int]:
        """What a block has in shared memory at a time, of the dimensions that it cuts."""
        rows, columns, step = self.tile.rows, self.tile.columns, self.tile.step
        return {"M": rows, COLUMNS[self.name]: columns, SUMMED[self.name]: step}

    def turns(self, dimension: str) -> int:
        """Tiles that come one after the other."""
        tiles = self.einsum.sizes[dimension] // self.extents.get(dimension, 1)
        return tiles // self.beside.get(dimension, 1)

    @property
    def unrolled(self) -> Factors:
        return tuple(self.beside.items())


def own_mapping(
    variant: str, attention: Attention, tiles: tuple[Tile, Tile], machine: Architecture
) -> FusedMapping:
    """The nest of a kernel of ours.

    Raises:
        InvalidMapping: shared memory does not hold a tile of rows.
    """
    beside = over_cores({"M": attention.queries // tiles[0].rows, "H": attention.heads}, _cores(machine))
    cuts = [Cut(einsum, tile, beside) for einsum, tile in zip(attention.einsums(), tiles, strict=True)]
    flat = variant == FLAT
    heads, rows = SharedLoops(HBM, (("H", cuts[0].turns("H")),)), ("M", cuts[0].turns("M"))
    keys = () if flat else (("N", cuts[0].turns("N")),)
    shared = [heads, SharedLoops(L2, (rows, *keys), cuts[0].unrolled)]
    if not flat:
        shared.append(SharedLoops(SHARED, (), (("M", tiles[0].row_groups),)))
    inner = SHARED if flat else REGISTERS
    outside = frozenset("SP")
    passed = {cut.name: outside | _passed(cut, "QKVO", machine) for cut in cuts}
    stage = dict.fromkeys("QSO", inner)
    if flat:
        stage |= {name: L2 for name, cut in (("K", "logit"), ("V", "attend")) if name not in passed[cut]}
    dataflow = parse_dataflow(f"flat-r{tiles[0].rows}" if flat else "flash").staging(stage)
    operators = []
    for cut in cuts:
        fragment = ("N", min(GRANULE, cut.tile.columns // cut.tile.column_groups))
        fragment = fragment if cut.name == "logit" else ("N", FRAGMENT)
        bypass = {HBM: outside, L2: passed[cut.name], SHARED: frozenset() if flat else outside}
        operators.append((cut.name, _nest(cut, fragment, bypass)))
    mapping = FusedMapping(dataflow, tuple(shared), tuple(sorted(stage.items())), tuple(operators))
    if flat:
        _check_room(mapping, attention, machine)
    return mapping


def library_nest(einsum: Einsum, tile: Tile, machine: Architecture) -> OperatorMapping:
    """The nest of a product of the library; L2 keeps the operands that it has room for."""
    sizes, columns = einsum.sizes, COLUMNS[einsum.name]
    counts = {"M": sizes["M"] // tile.rows, columns: sizes[columns] // tile.columns, "H": sizes["H"]}
    cut = Cut(einsum, tile, over_cores(counts, _cores(machine)))
    passed = _passed(cut, INPUTS[einsum.name], machine) | {einsum.output.name}
    return _nest(cut, (SUMMED[einsum.name], FRAGMENT), {L2: passed})


def _passed(cut: Cut, names: str, machine: Architecture) -> frozenset[str]:
    """Which tensors of these L2 has no room for, of the heads that run side by side: the largest."""
    words = {t.name: cut.einsum.words(t) // cut.turns("H") for t in cut.einsum.tensors if t.name in names}
    room = machine.memories[LEVELS.index(L2)].capacity
    kept = set[str]()
    for name in sorted(words, key=lambda name: words[name]):
        if words[name] <= room:
            kept, room = kept | {name}, room - words[name]
    return frozenset(words) - kept


def _nest(cut: Cut, fragment: tuple[str, int], bypass: Mapping[str, frozenset[str]]) -> OperatorMapping:
    """Loops, innermost first: fragments of the groups, their multiplies on the MACs."""
    columns, summed, tile = COLUMNS[cut.name], SUMMED[cut.name], cut.tile
    groups = (("M", tile.row_groups), (columns, tile.column_groups))
    own = dict(cut.extents)
    for dimension, count in groups:
        own[dimension] //= count
    dimension, size = fragment
    fragments = own[dimension] // size
    own[dimension] = size
    unrolled = (("M", min(FRAGMENT, own["M"])), (summed, min(FRAGMENT, own[summed])))
    for name, count in unrolled:
        own[name] //= count
    outer = tuple((d, cut.turns(d)) for d in dict.fromkeys((summed, columns, "M")))
    levels = (
        (HBM, (("H", cut.turns("H")),), ()),
        (L2, outer, cut.unrolled),
        (SHARED, ((dimension, fragments),), groups),
        (REGISTERS, tuple(own.items()), unrolled),
    )
    return OperatorMapping(
        tuple(
            LevelMapping(name, temporal, _several(spatial), bypass=bypass.get(name, frozenset()))
            for name, temporal, spatial in levels
        )
    )


def _several(loops: Factors) -> Factors:
    return tuple((d, n) for d, n in loops if n > 1)


def _cores(machine: Architecture) -> int:
    return machine.memories[LEVELS.index(SHARED)].instances


def _check_room(mapping: FusedMapping, attention: Attention, machine: Architecture) -> None:
    """Whole rows of S, Q and a tile of K, once each: the kernel waits for its tiles."""
    logit, level = attention.logit(), LEVELS.index(SHARED)
    operands = tuple(tile(logit, mapping["logit"], t, level) for t in logit.tensors if not t.output)
    memory = machine.memories[level]
    need = Requirement(memory.name, (*scores_terms(logit, mapping), *operands), memory.capacity)
    if not need.fits:
        raise InvalidMapping(f"a tile of rows does not fit: {need}", level=SHARED, tile=need.words)
