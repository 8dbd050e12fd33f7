"""An interpreter that runs an attention mapping on real numbers and counts every word it moves.

It knows nothing of flat_plugin.model. An operator's loops are walked one step at a time; all
instances of a level take a step together. Each instance of each memory that keeps a tensor holds one
tile of it, and asks the next memory outwards that keeps the tensor when it needs another:

- a word that several children of one memory ask for in the same step is read once (multicast);
- a tile of results goes back when another takes its place, and children of one memory that worked
  on the same words are added up on the way (spatial reduction). Words that have partial sums are
  read when they come back; words that were never written are not. All children receive the
  returning sum, one of them starts from it and the others from zero;
- compute units hold nothing. Where they sit directly in a mesh below a memory, a unit gets an operand
  from a neighbour that had it in the step before, if all units that need this word have such a
  neighbour; results stay in the mesh likewise;
- the outermost memory that keeps a tensor holds all of it (fused: all of a shared tile of S).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from math import prod, sqrt

import numpy as np
import pytest

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit


@dataclass
class Words:
    """What one instance moved of one tensor."""

    reads: int = 0
    fills: int = 0
    updates: int = 0


@dataclass(frozen=True)
class Loop:
    """``stride`` is how far one iteration moves along the dimension."""

    level: int
    dimension: str
    trips: int
    stride: int
    spatial: bool


@dataclass
class Tile:
    """What one instance holds: where it starts, its values, and which of them were written."""

    base: tuple
    values: np.ndarray
    written: np.ndarray

    def at(self, base, extents):
        """The part of this tile that starts at ``base``."""
        starts = [b - own for b, own in zip(base, self.base, strict=True)]
        assert all(s >= 0 for s in starts), "asks for words that are not held"
        place = tuple(slice(s, s + e) for s, e in zip(starts, extents, strict=True))
        assert self.values[place].shape == tuple(extents), "asks for words that are not held"
        return place


def loops_of(mapping):
    """All loops, outermost first; the loops unrolled below a level come after its temporal ones."""
    written = []
    for i, level in enumerate(mapping.levels):
        written += [(i, d, trips, False) for d, trips in reversed(level.temporal)]
        written += [(i, d, trips, True) for d, trips in level.spatial_x + level.spatial_y]
    loops, inside = [], defaultdict(lambda: 1)
    for level, dimension, trips, spatial in reversed(written):
        loops.append(Loop(level, dimension, trips, inside[dimension], spatial))
        inside[dimension] *= trips
    return loops[::-1], dict(inside)


class OperatorRun:
    """One operator being executed. ``stores`` are the arrays of its tensors, where they live."""

    def __init__(self, einsum, architecture, mapping, stores, shared=(), forget_registers=False):
        self.einsum, self.architecture, self.mapping = einsum, architecture, mapping
        self.loops, covered = loops_of(mapping)
        assert {d: n for d, n in covered.items() if n > 1} == {d: n for d, n in einsum.bounds if n > 1}
        self.loops = [loop for loop in self.loops if loop.trips > 1]
        self.shared = self._take_shared(shared)
        self.temporal = [loop for loop in self.loops if not loop.spatial]
        self.levels = len(mapping.levels)
        self.tensors = {tensor.name: tensor for tensor in einsum.tensors}
        self.kept = {
            name: [i for i in range(self.levels) if name not in mapping.levels[i].bypass]
            for name in self.tensors
        }
        self.words = defaultdict(Words)  # (level, tensor, instance)
        self.held = {}
        self.stores = {
            name: Tile((0,) * array.ndim, array, np.zeros(array.shape, dtype=bool))
            for name, array in stores.items()
        }
        self.instances = [self._instances(level) for level in range(self.levels + 1)]
        self.extents = [self._extents(level) for level in range(self.levels + 1)]
        self.used_last = {name: {} for name in self.tensors}
        self.neighbours = self._mesh()
        self.live = 0
        self.peak = 0
        self.forget = forget_registers

    # What the loops say.

    def _take_shared(self, shared):
        """The shared loops must be this operator's outermost ones, in order."""
        wanted = [(d, trips) for d, trips in shared if trips > 1]
        found = self.loops[: len(wanted)]
        assert [(loop.dimension, loop.trips) for loop in found] == wanted
        assert all(loop.level == 0 and not loop.spatial for loop in found)
        return found

    def _instances(self, level):
        """{coordinates: offset along each dimension} of the instances of a level."""
        unrolled = [loop for loop in self.loops if loop.spatial and loop.level < level]
        instances = {}
        for coordinates in product(*(range(loop.trips) for loop in unrolled)):
            offset = dict.fromkeys(self.einsum.dimensions, 0)
            for at, loop in zip(coordinates, unrolled, strict=True):
                offset[loop.dimension] += at * loop.stride
            instances[coordinates] = offset
        return instances

    def _extents(self, level):
        extents = dict.fromkeys(self.einsum.dimensions, 1)
        for loop in self.loops:
            if loop.level >= level:
                extents[loop.dimension] *= loop.trips
        return extents

    def _tile_extents(self, level, name):
        return tuple(self.extents[level][d] for d in self.tensors[name].dimensions)

    def _mesh(self):
        """Neighbours of each compute unit; units are numbered x first and laid out row by row."""
        last = self.levels - 1
        if self.architecture.fanout(last) == (1, 1):
            return None
        width = max(
            self.architecture.fanout(last)[0], prod(n for _, n in self.mapping.levels[last].spatial_x)
        )
        unrolled = [loop for loop in self.loops if loop.spatial and loop.level == last]
        place = {}
        for unit in self.instances[self.levels]:
            own, number, stride = unit[len(unit) - len(unrolled) :], 0, 1
            for at, loop in zip(own, unrolled, strict=True):
                number, stride = number + at * stride, stride * loop.trips
            place[unit] = (unit[: len(unit) - len(unrolled)], number % width, number // width)
        unit_at = {spot: unit for unit, spot in place.items()}
        return {
            unit: [
                unit_at[parent, x + dx, y + dy]
                for dx, dy in ((0, 1), (1, 0), (0, -1), (-1, 0))
                if (parent, x + dx, y + dy) in unit_at
            ]
            for unit, (parent, x, y) in place.items()
        }

    # Tiles on the move.

    def _parent(self, name, level, instance):
        """The next memory outwards that keeps the tensor: its level, instance and what it holds."""
        above = max(i for i in self.kept[name] if i < level)
        coordinates = instance[: len(next(iter(self.instances[above])))]
        if above == self.kept[name][0]:
            return above, coordinates, self.stores[name]
        return above, coordinates, self.held[above, name, coordinates]

    def _together(self, name, level, wanted):
        """{(parent's level, parent, base): children}: requests that one access serves."""
        groups = defaultdict(list)
        for instance, base in wanted.items():
            above, parent, _ = self._parent(name, level, instance)
            groups[above, parent, base].append(instance)
        return groups

    def _evict(self, level, name):
        """Every instance gives up its tile; results go outwards."""
        tiles = {i: self.held[level, name, i] for i in self.instances[level] if (level, name, i) in self.held}
        if not tiles:
            return
        if self.tensors[name].output:
            extents = self._tile_extents(level, name)
            for (above, parent, base), children in self._together(
                name, level, {i: tile.base for i, tile in tiles.items()}
            ).items():
                outer = self._parent(name, level, children[0])[2]
                place = outer.at(base, extents)
                assert all(tiles[child].written.all() for child in children)
                outer.values[place] = sum(tiles[child].values for child in children)
                outer.written[place] = True
                self.words[above, name, parent].updates += prod(extents)
        for instance in tiles:
            del self.held[level, name, instance]
        if level == 1:
            self.live -= prod(self._tile_extents(level, name))

    def _fetch(self, level, name, wanted):
        """Every instance gets the tile that starts at ``wanted``."""
        extents, output = self._tile_extents(level, name), self.tensors[name].output
        for (above, parent, base), children in self._together(name, level, wanted).items():
            outer = self._parent(name, level, children[0])[2]
            place = outer.at(base, extents)
            present = outer.written[place].copy() if output else np.ones(extents, dtype=bool)
            count = int(present.sum())
            self.words[above, name, parent].reads += count
            for n, child in enumerate(children):
                takes = present & (n == 0 or not output)
                values = np.where(takes, outer.values[place], 0.0)
                self.held[level, name, child] = Tile(base, values, present.copy())
                self.words[level, name, child].fills += count
        if level == 1:
            self.live += prod(extents)

    def _move_tiles(self, base):
        """Exchange the tiles that the new step does not use, innermost first on the way out."""
        for name, tensor in self.tensors.items():
            changed = []
            for level in self.kept[name][1:]:
                wanted = {
                    instance: tuple(base[level][d] + offset[d] for d in tensor.dimensions)
                    for instance, offset in self.instances[level].items()
                }
                now = {i: self.held[level, name, i].base for i in wanted if (level, name, i) in self.held}
                if now != wanted:
                    changed.append((level, wanted))
            for level, _ in reversed(changed):
                self._evict(level, name)
            for level, wanted in changed:
                self._fetch(level, name, wanted)

    def _from_neighbours(self, name, wanted, units):
        """Do all these units have a neighbour that had their word in the last step?"""
        before = self.used_last[name]
        return self.neighbours is not None and all(
            any(other in units and before.get(other) == wanted[unit] for other in self.neighbours[unit])
            for unit in units
        )

    def _compute(self, base):
        """One multiplication in each compute unit."""
        one = {
            name: {
                unit: tuple(base[self.levels][d] + offset[d] for d in tensor.dimensions)
                for unit, offset in self.instances[self.levels].items()
            }
            for name, tensor in self.tensors.items()
        }
        results = dict.fromkeys(self.instances[self.levels], 1.0)
        for name, tensor in self.tensors.items():
            if tensor.output:
                continue
            for (level, parent, at), units in self._together(name, self.levels, one[name]).items():
                tile = self._parent(name, self.levels, units[0])[2]
                if not self._from_neighbours(name, one[name], units):
                    self.words[level, name, parent].reads += 1
                for unit in units:
                    results[unit] *= tile.values[tile.at(at, (1,) * len(at))].item()
        name = self.einsum.output.name
        for (level, parent, at), units in self._together(name, self.levels, one[name]).items():
            tile = self._parent(name, self.levels, units[0])[2]
            place = tile.at(at, (1,) * len(at))
            total = sum(results[unit] for unit in units)
            if not self._from_neighbours(name, one[name], units):
                self.words[level, name, parent].reads += int(tile.written[place].item())
                self.words[level, name, parent].updates += 1
            tile.values[place] = total + (tile.values[place] if tile.written[place].item() else 0.0)
            tile.written[place] = True
        self.used_last = one

    def run(self, shared_at=()):
        """Walk the loops inside one iteration of the shared ones."""
        own = [loop for loop in self.temporal if loop not in self.shared]
        start = dict.fromkeys(self.einsum.dimensions, 0)
        for at, loop in zip(shared_at, self.shared, strict=True):
            start[loop.dimension] += at * loop.stride
        for step in product(*(range(loop.trips) for loop in own)):
            base = [dict(start) for _ in range(self.levels + 1)]
            for at, loop in zip(step, own, strict=True):
                for level in range(loop.level + 1, self.levels + 1):
                    base[level][loop.dimension] += at * loop.stride
            base[0] = {}
            self._move_tiles(base)
            self.peak = max(self.peak, self.live)
            self._compute(base)

    def flush(self, *names):
        """Results go all the way out; registers are lent to the next operator."""
        for name in names or self.tensors:
            for level in reversed(self.kept[name][1:]):
                self._evict(level, name)
        if self.forget:
            self.used_last = {name: {} for name in self.tensors}
            for name in self.tensors:
                for level in reversed([i for i in self.kept[name][1:] if i > 1]):
                    self._evict(level, name)

    def correct(self, factors):
        """Scale what was accumulated, row by row, where it lies: in the buffer, or gone out from there."""
        name = self.einsum.output.name
        for level in reversed([i for i in self.kept[name][1:] if i > 1]):
            self._evict(level, name)
        self.used_last = {tensor: {} for tensor in self.tensors}
        for tile in [self.stores[name], *(self.held[key] for key in self.held if key[:2] == (1, name))]:
            rows = tuple(slice(b, b + n) for b, n in zip(tile.base, tile.values.shape, strict=True))[:-1]
            tile.values *= factors[rows][..., None]


@dataclass
class Execution:
    """``words[operator][level, tensor][instance]``; ``peak`` words of the buffer, one copy each."""

    output: np.ndarray
    expected: np.ndarray
    words: dict
    peak: int
    softmax: dict = field(default_factory=lambda: defaultdict(Words))

    def dram(self, tensor):
        """(reads, writes) of a tensor in the outermost memory by logit and attend."""
        found = [
            words
            for counted in self.words.values()
            for (level, name), by_instance in counted.items()
            if level == 0 and name == tensor
            for words in by_instance.values()
        ]
        return sum(w.reads for w in found), sum(w.fills + w.updates for w in found)


def words_of(run):
    counted = {(i, name): {} for name in run.tensors for i in run.kept[name]}
    for level, name in counted:
        for instance in run.instances[level]:
            counted[level, name][instance] = run.words[level, name, instance]
    return counted


def softmax_in_place(scores, scale, rows_fit, through_dram, words, passes):
    """Passes over rows that lie in the buffer, or that pass through it; each is (writes, what it does)."""
    outer, buffer, n = words["outer"], words["buffer"], scores.size
    x, state = scores * scale, {}

    def maximum():
        state["highest"] = x.max(axis=-1, keepdims=True)

    def exponents():
        scores[...] = np.exp(x - state["highest"])
        state["total"] = scores.sum(axis=-1, keepdims=True)

    def quotients():
        scores[...] = scores / state["total"]

    def maximum_and_sum():
        highest, total = np.full(x[..., 0].shape, -np.inf), np.zeros(x[..., 0].shape)
        for column in np.moveaxis(x, -1, 0):
            larger = np.maximum(highest, column)
            total, highest = total * np.exp(highest - larger) + np.exp(column - larger), larger
        state.update(highest=highest[..., None], total=total[..., None])

    def scaled_exponents():
        scores[...] = np.exp(x - state["highest"]) / state["total"]

    three = [(False, maximum), (True, exponents), (True, quotients)]
    walk = three if passes == 3 else [(False, maximum_and_sum), (True, scaled_exponents)]
    for turn, (writes, step) in enumerate(walk):
        first, last = turn == 0, turn == len(walk) - 1
        if through_dram and (first or not rows_fit):
            outer.reads += n
            buffer.updates += n
        buffer.reads += n
        step()
        if writes:
            buffer.updates += n
        if through_dram and (last or (writes and not rows_fit)):
            buffer.reads += n
            outer.updates += n


class OnlineSoftmax:
    """A running maximum and sum for each row; tiles of a row come one after the other."""

    def __init__(self, rows, width, scale, words):
        self.highest, self.total = np.full(rows, -np.inf), np.zeros(rows)
        self.width, self.scale, self.words = width, scale, words

    def tile(self, scores, rows, attend, *, first):
        """Exponents in place; what attend has accumulated of these rows is corrected."""
        buffer, n = self.words["buffer"], scores.size
        buffer.reads += n
        highest = np.maximum(self.highest[rows], (scores * self.scale).max(axis=-1))
        buffer.reads += n
        buffer.updates += n
        scores[...] = np.exp(scores * self.scale - highest[..., None])
        correction = np.exp(self.highest[rows] - highest)
        buffer.reads += 2 * highest.size
        buffer.updates += 2 * highest.size
        self.total[rows] = self.total[rows] * correction + scores.sum(axis=-1)
        self.highest[rows] = highest
        if not first:
            self._scale(rows, correction, attend)

    def finish(self, rows, attend):
        self._scale(rows, 1 / self.total[rows], attend)

    def _scale(self, rows, factors, attend):
        every = np.ones(self.total.shape)
        every[rows] = factors
        attend.correct(every)
        self.words["output"].reads += factors.size * self.width
        self.words["output"].updates += factors.size * self.width


def execute_layer(attention, architecture, mapping, *, forget_registers=False, seed=0):
    """Run a fused (or unfused) mapping of an attention layer."""
    a, rng = attention, np.random.default_rng(seed)
    q = rng.standard_normal((a.batch, a.heads, a.queries, a.head_dim))
    k = rng.standard_normal((a.batch, a.kv_heads, a.keys, a.head_dim))
    v = rng.standard_normal((a.batch, a.kv_heads, a.keys, a.value_dim))
    logit, attend = a.einsums()
    shape = {t.name: tuple(e.sizes[d] for d in t.dimensions) for e in (logit, attend) for t in e.tensors}
    scores = np.full(shape["S"], np.nan)
    output = np.full(shape["O"], np.nan)
    fused, softmax = mapping.dataflow.fused, defaultdict(Words)
    shared = tuple((d, n) for d, n in mapping.trips if n > 1) if fused else ()
    first = OperatorRun(
        logit,
        architecture,
        mapping["logit"],
        {"Q": q.reshape(shape["Q"]), "K": k, "S": scores},
        shared,
        forget_registers,
    )
    second = OperatorRun(
        attend,
        architecture,
        mapping["attend"],
        {"P": scores, "V": v, "O": output},
        shared,
        forget_registers,
    )
    rows_fit = 2 * a.keys <= architecture.memories[1].capacity
    scale, passes = 1 / sqrt(a.head_dim), architecture.softmax.passes
    if fused:
        assert first.kept["S"][0] == second.kept["P"][0] == 1
        peak = 0
        extents = {d: n // dict(shared).get(d, 1) for d, n in logit.bounds}
        online = None
        if mapping.dataflow.online:
            online = OnlineSoftmax(shape["S"][:-1], a.value_dim, scale, softmax)
        tiles = dict(shared).get("N", 1)
        for at in product(*(range(n) for _, n in shared)):
            start = {d: i * extents[d] for i, (d, _) in zip(at, shared, strict=True)}
            place = tuple(
                slice(start.get(d, 0), start.get(d, 0) + extents[d]) for d in logit.output.dimensions
            )
            tile, turn = scores[place], dict(zip((d for d, _ in shared), at, strict=True)).get("N", 0)
            beside = tile.size + (2 * tile[..., 0].size if online else 0)
            first.run(at)
            first.flush("S")
            peak = max(peak, first.peak + second.live + beside)
            if online:
                online.tile(tile, place[:-1], second, first=turn == 0)
            else:
                softmax_in_place(tile, scale, rows_fit, False, softmax, passes)
            second.run(at)
            peak = max(peak, first.live + second.peak + beside)
            if online and turn == tiles - 1:
                online.finish(place[:-1], second)
            if forget_registers:
                second.flush("O")
            tile[...] = np.nan  # overwritten: nobody may read it later
    else:
        first.run()
        first.flush()
        softmax_in_place(scores, scale, rows_fit, True, softmax, passes)
        second.run()
        peak = max(first.peak, second.peak)
    second.flush("O")
    repeated = a.heads // a.kv_heads
    raw = q @ np.repeat(k, repeated, axis=1).swapaxes(-1, -2) / sqrt(a.head_dim)
    raw = np.exp(raw - raw.max(axis=-1, keepdims=True))
    expected = raw / raw.sum(axis=-1, keepdims=True) @ np.repeat(v, repeated, axis=1)
    words = {"logit": words_of(first), "attend": words_of(second)}
    return Execution(output.reshape(expected.shape), expected, words, peak, softmax)


def execute_operator(einsum, architecture, mapping, seed=0):
    """Run one operator alone; (result, expected, words by [level, tensor][instance])."""
    rng = np.random.default_rng(seed)
    stores = {
        t.name: np.full(shape, np.nan) if t.output else rng.standard_normal(shape)
        for t in einsum.tensors
        for shape in [tuple(einsum.sizes[d] for d in t.dimensions)]
    }
    run = OperatorRun(einsum, architecture, mapping, stores)
    run.run()
    run.flush()
    inputs = [t for t in einsum.tensors if not t.output]
    form = ",".join("".join(t.dimensions) for t in inputs) + "->" + "".join(einsum.output.dimensions)
    expected = np.einsum(form, *(stores[t.name] for t in inputs))
    return stores[einsum.output.name], expected, words_of(run)


def _architecture(name, *, buffer, registers=None, mesh=(2, 2), row_buffers=False, mesh_macs=False):
    x, y = mesh
    memories = [Memory("DRAM", "DRAM", 16, read_bandwidth=4, write_bandwidth=4)]
    memories.append(Memory("Buffer", "SRAM", 16, 4, capacity=buffer))
    if row_buffers:
        memories.append(Memory("RowBuffer", "SRAM", 16, capacity=64, instances=y, mesh_x=1, mesh_y=y))
    if not mesh_macs:
        memories.append(Memory("Registers", "regfile", 16, 1, 1, registers, 1.0, x * y, x, y))
    compute = Compute("MAC", "intmac", 16, x * y, x, y)
    return Architecture(name, tuple(memories), compute, softmax=SoftmaxUnit(8, energy_pj=0.5))


ARCHITECTURES = {
    a.name: a
    for a in (
        _architecture("square", buffer=4096, registers=1),
        _architecture("wide", buffer=2048, registers=4, mesh=(4, 2)),
        _architecture("tiny", buffer=160, registers=2),
        _architecture("deep", buffer=2048, registers=2, row_buffers=True),
        _architecture("mesh", buffer=2048, mesh=(4, 3), mesh_macs=True),
    )
}
ENERGIES = EnergyTable(
    {
        name: ComponentEnergy({"read": r, "write": w, "update": w, "leak": 0.01, "compute": c})
        for name, r, w, c in (
            ("DRAM", 100.0, 110.0, 0.0),
            ("Buffer", 9.0, 10.0, 0.0),
            ("RowBuffer", 2.0, 2.5, 0.0),
            ("Registers", 0.5, 0.75, 0.0),
            ("MAC", 0.0, 0.0, 1.5),
            ("SoftmaxUnit", 0.0, 0.0, 0.5),
        )
    }
)


@pytest.fixture(scope="session")
def architectures():
    """Small accelerators by name."""
    return ARCHITECTURES


@pytest.fixture(scope="session")
def energies():
    """An energy table that covers all of them."""
    return ENERGIES


@pytest.fixture(scope="session")
def execute():
    """Run a layer: ``execute(attention, architecture, mapping)``."""
    return execute_layer


@pytest.fixture(scope="session")
def execute_one():
    """Run one operator: ``execute_one(einsum, architecture, mapping)``."""
    return execute_operator
