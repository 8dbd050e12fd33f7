"""An attention layer on real numbers: operators interleaved as the mapping says, softmax in between."""

from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np
from executed_operator import OperatorRun, words_of
from executed_softmax import Counted, OnlineSoftmax, WholeRows


@dataclass
class Execution:
    """``words[operator][level, tensor][instance]``; ``peak[level]`` words of the first instance of a memory,
    one copy each; ``softmax`` counts what softmax does."""

    output: np.ndarray
    expected: np.ndarray
    words: dict
    peak: dict
    softmax: Counted

    def moved(self, level, *tensors):
        """(reads, writes) of tensors in a memory by logit and attend, over all instances."""
        found = [
            words
            for counted in self.words.values()
            for (at, name), by_instance in counted.items()
            if at == level and name in tensors
            for words in by_instance.values()
        ]
        return sum(w.reads for w in found), sum(w.fills + w.updates for w in found)


class Layer:
    """The tensors of a layer, and both operators ready to run."""

    def __init__(self, attention, architecture, mapping, *, forget=False, seed=0):
        a, rng = attention, np.random.default_rng(seed)
        self.attention, self.architecture, self.mapping = attention, architecture, mapping
        self.q = rng.standard_normal((a.batch, a.heads, a.queries, a.head_dim))
        self.k = rng.standard_normal((a.batch, a.kv_heads, a.keys, a.head_dim))
        self.v = rng.standard_normal((a.batch, a.kv_heads, a.keys, a.value_dim))
        if a.joint:
            self.v = self.k[..., : a.value_dim].copy()
        logit, attend = a.einsums(mapping.held)
        self.shape = {
            t.name: tuple(e.sizes[d] for d in t.dimensions) for e in (logit, attend) for t in e.tensors
        }
        self.scores = np.full(self.shape["S"], np.nan)
        self.output = np.full(self.shape["O"], np.nan)
        self.owners = np.full(self.shape["S"], -1)
        self.shared = self._shared()
        self.meeting, self.forget = mapping.scores, forget
        options = {
            "shared": self.shared,
            "owners": self.owners if mapping.dataflow.fused else None,
        }
        stores = {"Q": self.q.reshape(self.shape["Q"]), "K": self.k, "S": self.scores}
        self.first = OperatorRun(logit, architecture, mapping["logit"], stores, **options)
        stores = {"P": self.scores, "V": self.v, "O": self.output}
        self.second = OperatorRun(attend, architecture, mapping["attend"], stores, **options)
        self.second.whole = self.first

    def _shared(self):
        """(level, dimension, trips) of the shared loops in time, outermost first."""
        if not self.mapping.dataflow.fused:
            return ()
        levels = [level.level for level in self.mapping["logit"].levels]
        return tuple(
            (levels.index(loops.level), d, n)
            for loops in self.mapping.shared
            for d, n in loops.temporal
            if n > 1
        )

    @property
    def expected(self):
        a, repeated = self.attention, self.attention.heads // self.attention.kv_heads
        raw = self.q @ np.repeat(self.k, repeated, axis=1).swapaxes(-1, -2) / sqrt(a.head_dim)
        raw = np.exp(raw - raw.max(axis=-1, keepdims=True))
        return raw / raw.sum(axis=-1, keepdims=True) @ np.repeat(self.v, repeated, axis=1)

    def run_fused(self, softmax, online):
        """Tile by tile; returns the words that lie together in each memory, at most."""
        peak = dict.fromkeys(range(self.first.levels), 0)
        for at in product(*(range(n) for _, _, n in self.shared)):
            self.first.peak.clear()
            self.second.peak.clear()
            self.first.run(at)
            self.first.flush("S")
            if self.forget:
                self.first.lend(self.meeting)
            beside = self._beside(online)
            self._watch(peak, self.first.peak, self.second, beside)
            if not (self.owners >= 0).any():
                continue  # beyond the end of a dimension
            softmax.tile(self.scores, self.owners, self.second) if online else softmax(
                self.scores, self.owners
            )
            self.second.run(at)
            self._watch(peak, self.second.peak, self.first, beside)
            if online:
                softmax.finish(self.second)
            if self.forget:
                self.second.lend(self.meeting)
            self.scores[...] = np.nan  # overwritten: nobody may read it later
            self.owners[...] = -1
        return peak

    def _beside(self, online):
        """Words of S that the first instance holds, and of a running maximum and sum a row."""
        mine, words = self.owners == 0, self.architecture.memories[self.meeting].word_bits
        held = int(mine.sum()) + (2 * int(mine.any(axis=-1).sum()) if online else 0)
        return held * (self.attention.widths.S or words) / words

    def _watch(self, peak, running, other, beside):
        for level in peak:
            together = other.live(level) if level <= self.meeting else 0
            held = running[level] + together + (beside if level == self.meeting else 0)
            peak[level] = max(peak[level], held)

    def run_unfused(self, softmax, rows_fit):
        self.first.run()
        self.first.flush()
        softmax(self.scores, np.zeros(self.shape["S"], dtype=int), through_dram=True, rows_fit=rows_fit)
        self.second.run()
        return {n: max(self.first.peak[n], self.second.peak[n]) for n in range(self.first.levels)}


def execute_layer(attention, architecture, mapping, *, forget_registers=False, on_array=False, seed=0):
    """Run a fused (or unfused) mapping of an attention layer."""
    layer = Layer(attention, architecture, mapping, forget=forget_registers, seed=seed)
    counted, scale = Counted(), 1 / sqrt(attention.head_dim)
    passes = architecture.softmax.passes
    if not mapping.dataflow.fused:
        level = architecture.softmax_level
        row = 2 * attention.keys * (attention.widths.S or 16) / 16
        room = [i for i in range(1, level + 1) if row <= architecture.memories[i].capacity]
        level = max(room, default=level)
        softmax = WholeRows(counted, level, scale, passes, on_array=on_array)
        peak = layer.run_unfused(softmax, bool(room))
    else:
        assert layer.first.kept["S"][0] == layer.second.kept["P"][0] == layer.meeting
        online = mapping.dataflow.online
        softmax = WholeRows(counted, layer.meeting, scale, passes, on_array=on_array)
        if online:
            output = max(i for i in layer.second.kept["O"] if i <= layer.meeting)
            forks = [loop.level for loop in layer.first.loops if loop.spatial and loop.dimension == "N"]
            fork = next((level for level in forks if level < layer.meeting), None)
            softmax = OnlineSoftmax(
                counted,
                layer.meeting,
                output,
                layer.shape["S"],
                attention.value_dim,
                scale,
                fork=fork,
                on_array=on_array,
            )
        peak = layer.run_fused(softmax, online)
    layer.second.flush("O")
    words = {"logit": words_of(layer.first), "attend": words_of(layer.second)}
    expected = layer.expected
    return Execution(layer.output.reshape(expected.shape), expected, words, peak, counted)
