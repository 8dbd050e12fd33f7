"""Accesses below the buffer that a mask takes away by more than the scores that it leaves out.

Accesses grow with the scores that are touched, but for two kinds of reads. The first partial sum of a word of
the output is not read, and attend's output has as many words under any mask. And an iteration whose keys are
no more than the array and its registers hold may find there what longer ones fetch again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.choice_costs import Menu, port_time
from flat_plugin.mapspace.fabric import joined
from flat_plugin.mapspace.masked.iterations import ROWS, SCORES, SUMS, Iterations
from flat_plugin.mapspace.operator_side import gathered
from flat_plugin.mapspace.outer_tilings import Rows
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.widths import taken_by
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Unread:
    """What is taken off every entry of some menus: words of the buffer's width, pJ, and cycles of the
    registers' ports."""

    words: Array
    energy: Array
    ports: Array


def unread(
    below: Below, menus: Sequence[Menu], less: Array, apart: Array, found: Array, times: Array
) -> Unread:
    """What scaling the accesses of the full square by ``less`` leaves in them, at most.

    Args:
        apart: the part of the scores that these accesses are of.
        found: [tensors, entries]: the part of all scores whose iterations may find a tensor's words.
        times: iterations of which every count is rounded; the energy of that is not in what is returned.
    """
    if not menus:
        return Unread(*np.zeros((3, 0)))
    out, costs, inner = below.structure.output, below.costs, below.architecture.memories[-1]
    choice, kept = joined([menu.choice for menu in menus]), below.fabric.registers > 0
    reads = gathered(list(menus), "reads", len(below.tensors))
    first = first_sums(below, less, apart)
    fewer = np.minimum(found, less) * reads
    fewer[out] = np.minimum(fewer[out] + first, less * reads[out])
    energy = np.zeros(len(choice))
    taken = taken_by(below.tensors, inner)
    inside = (
        np.stack((times, times)) * taken.sum()
    )  # words that an instance of the registers reads and writes
    for t in range(len(below.tensors)):
        energy += fewer[t] * costs.word_energy(1, "read", t)
        if t == out:
            energy += fewer[t] * costs.word_energy(1, "update", t)
        if kept:
            words = np.stack((first if t == out else np.zeros_like(first), fewer[t]))
            words *= choice.keep[t] / costs.apart[t, choice.place]
            each = [[costs.word_energy(-1, action, t)] for action in ("read", "write")]
            energy += (words * each).sum(axis=0) * costs.clusters[choice.place]
            inside += words * taken[t]
    words = ((fewer + times) * below.taken).sum(axis=0)
    return Unread(words, energy, port_time(inner, *inside))


def first_sums(below: Below, less: Array, apart: Array) -> Array:
    """Words of the output whose first sums these accesses have, and not ``less`` of the full square's."""
    structure = below.structure
    scores = structure.core.index("N") in structure.indexing[structure.output]
    return np.maximum((apart if scores else 1.0) - less, 0.0) * below.words[structure.output]


def found_below(
    below: Below, menus: Sequence[Menu], iterations: Sequence[Iterations], rows: Rows, row: Array
) -> Array:
    """[tensors, entries]: the part of all scores in iterations, and in last tiles of keys, that a choice has
    room for below the buffer with all of a tensor's words.

    Args:
        iterations: of every choice of shared loops.
        row: the tiling of each entry.
    """
    structure, found = below.structure, np.zeros((len(below.tensors), len(row)))
    if not menus:
        return found
    choice, shared = joined([menu.choice for menu in menus]), rows.shared[row]
    tall, common, heads = (
        np.array([getattr(one, name) for one in iterations])[shared]
        for name in ("rows", "common_keys", "heads")
    )
    n, m = (structure.core.index(d) for d in "NM")
    factors, extents = choice.spatial * choice.register, rows.extents[:, row].copy()
    extents[m] = np.minimum(extents[m], tall)
    pairs, back = distinct_columns(np.stack((shared, factors[n].astype(np.int64))))
    parts = np.array([iterations[int(o)].parts(int(keys)) for o, keys in pairs.T]).reshape(-1, 2, SUMS)[back]
    cut = common % extents[n] != 0
    part = parts[:, 0, SCORES] + np.where(cut, factors[n] * parts[:, 1, ROWS], 0.0)
    for t, present in enumerate(structure.indexing):
        if n in present:
            whole = np.logical_and.reduce([factors[d] >= extents[d] for d in present if d != n])
            held = whole & below.costs.lasting(choice)[t]
            found[t] = np.where(held, part * heads / square_of(structure.einsum), 0.0)
    return found


def square_of(einsum: Einsum) -> int:
    """Scores of all query heads that share keys, without a mask."""
    return einsum.sizes["M"] * einsum.sizes["N"] * einsum.sizes.get("G", 1)
