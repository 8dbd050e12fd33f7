"""The interpreter of layers with masks: tile of rows by tile of rows, on numbers.

Which keys a tile takes is found by asking of every pair of a query and a key; what the buffer keeps of them
from one tile to the next is a set of keys.
"""

from collections import Counter
from dataclasses import replace
from math import sqrt

import numpy as np
from executed_layer import Layer
from executed_softmax import Counted, WholeRows
from mask_pairs import needs

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.attention import Attention


def tile_rows(mapping, layer):
    """Rows that the loops inside the outermost memory's own cover."""
    rows = 1
    for level, entry in enumerate(mapping["logit"].levels):
        loops = entry.spatial_x + entry.spatial_y + (entry.temporal if level else ())
        rows *= int(np.prod([n for d, n in loops if d == "M"]))
    return rows if dict(mapping["logit"].levels[0].temporal).get("M", 1) > 1 else layer.queries


def in_order(mapping, heads, tiles):
    """(query head of a group, tile of rows) as the loops of the outermost memory turn."""
    loops = [d for d, n in mapping["logit"].levels[0].temporal if n > 1]  # innermost first
    if {"G", "M"} <= set(loops) and loops.index("G") < loops.index("M"):
        return [(head, tile) for tile in tiles for head in heads]
    return [(head, tile) for head in heads for tile in tiles]


def cut(nest, sizes):
    """The nest of a smaller layer: no loop has more iterations than there are tiles left."""
    left, levels = dict(sizes), []

    def turns(loops):
        kept = []
        for d, trips in loops:
            if d in left:
                kept.append((d, min(trips, left[d])))
                left[d] = -(-left[d] // trips)
        return tuple(kept)

    for entry in reversed(nest.levels):
        x, y = turns(entry.spatial_x), turns(entry.spatial_y)
        levels.append(LevelMapping(entry.level, turns(entry.temporal), x, y, entry.bypass))
    return OperatorMapping(tuple(reversed(levels)))


class MaskedRun:
    """A whole layer, iteration by iteration; ``words[operator, tensor, level]`` are (reads, writes)."""

    def __init__(self, layer, architecture, mapping):
        self.layer, self.architecture, self.mapping = layer, architecture, mapping
        a, rng = layer, np.random.default_rng(1)
        self.q = rng.standard_normal((a.batch, a.heads, a.queries, a.head_dim))
        self.k = rng.standard_normal((a.batch, a.kv_heads, a.keys, a.head_dim))
        self.v = rng.standard_normal((a.batch, a.kv_heads, a.keys, a.value_dim))
        lengths = a.queries, a.keys
        pairs = [[needs(a.mask, *lengths, m, n) for n in range(a.keys)] for m in range(a.queries)]
        self.needed = np.array(pairs)
        self.output = np.zeros((a.batch, a.heads, a.queries, a.value_dim))
        self.reads, self.writes, self.macs, self.softmax = Counter(), Counter(), 0, Counted()
        rows = tile_rows(mapping, layer)
        tiles = [slice(first, min(first + rows, a.queries)) for first in range(0, a.queries, rows)]
        every = set(np.flatnonzero(self.needed.any(axis=0)))
        widest = max(int(self.needed[tile].any(axis=0).sum()) for tile in tiles)
        self.whole = {e.name: self._tile_keys(e.name) for e in a.einsums()}
        group = a.heads // a.kv_heads
        for b in range(a.batch):
            for kv in range(a.kv_heads):
                held = {name: set() for name in self.whole}
                for g, tile in in_order(mapping, range(group), tiles):
                    keys = np.flatnonzero(self.needed[tile].any(axis=0))
                    self._iteration(b, kv, kv * group + g, tile, keys, held)
                    for name, most in self.whole.items():
                        fits = len(keys) <= most
                        room = widest <= most and widest == len(every)
                        held[name] = (held[name] if room else set()) | (set(keys) if fits else set())

    def _tile_keys(self, name):
        """Keys in the buffer's tile of K or V; none where that moves within an iteration."""
        outer, *inner = self.mapping[name].levels
        if any(n > 1 for d, n in outer.temporal if d in "DE"):
            return 0
        loops = [f for e in inner for f in e.temporal + e.spatial_x + e.spatial_y]
        return int(np.prod([n for d, n in loops if d == "N"]))

    def _iteration(self, b, kv, head, tile, keys, held):
        a = self.layer
        own = Attention(1, 1, tile.stop - tile.start, len(keys), a.head_dim, a.value_dim)
        shared = tuple(replace(loops, temporal=()) for loops in self.mapping.shared)
        nests = tuple((e.name, cut(self.mapping[e.name], e.sizes)) for e in own.einsums())
        run = Layer(own, self.architecture, replace(self.mapping, shared=shared, operators=nests))
        run.q[...], run.k[...], run.v[...] = self.q[b, head, tile], self.k[b, kv, keys], self.v[b, kv, keys]
        left_out = ~self.needed[tile][:, keys]
        fused, scale = self.mapping.dataflow.fused, 1 / sqrt(a.head_dim)
        passes = WholeRows(self.softmax, run.meeting if fused else 1, scale, 3)

        def softmax(scores, *arguments, **options):
            scores[..., left_out] = -np.inf
            passes(scores, *arguments, **options)

        run.run_fused(softmax, False) if fused else run.run_unfused(softmax, True)
        run.second.flush("O")
        self.output[b, head, tile] = run.output[0, 0]
        self.macs += own.queries * len(keys) * a.head_dim
        for name, operator in (("logit", run.first), ("attend", run.second)):
            for (level, tensor, _), words in operator.words.items():
                self.reads[name, tensor, level] += words.reads
                self.writes[name, tensor, level] += words.fills + words.updates
            tensor, width = {"logit": ("K", a.head_dim), "attend": ("V", a.value_dim)}[name]
            stays = len(held[name] & set(keys)) * width if len(keys) <= self.whole[name] else 0
            self.reads[name, tensor, 0] -= stays
            self.writes[name, tensor, 1] -= stays

    @property
    def expected(self):
        a = self.layer
        k, v = (np.repeat(x, a.heads // a.kv_heads, axis=1) for x in (self.k, self.v))
        raw = np.where(self.needed, self.q @ k.swapaxes(-1, -2) / sqrt(a.head_dim), -np.inf)
        raw = np.exp(raw - raw.max(axis=-1, keepdims=True))
        return raw / raw.sum(axis=-1, keepdims=True) @ v
