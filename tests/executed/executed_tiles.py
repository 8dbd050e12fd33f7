"""The interpreter of mappings whose last tiles are smaller: one product after the other, on numbers.

A tile is what the loops inside the outermost memory cover from where they begin, cut at the size of the
dimension.
"""

from itertools import product
from math import prod, sqrt

import numpy as np


def loops_of(mapping):
    """(level, dimension, trips, stride) from the outermost in."""
    loops, inside = [], {}
    for number, level in reversed(list(enumerate(mapping.levels))):
        for d, trips in (*level.spatial_x, *level.spatial_y, *level.temporal):
            stride = inside.get(d, 1)
            if trips > 1:
                loops.append((number, d, trips, stride))
            inside[d] = stride * trips
    return loops[::-1]


class Run:
    """One operator, a part of its outermost loops at a time; ``moved`` are words between the outermost
    memory and the one inside it."""

    def __init__(self, einsum, mapping):
        self.einsum, self.loops = einsum, loops_of(mapping)
        self.kept = [t for t in einsum.tensors if t.name not in mapping.levels[0].bypass]
        self.outer = [loop for loop in self.loops if loop[0] == 0]
        self.inner = [loop for loop in self.loops if loop[0] > 0]
        self.held, self.moved = {}, {t.name: 0 for t in self.kept}

    def points(self, fixed):
        """Every product of the iterations where the outermost loops are at ``fixed``."""
        ranges = [range(trips) for _, _, trips, _ in self.outer[len(fixed) :]]
        for rest in product(*ranges):
            base = self._add({}, self.outer, (*fixed, *rest))
            if any(base.get(d, 0) >= size for d, size in self.einsum.bounds):
                continue
            self._move(base)
            for inner in product(*(range(trips) for _, _, trips, _ in self.inner)):
                at = self._add(base, self.inner, inner)
                if all(at.get(d, 0) < size for d, size in self.einsum.bounds):
                    yield {d: at.get(d, 0) for d, _ in self.einsum.bounds}

    @staticmethod
    def _add(base, loops, indices):
        at = dict(base)
        for (_, d, _, stride), index in zip(loops, indices, strict=True):
            at[d] = at.get(d, 0) + index * stride
        return at

    def _move(self, base):
        """Tiles that have changed come from, or go to, the outermost memory."""
        extents = {}
        for _, d, trips, _ in self.inner:
            extents[d] = extents.get(d, 1) * trips
        for tensor in self.kept:
            place = tuple(base.get(d, 0) for d in tensor.dimensions)
            if self.held.get(tensor.name) != place:
                self.held[tensor.name] = place
                spans = (
                    min(extents.get(d, 1), self.einsum.sizes[d] - start)
                    for d, start in zip(tensor.dimensions, place, strict=True)
                )
                self.moved[tensor.name] += prod(spans)


def executed(attention, mapping, rng):
    """Output, what it should be, and words moved by operator."""
    einsums = {e.name: e for e in attention.einsums()}
    runs = {name: Run(einsum, mapping[name]) for name, einsum in einsums.items()}
    tensors = {t.name: t for e in einsums.values() for t in e.tensors}
    values = {}
    for e in einsums.values():
        for t in e.tensors:
            shape = [e.sizes[d] for d in t.dimensions]
            values[t.name] = np.zeros(shape) if t.output else rng.standard_normal(shape)
    values["P"] = np.zeros_like(values["S"])
    done = np.zeros_like(values["S"], dtype=int)
    shared = (
        [n for loops in mapping.shared for _, n in loops.temporal if n > 1] if mapping.dataflow.fused else []
    )
    at_s, at_p = tensors["S"].dimensions, tensors["P"].dimensions
    for fixed in product(*map(range, shared)):
        touched = set()
        for at in runs["logit"].points(fixed):
            s = tuple(at[d] for d in at_s)
            values["S"][s] += product_of(values, tensors, ("Q", "K"), at)
            done[s] += 1
            touched.add(s)
        rows = {tuple(x for x, d in zip(s, at_s, strict=True) if d != "N") for s in touched}
        for row in rows:
            scores = [s for s in touched if tuple(x for x, d in zip(s, at_s, strict=True) if d != "N") == row]
            assert len(scores) == attention.keys, "softmax needs whole rows"
            exps = {s: np.exp(values["S"][s] / sqrt(attention.head_dim)) for s in scores}
            for s, value in exps.items():
                place = dict(zip(at_s, s, strict=True))
                values["P"][tuple(place[d] for d in at_p)] = value / sum(exps.values())
        for at in runs["attend"].points(fixed):
            o = tuple(at[d] for d in tensors["O"].dimensions)
            values["O"][o] += product_of(values, tensors, ("P", "V"), at)
    assert (done == attention.head_dim).all(), "every product once"
    return values, tensors, {name: run.moved for name, run in runs.items()}


def product_of(values, tensors, names, at):
    return prod(values[name][tuple(at[d] for d in tensors[name].dimensions)] for name in names)


def reference(values, tensors, attention):
    letters = {name: "".join(t.dimensions).lower() for name, t in tensors.items()}
    scores = np.einsum(f"{letters['Q']},{letters['K']}->{letters['P']}", values["Q"], values["K"])
    keys = letters["P"].index("n")
    weights = np.exp(scores / sqrt(attention.head_dim))
    weights /= weights.sum(axis=keys, keepdims=True)
    return np.einsum(f"{letters['P']},{letters['V']}->{letters['O']}", weights, values["V"])
