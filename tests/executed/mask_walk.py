"""Layers with masks walked tile by tile by loops that test every pair, and mappings of them."""

from mask_pairs import needs

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping

MACHINE = Architecture(
    "one unit",
    (Memory("DRAM", "DRAM", 16, read_bandwidth=4, write_bandwidth=4), Memory("Buffer", "SRAM", 16, 1)),
    Compute("MAC", "intmac", 16, 1, 1, 1),
    softmax=SoftmaxUnit(1),
)
ENERGIES = EnergyTable(
    {
        "DRAM": ComponentEnergy({"read": 100.0, "write": 100.0, "update": 100.0, "leak": 0.0}),
        "Buffer": ComponentEnergy({"read": 9.0, "write": 9.0, "update": 9.0, "leak": 0.0}),
        "MAC": ComponentEnergy({"compute": 1.0, "leak": 0.0}),
        "SoftmaxUnit": ComponentEnergy({"compute": 1.0}),
    }
)


def tiles_of(layer, rows):
    """(rows of the tile, keys that any of them needs) of every tile that needs one."""
    found = []
    for first in range(0, layer.queries, rows):
        own = range(first, min(first + rows, layer.queries))
        keys = {
            n
            for n in range(layer.keys)
            if any(needs(layer.mask, layer.queries, layer.keys, m, n) for m in own)
        }
        found.append((len(own), keys))
    return found


class Walk:
    """A layer walked tile by tile, every word and operation counted as it goes.

    ``room``: keys that a tile of the buffer has, which keeps all that it ever had if they are enough for
    ``seen`` keys; those of the widest tile and all that any tile needs if not given.
    """

    def __init__(self, layer, flow, rows, chunk, room=None, seen=None):
        self.words, self.work = {}, {"logit": 0, "attend": 0, "softmax": 0}
        tiles = tiles_of(layer, rows)
        every = set().union(*(keys for _, keys in tiles))
        self.chunk = chunk or len(every)
        widest = max((len(keys) for _, keys in tiles), default=0) if room is None else room
        self.all = min(self.chunk, widest) >= (len(every) if seen is None else seen)
        grouped = flow == "grouped"
        for _ in range(layer.batch * layer.kv_heads):
            held = set()  # what the buffer has of this head's keys
            for _ in range(1 if grouped else layer.group):
                for count, keys in tiles:
                    if keys:
                        held = self._tile(layer, flow, count * (layer.group if grouped else 1), keys, held)

    def _tile(self, layer, flow, rows, keys, held):
        """A tile of rows, and what the buffer has of the keys afterwards."""
        d, e, scores = layer.head_dim, layer.value_dim, rows * len(keys)
        fetched = len(keys - held) if len(keys) <= self.chunk else len(keys)
        macs = {"logit": scores * d, "attend": scores * e}
        for name, count in macs.items():
            self.work[name] += count
        dram, buffer = ("DRAM", "reads"), ("Buffer", "writes")
        for tensor, words in (("Q", rows * d), ("K", fetched * d), ("V", fetched * e)):
            self._add(tensor, words, dram, buffer)
        self._add("O", rows * e, ("DRAM", "writes"))
        self._add("Q", macs["logit"], ("Buffer", "reads"))
        self._add("K", macs["logit"], ("Buffer", "reads"))
        self._add("V", macs["attend"], ("Buffer", "reads"))
        self._add("S", macs["attend"], ("Buffer", "reads"))
        self._add("S", macs["logit"], buffer)
        self._add("S", macs["logit"] - scores, ("Buffer", "reads"))  # sums that go on
        self._add("O", macs["attend"], buffer)
        self._add("O", macs["attend"] - rows * e, ("Buffer", "reads"))
        if flow == "unfused":
            self._add("S", scores, ("DRAM", "writes"), ("DRAM", "reads"), buffer)
        self._softmax(layer, flow, rows, scores, -(-len(keys) // self.chunk))
        if self.all:  # there is room for all keys
            return held | keys
        return set(keys) if len(keys) <= self.chunk else set()

    def _softmax(self, layer, flow, rows, scores, tiles):
        if flow == "online":
            self.work["softmax"] += 3 * scores + rows * tiles * (4 + layer.value_dim)
            for tensor, reads, writes in (
                ("S", 2 * scores + 2 * rows * tiles, scores + 2 * rows * tiles),
                ("O", rows * tiles * layer.value_dim, rows * tiles * layer.value_dim),
            ):
                self._add(tensor, reads, ("Buffer", "reads"))
                self._add(tensor, writes, ("Buffer", "writes"))
            return
        self.work["softmax"] += 4 * scores
        self._add("S", 3 * scores, ("Buffer", "reads"))
        self._add("S", 2 * scores, ("Buffer", "writes"))
        if flow == "unfused":  # from DRAM and back
            self._add("S", scores, ("DRAM", "reads"), ("Buffer", "writes"))
            self._add("S", scores, ("Buffer", "reads"), ("DRAM", "writes"))

    def _add(self, tensor, words, *places):
        for place in places:
            self.words[tensor, *place] = self.words.get((tensor, *place), 0) + words


def mapping_of(layer, flow, rows, chunk):
    """A mapping of the dense layer of the widest tile: rows by rows, keys whole or in chunks."""
    widest = layer.widest(rows)
    grouped = flow == "grouped"
    names = ["B", "H", *(["G"] if layer.group > 1 and not grouped else [])]
    sizes = widest.logit().sizes
    outer = [(d, sizes[d]) for d in names] + [("M", -(-widest.queries // rows))]
    nests = []
    for einsum in widest.einsums():
        inner = [("N", chunk or sizes["N"]), ("M", min(rows, widest.queries))]
        inner += [("G", layer.group)] if grouped and layer.group > 1 else []
        last = "D" if einsum.name == "logit" else "E"
        inner.append((last, einsum.sizes[last]))
        chunks = [("N", -(-sizes["N"] // chunk))] if chunk else []
        scores = "S" if einsum.name == "logit" else "P"
        bypass = frozenset() if flow == "unfused" else frozenset({scores})
        levels = (
            LevelMapping("DRAM", (*chunks, *reversed(outer)), bypass=bypass),
            LevelMapping("Buffer", tuple(inner)),
        )
        nests.append((einsum.name, with_lasts(OperatorMapping(levels), einsum)))
    shared = (*outer, ("N", -(-sizes["N"] // chunk))) if flow == "online" else tuple(outer)
    name = {"online": "flash", "unfused": "base"}.get(flow, "flat-r")
    named = parse_dataflow(name)
    if flow == "unfused":
        return FusedMapping.below_outermost(named, (), frozenset(), tuple(nests))
    return FusedMapping.below_outermost(named.staging("S"), shared, frozenset("S"), tuple(nests))


def with_lasts(nest, einsum):
    return with_last_turns(nest, einsum.sizes)
