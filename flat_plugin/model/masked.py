"""Operators and softmax of a layer with a mask: the sum of its kinds of iterations.

What a memory has of K and V from one iteration to the next is not fetched again: where its tile has all
keys of an iteration, it keeps those that the next one needs too, or all if it has room for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from math import prod
from operator import add
from typing import Any

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.capacity import layer_name
from flat_plugin.model.chain import fused_latency, unfused_latency
from flat_plugin.model.cost import Costs, costs_of
from flat_plugin.model.counts import Counts
from flat_plugin.model.gathered_rows import GATHERED, rows_over_words, visits
from flat_plugin.model.iteration_kinds import Kinds, Split, kinds_of, one_kind, own_split, split_of
from flat_plugin.model.mapping_batch import Array, MappingBatch
from flat_plugin.model.operator import explain_invalid
from flat_plugin.model.operator_work import Traffic, Work, port_cycles
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.scores import KindsOfScores
from flat_plugin.model.selection_cost import gathered_indices, index_bits, moved
from flat_plugin.model.shortened_nests import cut_batch
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import fused_site, unfused_site
from flat_plugin.model.widths import shares
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.selection import Select

AT_ONCE = 1 << 14  # kinds that are evaluated together: more do not fit a processor's caches


@dataclass(frozen=True)
class Masked:
    """A layer as its mask leaves it, mapped.

    Attributes:
        widest: the dense layer of the tile of rows that touches most; the layer itself without a mask.
        kinds: of its iterations; None where the widest is all of it.
    """

    attention: Attention
    widest: Attention
    architecture: Architecture
    mapping: FusedMapping
    energies: EnergyTable
    split: Split
    kinds: Kinds | None

    @property
    def scores(self) -> int:
        """Scores that are computed, of all heads and sequences."""
        if self.kinds is None:
            return self.widest.softmax_elements
        heads = self.attention.batch * self.attention.heads
        return heads // self.split.passes * self.kinds.scores

    @property
    def first(self) -> dict[str, Einsum]:
        """The operators of the first iteration, or of all."""
        return self._iteration(0)

    @property
    def last(self) -> dict[str, Einsum]:
        """Those of the last iteration, or of all."""
        return self._iteration(-1)

    def _iteration(self, which: int) -> dict[str, Einsum]:
        layer = self.widest
        if self.kinds is not None:
            rows, keys = self.kinds.ends[which]
            layer = replace(layer, queries=rows, keys=keys)
        return {einsum.name: einsum for einsum in layer.einsums()}


def masked_layer(
    attention: Attention, architecture: Architecture, mapping: FusedMapping, energies: EnergyTable
) -> Masked:
    """What a mask leaves of a layer under a mapping of its widest part.

    Raises:
        FlatError: the mapping does not go over the rows tile by tile.
    """
    mask, dense = attention.mask, attention.widest(attention.queries)
    whole = dense.queries * dense.keys
    alike = mask.full or (not mask.select and mask.needed(attention.queries, attention.keys) == whole)
    split = Split(attention.queries) if alike else split_of(mapping, attention)
    kinds = None if alike else kinds_of(attention, split)
    split = split if kinds else Split(split.rows)
    return Masked(attention, attention.widest(split.rows), architecture, mapping, energies, split, kinds)


def masked_works(layer: Masked, softmax: str, spilled: float) -> list[Work]:
    """Logit, softmax if it costs anything, and attend over all iterations.

    Raises:
        InvalidMapping: an iteration does not fit.
        FlatError: scores overflow.
    """
    kinds = layer.kinds
    assert kinds is not None
    if spilled:
        raise FlatError(
            "how much of the scores overflows differs by iteration under a mask, and is not counted",
            path="overflow",
            value="spill",
            expected="reject, or skip none",
        )
    works = [_operator(layer, name, nest) for name, nest in layer.mapping.operators]
    if softmax != "free":
        works.insert(1, masked_softmax(layer, kinds, on_array=softmax == "array"))
    if layer.attention.mask.select:
        works.append(_indices(layer))
    return works


def masked_cost(
    attention: Attention,
    architecture: Architecture,
    mapping: FusedMapping,
    energies: EnergyTable,
    softmax: str,
) -> float:
    """Cycles (without the way in and out) × energy, by which mappings of one dataflow are compared."""
    layer = masked_layer(attention, architecture, mapping, energies)
    if layer.kinds is None:
        one = one_kind(layer.widest.queries, layer.widest.keys)
        layer = replace(layer, attention=layer.widest, kinds=one)
    works = masked_works(layer, softmax, 0.0)
    energy = sum(work.energy_pj for work in works)
    if not mapping.dataflow.fused:
        return unfused_latency(works).cycles * energy
    return fused_latency(works, architecture, softmax_serial=softmax == "serial").cycles * energy


def masked_softmax(layer: Masked, kinds: Kinds, *, on_array: bool) -> Work:
    """Softmax over these iterations, in the memory of the scores, or unfused beside its unit."""
    fused, architecture = layer.mapping.dataflow.fused, layer.architecture
    through, works = 0.0 if fused else 1.0, []
    for few in kinds.parts(AT_ONCE):
        sizes: dict[str, Any] = dict(layer.attention.score_sizes) | {"M": few.rows, "N": few.keys}
        if "G" in sizes:
            sizes["G"] //= layer.split.passes
        scores = KindsOfScores(sizes, layer.attention.value_dim, layer.attention.widths)
        site = fused_site(scores, layer.mapping) if fused else unfused_site(scores, architecture)
        work = softmax_of(scores, architecture, layer.energies, site, through_dram=through, on_array=on_array)
        works.append(summed(work, few.times))
    return reduce(add, works)


def _indices(layer: Masked) -> Work:
    """The indices of the keys that the tiles gather, which logit reads for K and attend for V."""
    read = 0
    for name, nest in layer.mapping.operators:
        fused = layer.mapping.dataflow.fused
        rows = layer.split.rows if fused else own_split(name, nest, layer.attention).rows
        read += visits(nest, "K" if name == "logit" else "V") * gathered_indices(layer.attention, rows)
    words = {"indices": (read, 0, index_bits(layer.attention))}
    return moved("indices", layer.architecture, layer.energies, words)


def _own_kinds(layer: Masked, name: str, nest: OperatorMapping) -> tuple[Kinds, int]:
    """The kinds of iterations of an operator, and the passes over its rows."""
    assert layer.kinds is not None
    if layer.mapping.dataflow.fused:
        return layer.kinds, layer.split.passes
    split = own_split(name, nest, layer.attention)
    kinds = kinds_of(layer.attention, split)
    return (layer.kinds, 1) if kinds is None else (kinds, split.passes)


def _operator(layer: Masked, name: str, nest: OperatorMapping) -> Work:
    """One operator over all iterations."""
    einsum = next(e for e in layer.widest.einsums(layer.mapping.held) if e.name == name)
    kinds, passes = _own_kinds(layer, name, nest)
    group, tiles = layer.attention.group // passes, _whole_tiles(layer, nest)
    works = []
    for few in kinds.parts(AT_ONCE):
        lengths = {"M": few.rows, "N": few.keys}
        if layer.attention.group > 1:
            lengths["G"] = np.full(len(few), group)
        batch = cut_batch(einsum, layer.architecture, nest, lengths)
        found = {level: few.found(keys, layer.widest.keys) for level, keys in tiles.items()}
        counts = without_found(batch, counts_of(batch), found)
        if select := layer.attention.mask.select:
            counts = _gathered(batch, counts, nest, select)
        counts = replace(counts, computes=np.broadcast_to(batch.operations, len(few)))  # not of averages
        costs = costs_of(batch, counts, layer.energies)
        if not costs.valid.all():
            raise explain_invalid(batch, costs, int((~costs.valid).argmax()))
        works.append(summed(work_of_many(batch, costs), few.times))
    return reduce(add, works)


def _whole_tiles(layer: Masked, nest: OperatorMapping) -> dict[int, int]:
    """Keys in a tile of K or V, of each memory that keeps its tile from one iteration to the next.

    Inside the memory of the scores the other operator has taken its place, and where keys lie in several
    instances they would have to move between them.
    """
    last = layer.mapping.scores if layer.mapping.dataflow.fused else len(nest.levels) - 1
    found = {}
    for level in range(1, last + 1):
        outside, inside = nest.levels[:level], nest.levels[level:]
        spread = [f for entry in outside for f in entry.spatial_x + entry.spatial_y]
        loops = [f for entry in outside for f in entry.temporal]
        if all(n == 1 for d, n in loops if d in "DE") and all(n == 1 for d, n in spread if d == "N"):
            every = [f for entry in inside for f in entry.temporal + entry.spatial_x + entry.spatial_y]
            found[level] = prod(n for d, n in every if d == "N")
    return found


def without_found(batch: MappingBatch, counts: Counts, found: Mapping[int, Array]) -> Counts:
    """Counts without the words that are still where they are needed.

    Args:
        found: by memory, keys of each iteration that it still has.
    """
    keys = np.asarray(batch.lengths["N"], dtype=float)
    reads, fills = counts.reads.copy(), counts.fills.copy()
    for t, tensor in enumerate(batch.einsum.tensors):
        if "M" in tensor.dimensions:
            continue
        kept = [level for level, keep in enumerate(batch.form.keep) if keep[t]]
        for outer, inner in zip(kept, kept[1:], strict=False):
            if inner in found:
                share = found[inner] / keys
                reads[outer, t] -= np.floor(reads[outer, t] * share + 0.5)
                fills[inner, t] -= np.floor(fills[inner, t] * share + 0.5)
    return replace(counts, reads=reads, fills=fills)


def _gathered(batch: MappingBatch, counts: Counts, nest: OperatorMapping, select: Select) -> Counts:
    """Counts with whole rows of the outermost memory for every key and value."""
    reads = counts.reads.copy()
    for t, tensor in enumerate(batch.einsum.tensors):
        if tensor.name in GATHERED:
            reads[0, t] *= rows_over_words(batch.einsum, tensor, nest, batch.architecture, select)
    return replace(counts, reads=reads)


def work_of_many(batch: MappingBatch, costs: Costs) -> Work:
    """As ``work_of``, of many mappings: every figure is ``[mappings]``."""
    architecture, counts, einsum = batch.architecture, costs.counts, batch.einsum
    busy: dict[str, Any] = {architecture.compute.name: counts.compute_cycles}
    energy: dict[tuple[str, str], Any] = {}
    traffic: dict[str, Any] = {}
    for i, memory in enumerate(architecture.memories):
        reads, writes = counts.reads[i], counts.fills[i] + counts.updates[i]
        taken = shares(einsum.tensors, memory)
        ports = (words if taken is None else words * taken for words in (reads, writes))
        busy[memory.name] = port_cycles(memory, *(words.sum(axis=0) for words in ports))
        used = np.floor(counts.instances[i])
        for t, tensor in enumerate(einsum.tensors):
            if batch.form.keep[i][t]:
                name = layer_name(tensor.name)
                energy[memory.name, name] = costs.access_energy[i, t]
                words = Traffic.at(i, reads[t] * used, writes[t] * used, tensor.bits)
                traffic[name] = traffic.get(name, Traffic()) + words
        energy[memory.name, "leak"] = costs.leak_energy[i]
    energy[architecture.compute.name, "compute"] = costs.compute_energy
    computes: Any = counts.computes
    cycles: Any = np.floor(costs.cycles)
    return Work(einsum.name, cycles, busy, energy, traffic, computes)


def summed(work: Work, times: Array) -> Work:
    """The work of all kinds together: every figure ``[kinds]``, or one for each kind, becomes one."""
    count = times.astype(float)
    once = bool((times == 1).all())

    def total(values: Any) -> Any:
        each = once and np.shape(values) == count.shape  # else of arrays, or of one number for all kinds
        found = float(values.sum(dtype=float) if each else (values * count).sum())
        return int(found) if found.is_integer() else found  # an energy that is not known is none

    def words(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(map(total, values))

    return Work(
        work.name,
        total(work.cycles),
        {name: float(total(cycles)) for name, cycles in work.busy.items()},
        {key: float(total(energy)) for key, energy in work.energy.items()},
        {
            name: Traffic(words(moved.reads), words(moved.writes), moved.bits)
            for name, moved in work.traffic.items()
        },
        total(work.computes),
    )
