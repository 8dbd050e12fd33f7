"""Access counts of nests whose last tiles are smaller, for many mappings at once.

They are those of Timeloop's walk (``model.walk``), as closed forms: of children side by side the first
stands for all, so a last tile that lies in another child is counted as a whole one.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product

import numpy as np

from flat_plugin.errors import FlatError
from flat_plugin.model.boundary import Boundary, multiplied
from flat_plugin.model.counts import Counts, NestAnalysis
from flat_plugin.model.links import handed_on
from flat_plugin.model.loop_turns import Values, chosen, turns_of
from flat_plugin.model.mapping_batch import Array, MappingBatch, spatial_loops
from flat_plugin.model.scores import least
from flat_plugin.model.sibling_requests import Asked, asked
from flat_plugin.model.visits import visits_of


class RaggedAnalysis:
    """The quantities of a batch from which counts follow.

    Raises:
        FlatError: the loops of a mapping do not cover a dimension.
    """

    def __init__(self, batch: MappingBatch, padded: NestAnalysis | None = None) -> None:
        self.batch, self.nest = batch, turns_of(batch)
        self.padded = padded or NestAnalysis(batch)  # as if every turn were a full one
        self.levels, self.ranks, self.size = batch.temporal.shape
        self.tensors = batch.einsum.tensors
        self.visits = visits_of(batch, self.nest)
        self._extents: dict[tuple[int, int, bool], Values] = {}
        dimensions = batch.einsum.dimensions
        self.indexing = [tuple(map(dimensions.index, tensor.dimensions)) for tensor in self.tensors]

    def counts(self) -> Counts:
        """Reads, fills, updates and temporal reductions of what each level keeps."""
        shape = (self.levels, len(self.tensors), self.size)
        found = {name: np.zeros(shape) for name in ("tiles", "partitions", "reads", "fills", "updates")}
        for t in range(len(self.tensors)):
            self._count(t, found)
        reductions = np.zeros(shape)
        adds_up = np.ones(self.size, dtype=bool)
        for t, tensor in enumerate(self.tensors):
            if tensor.output:
                reductions[:, t] = found["reads"][:, t]
                adds_up &= (reductions[:, t] >= 0).all(axis=0)
        fanout = self._fanout(self.levels - 1)
        used = self.instances[-2] * fanout
        return Counts(
            **found,
            reductions=reductions,
            instances=np.concatenate((np.floor(self.instances[:-1]), used[None])),
            extents=self.padded.extents,
            compute_cycles=self.padded.steps[-1],
            computes=np.floor(self._computes() / fanout * np.floor(used)),
            adds_up=adds_up,
        )

    def _count(self, t: int, found: dict[str, Array]) -> None:
        tensor, keep = self.tensors[t], self.batch.form.keep
        kept = [level for level in range(self.levels) if keep[level][t]]
        content, shares = self._moves(t)
        parts = self._partitions(t)
        for level in kept:
            part = parts[level]
            found["tiles"][level, t], found["partitions"][level, t] = self._largest(level, t), part
            asked = content[level]
            if tensor.output:
                found["updates"][level, t] = _rounded(asked)
                reads = _rounded(asked - part)
                found["reads"][level, t] = chosen(asked < part, np.minimum(reads, -1), reads)
            else:
                found["reads"][level, t] = _rounded(asked)
            if level != kept[0]:
                came = shares[level]
                found["fills"][level, t] = _rounded(came - part) if tensor.output else np.floor(came)

    def _moves(self, t: int) -> tuple[dict[int, Values], dict[int, Values]]:
        """Words that children ask of each level, and those that it asks of its parent, by level."""
        content = {self.levels - 1: self._computed(t)}
        shares = {}
        for level in reversed(range(self.levels - 1)):
            wanted, fanout = self._asked(level, t), self._fanout(level)
            if self.batch.form.keep[level + 1][t]:
                content[level], shares[level + 1] = wanted.total, wanted.share(fanout)
            else:  # what the child would have been asked for goes to its parent
                content[level] = wanted.times(content[level + 1] * fanout / wanted.delivered)
        return content, shares

    def _asked(self, level: int, t: int) -> Asked:
        """What the children of a level ask of it, if they keep the tensor."""
        boundary, row = self._boundary(level, t), self.visits.visited[level]
        ragged = [d for d in range(self.ranks) if row[d].ragged]
        kinds: list[tuple[Values, Values, Values]] = []
        for lasts in product((False, True), repeat=len(ragged)):
            kind = dict(zip(ragged, lasts, strict=True))
            children = [one.last_children if kind.get(d) else one.children for d, one in enumerate(row)]
            together = multiplied(children[d] for d in boundary.free)
            apart = multiplied(children[d] for d in boundary.indexing)
            kinds.append((together, apart, boundary.words(kind)))
        return asked(*zip(*kinds, strict=True))

    def _computed(self, t: int) -> Values:
        """Words that compute units ask of the innermost memory: they hold nothing from step to step."""
        boundary = self._boundary(self.levels - 1, t)
        steps = multiplied(self.visits.visited[-1][d].tiles for d in boundary.free)
        words = multiplied((steps, *map(self._units, boundary.indexing)))
        if self.batch.architecture.fanout(self.levels - 1) != (1, 1):
            words = words - handed_on(self.batch, boundary)
        return words

    def _computes(self) -> Values:
        return multiplied(map(self._units, range(self.ranks)))

    def _units(self, d: int) -> Values:
        """Steps times compute units that work along a dimension."""
        one = self.visits.visited[-1][d]
        return (one.tiles - one.last) * one.children + one.last * one.last_children

    def _boundary(self, level: int, t: int) -> Boundary:
        return Boundary(self.visits, self.batch.form.order, level, self.indexing[t])

    def _fanout(self, level: int) -> Values:
        return multiplied(one.children for one in self.visits.visited[level])

    def _array(self, values: Values) -> Array:
        return np.broadcast_to(values, self.size)

    @cached_property
    def instances(self) -> Array:
        """[levels + 1, mappings]: used on average; rounded loop by loop as Timeloop does."""
        used: Values = 1.0
        instances = [used]
        for level in range(self.levels):
            for across, d in reversed(spatial_loops(self.batch.form.spatial_order[level])):
                turns = (self.nest.x if across == "x" else self.nest.y)[level][d]
                if not turns.absent:
                    average = used * turns.iterations / turns.runs
                    used = chosen(turns.last == turns.trips, used * turns.trips, average)
            instances.append(used)
        return np.stack([self._array(values) for values in instances])

    def _largest(self, level: int, t: int, *, below: bool = False) -> Values:
        """Words of the largest tile of a level, or of what its children hold together."""
        return multiplied(self._extent(level, d, below) for d in self.indexing[t])

    def _extent(self, level: int, d: int, below: bool) -> Values:
        """Of the largest tile along one dimension."""
        key = level, d, below
        if key not in self._extents:
            turns = self.nest.temporal[level][d]
            extent = turns.extent if below else turns.extent * turns.trips
            self._extents[key] = least(extent, self.nest.sizes[d])
        return self._extents[key]

    def _partitions(self, t: int) -> list[Values]:
        """Words of the tensor that one instance of each level ever holds, rounded down."""
        parts = [self._largest(0, t)]
        for level in range(1, self.levels):
            tile, unrolled = self._largest(level, t), self._fanout(level - 1) > 1
            whole = chosen(unrolled, self._largest(level - 1, t, below=True), tile)
            parts.append(parts[-1] if whole is tile else np.floor(parts[-1] * tile / whole))
        return parts


def counts_of(batch: MappingBatch) -> Counts:
    """The counts of every mapping of a batch: of equal tiles, or of ragged ones.

    Raises:
        FlatError: the einsum has windows, or the loops of a mapping do not cover it.
    """
    if not batch.einsum.plain:
        raise FlatError("windows have no closed form", path=batch.einsum.name, expected="plain ranks")
    padded = NestAnalysis(batch)
    return padded.counts() if padded.perfect else RaggedAnalysis(batch, padded).counts()


def _rounded(words: Values) -> Values:
    return np.floor(words + 0.5)
