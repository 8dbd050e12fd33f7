"""An interpreter that runs one operator's nest on real numbers and counts every word it moves.

It knows nothing of flat_plugin.model. The loops are walked one step at a time; all instances of a level
take a step together. Each instance of each memory that keeps a tensor holds one tile of it, and asks the
next memory outwards that keeps the tensor when it needs another:

- a word that several children of one memory ask for in the same step is read once (multicast);
- a tile of results goes back when another takes its place, and children of one memory that worked
  on the same words are added up on the way (spatial reduction). Words that have partial sums are
  read when they come back; words that were never written are not. All children receive the
  returning sum, one of them starts from it and the others from zero;
- compute units hold nothing. Where they sit directly in a mesh below a memory, a unit gets an operand
  from a neighbour that had it in the step before, if all units that need this word have such a
  neighbour; results stay in the mesh likewise;
- the outermost memory that keeps a tensor holds all of it (fused: all of a shared tile of S).

Where last tiles are smaller, the steps and the instances beyond the end of a dimension do nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np


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
    """One operator being executed. ``stores`` are the arrays of its tensors, where they live; ``owners``
    says of each word of the scores which instance of their memory has it."""

    def __init__(self, einsum, architecture, mapping, stores, shared=(), owners=None):
        self.einsum, self.architecture, self.mapping = einsum, architecture, mapping
        self.loops, covered = loops_of(mapping)
        assert all(covered.get(d, 1) >= n for d, n in einsum.bounds)
        self.loops = [loop for loop in self.loops if loop.trips > 1]
        self.shared = self._take_shared(shared)
        self.temporal = [loop for loop in self.loops if not loop.spatial]
        self.levels = len(mapping.levels)
        self.tensors = {tensor.name: tensor for tensor in einsum.tensors}
        self.kept = {
            name: [i for i in range(self.levels) if name not in mapping.levels[i].bypass]
            for name in self.tensors
        }
        for name, tensor in self.tensors.items():  # what has the words is where they come from
            for place in tensor.inside:
                first = [level.level for level in mapping.levels].index(place)
                if first in self.kept[name]:
                    self.kept[name] = [i for i in self.kept[name] if not 0 < i < first]
        self.words = defaultdict(Words)  # (level, tensor, instance)
        self.held = {}
        self.stores = {
            name: Tile((0,) * array.ndim, array, np.zeros(array.shape, dtype=bool))
            for name, array in stores.items()
        }
        self.owners = owners
        self.whole = None  # the run whose tiles have the words of tensors that are parts of its own
        self.instances = [self._instances(level) for level in range(self.levels + 1)]
        self.extents = [self._extents(level) for level in range(self.levels + 1)]
        self.used_last = {name: {} for name in self.tensors}
        self.neighbours = self._mesh()
        self.peak = defaultdict(int)  # by level: words of the memory in its first instance, one copy each
        self.active = [set(instances) for instances in self.instances]

    # What the loops say.

    def _take_shared(self, shared):
        """The shared loops in time are this operator's, in order, and no other ones are outside them."""
        wanted = [(level, d, trips) for level, d, trips in shared if trips > 1]
        found = [loop for loop in self.loops if not loop.spatial][: len(wanted)]
        assert [(loop.level, loop.dimension, loop.trips) for loop in found] == wanted
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

    def _size(self, level, name, base):
        """Extents of the tile that starts at ``base``; the last one of a dimension may be smaller."""
        sizes, extents = self.einsum.sizes, self.extents[level]
        dimensions = self.tensors[name].dimensions
        return tuple(min(extents[d], sizes[d] - b) for d, b in zip(dimensions, base, strict=True))

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

    def _own(self, name, level, parent, place, *, take):
        """The scores of an iteration are with one instance each, for both operators."""
        if self.owners is None or name not in "SP" or level != self.kept[name][0]:
            return
        number = list(self.instances[level]).index(parent)
        if take:
            assert np.isin(self.owners[place], (-1, number)).all()
            self.owners[place] = number
        else:
            assert (self.owners[place] == number).all(), "asks for scores that another core has"

    def _evict(self, level, name):
        """Every instance gives up its tile; results go outwards."""
        tiles = {i: self.held[level, name, i] for i in self.instances[level] if (level, name, i) in self.held}
        if not tiles:
            return
        if self.tensors[name].output:
            for (above, parent, base), children in self._together(
                name, level, {i: tile.base for i, tile in tiles.items()}
            ).items():
                outer, extents = self._parent(name, level, children[0])[2], self._size(level, name, base)
                place = outer.at(base, extents)
                assert all(tiles[child].written.all() for child in children)
                self._own(name, above, parent, place, take=True)
                outer.values[place] = sum(tiles[child].values for child in children)
                outer.written[place] = True
                self.words[above, name, parent].updates += prod(extents)
        for instance in tiles:
            del self.held[level, name, instance]

    def _take_part(self, level, name, wanted):
        """Every instance finds the tile that starts at ``wanted`` in one that it holds of another tensor."""
        for instance, base in wanted.items():
            whole = self.whole.held[level, self.tensors[name].part_of, instance]
            place = whole.at(base, self._size(level, name, base))
            values, written = whole.values[place], whole.written[place]
            self.held[level, name, instance] = Tile(base, values.copy(), written)

    def _fetch(self, level, name, wanted):
        """Every instance gets the tile that starts at ``wanted``."""
        if self.mapping.levels[level].level in self.tensors[name].inside:
            self._take_part(level, name, wanted)
            return
        output = self.tensors[name].output
        for (above, parent, base), children in self._together(name, level, wanted).items():
            outer, extents = self._parent(name, level, children[0])[2], self._size(level, name, base)
            place = outer.at(base, extents)
            present = outer.written[place].copy() if output else np.ones(extents, dtype=bool)
            count = int(present.sum())
            self._own(name, above, parent, place, take=output)
            self.words[above, name, parent].reads += count
            for n, child in enumerate(children):
                takes = present & (n == 0 or not output)
                values = np.where(takes, outer.values[place], 0.0)
                self.held[level, name, child] = Tile(base, values, present.copy())
                self.words[level, name, child].fills += count

    def live(self, level):
        """Words of a memory that its first instance holds now, S in its own memory aside; a word of a tensor
        takes as much of one as it has of its bits."""
        first, words = next(iter(self.instances[level])), self.architecture.memories[level].word_bits
        return sum(
            self.held[level, name, first].values.size * (tensor.bits or words) / words
            for name, tensor in self.tensors.items()
            if (level, name, first) in self.held and self.mapping.levels[level].level not in tensor.inside
        )

    def _move_tiles(self, base):
        """Exchange the tiles that the new step does not use, innermost first on the way out."""
        sizes = self.einsum.sizes
        self.active = [
            {
                i
                for i, offset in instances.items()
                if all(base[level][d] + offset[d] < sizes[d] for d in sizes)
            }
            for level, instances in enumerate(self.instances)
        ]
        for name, tensor in self.tensors.items():
            changed = []
            for level in self.kept[name][1:]:
                wanted = {
                    i: tuple(base[level][d] + offset[d] for d in tensor.dimensions)
                    for i, offset in self.instances[level].items()
                    if i in self.active[level]
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
        units = {u: o for u, o in self.instances[self.levels].items() if u in self.active[self.levels]}
        one = {
            name: {
                unit: tuple(base[self.levels][d] + offset[d] for d in tensor.dimensions)
                for unit, offset in units.items()
            }
            for name, tensor in self.tensors.items()
        }
        results = dict.fromkeys(units, 1.0)
        for name, tensor in self.tensors.items():
            if tensor.output:
                continue
            for (level, parent, at), group in self._together(name, self.levels, one[name]).items():
                tile = self._parent(name, self.levels, group[0])[2]
                place = tile.at(at, (1,) * len(at))
                self._own(name, level, parent, place, take=False)
                if not self._from_neighbours(name, one[name], group):
                    self.words[level, name, parent].reads += 1
                for unit in group:
                    results[unit] *= tile.values[place].item()
        name = self.einsum.output.name
        for (level, parent, at), group in self._together(name, self.levels, one[name]).items():
            tile = self._parent(name, self.levels, group[0])[2]
            place = tile.at(at, (1,) * len(at))
            total = sum(results[unit] for unit in group)
            self._own(name, level, parent, place, take=True)
            if not self._from_neighbours(name, one[name], group):
                self.words[level, name, parent].reads += int(tile.written[place].item())
                self.words[level, name, parent].updates += 1
            tile.values[place] = total + (tile.values[place] if tile.written[place].item() else 0.0)
            tile.written[place] = True
        self.used_last = one

    def run(self, shared_at=()):
        """Walk the loops inside one iteration of the shared ones."""
        own = [loop for loop in self.temporal if loop not in self.shared]
        for step in product(*(range(loop.trips) for loop in own)):
            base = [dict.fromkeys(self.einsum.dimensions, 0) for _ in range(self.levels + 1)]
            for at, loop in zip((*shared_at, *step), (*self.shared, *own), strict=True):
                for level in range(loop.level + 1, self.levels + 1):
                    base[level][loop.dimension] += at * loop.stride
            if all(start < self.einsum.sizes[d] for d, start in base[self.levels].items()):
                self._move_tiles(base)
                for level in range(self.levels):
                    self.peak[level] = max(self.peak[level], self.live(level))
                self._compute(base)

    def flush(self, *names):
        """Results go all the way out."""
        for name in names or self.tensors:
            for level in reversed(self.kept[name][1:]):
                self._evict(level, name)

    def lend(self, level):
        """What is inside a memory is another operator's now."""
        self.used_last = {name: {} for name in self.tensors}
        for name in self.tensors:
            for inner in reversed([i for i in self.kept[name][1:] if i > level]):
                self._evict(inner, name)

    def correct(self, level, factors, whole):
        """Scale what was accumulated, row by row, where it lies: in a memory, or gone out from there.

        Args:
            factors: of every row, for each instance of the memory.
            whole: of every row, for memories further out.
        """
        name = self.einsum.output.name
        for inner in reversed([i for i in self.kept[name][1:] if i > level]):
            self._evict(inner, name)
        self.used_last = {tensor: {} for tensor in self.tensors}
        tiles = [(self.stores[name], whole)]
        for at, held_name, instance in self.held:
            if held_name == name and at <= level:
                tiles.append((self.held[at, name, instance], factors[instance] if at == level else whole))
        for tile, scale in tiles:
            rows = tuple(slice(b, b + n) for b, n in zip(tile.base, tile.values.shape, strict=True))[:-1]
            tile.values *= scale[rows][..., None]


def words_of(run):
    """{(level, tensor): {instance: words}}"""
    counted = {(i, name): {} for name in run.tensors for i in run.kept[name]}
    for level, name in counted:
        for instance in run.instances[level]:
            counted[level, name][instance] = run.words[level, name, instance]
    return counted


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
