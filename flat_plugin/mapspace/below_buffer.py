"""What an operator costs below the buffer, for a given buffer tile.

Three rules give it, the engine's own (``model.counts``) solved for this form of nest. A tensor that
the registers do not keep passes from the buffer at every step; children that share it share the
access: operations / unrolled factors of the dimensions it misses. One that they keep is fetched
again for every step of the buffer's loops, the register tile sparing it the loops along dimensions
it misses, and the *stationary* tensor all such loops. A register tile that is the whole of a buffer
tile stays even while the outermost memory's loops go on, as long as they do not index it.

So the cost depends on a few numbers, and of all choices with the same buffer tile only the Pareto set
is worth joining with what happens outside: the tile's *menu*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.distinct import distinct_columns
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapspace.bounds import Bounds
from flat_plugin.mapspace.choice_costs import FORBIDDEN, ChoiceCosts, Menu, product
from flat_plugin.mapspace.fabric import Candidates, Fabric, candidates, joined, register_words, unrollings
from flat_plugin.mapspace.limits import FREE, Limits
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.mapspace.refusal import refusal
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.cost import action_energy
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.widths import rows_per_word, taken_by
from flat_plugin.workload.einsum import Tensor


@dataclass(frozen=True)
class Outline:
    """Every choice's pJ and words of the buffer without the stationary tensor's accesses, what each of
    those adds, how much rounding to whole rows may add or take, and a number that choices of the same
    steps and leakage share (in ascending order)."""

    energy: Array
    word: Array
    slack: Array
    words: list[Array]
    words_each: list[Array]
    stationary: Array
    group: Array


class Below:
    """The menus of one operator, each computed once.

    Args:
        spanned: words of batch dimensions in a buffer tile; where it is more than 1, loops over them
            are the buffer's outermost and no register tile outlives a buffer tile.
        limits: what the array can unroll and its registers keep.

    Raises:
        InvalidMapping: there is no choice within the limits.
    """

    def __init__(
        self,
        structure: Structure,
        architecture: Architecture,
        energies: EnergyTable,
        spanned: int = 1,
        limits: Limits = FREE,
    ) -> None:
        self.structure, self.architecture, self.energies = structure, architecture, energies
        self.spanned, self.limits = spanned, limits
        self.tensors = structure.einsum.tensors
        self.fabric = Fabric.of(architecture, self.tensors)
        self.taken = taken_by(self.tensors, architecture.memories[1])
        self.operations = float(structure.einsum.operations)
        self.words = [float(structure.einsum.words(tensor)) for tensor in structure.einsum.tensors]
        self.leaks = tuple(action_energy(energies, m.name, "leak") for m in architecture.memories)
        choices = candidates(structure.missing, structure.sizes, self.fabric, self.leaks, limits)
        if not len(choices):
            why = refusal(structure, architecture, limits)
            raise InvalidMapping(
                f"no mapping of {structure.einsum.name} is within the limits of its space: {why}",
                path=limits.place or None,
            )
        self.spatial, placements = unrollings(structure.sizes, self.fabric, self.leaks, limits)
        self.costs = ChoiceCosts(
            structure, architecture, energies, self.fabric, placements, self.leaks, spanned
        )
        kinds = np.stack([choices.spatial.prod(axis=0), self.costs.leaks_of(choices)])
        _, groups = distinct_columns(kinds)
        order = np.argsort(groups, kind="stable")
        self.choices, self._groups = choices.take(order), groups[order]
        self.absent = [list(absent) for absent in structure.missing]
        self._across = [self.choices.spatial[absent].prod(axis=0) for absent in self.absent]
        self.menus: dict[tuple[tuple[int, ...], tuple[float, ...], int], Menu] = {}
        self._whole_tiles: dict[int, Array] = {}
        self._factors = (self.choices.spatial * self.choices.register).astype(np.int64)
        self._divides: list[dict[int, Array]] = [{} for _ in structure.core]
        self.widest = float(self.choices.spatial.prod(axis=0).max())

    def menu(self, extents: tuple[int, ...], carried: tuple[float, ...], keys: int = 0) -> Menu:
        """The menu of a buffer tile.

        Args:
            extents: of the core dimensions.
            carried: for each tensor, how many steps of the outermost memory's own loops leave its
                tile in place; ``FORBIDDEN`` if an iteration of the shared loops would as well.
            keys: where the tile may be cut to fewer keys, a number that divides those of every cut: choices
                that do so as well are compared among themselves, for the others leave units idle.
        """
        carried = tuple(
            c if c != 1.0 and _may_hold_whole(self, extents, t) else 1.0 for t, c in enumerate(carried)
        )
        key = extents, carried, keys
        if key not in self.menus:
            self.menus[key] = self._menu(extents, carried, keys)
        return self.menus[key]

    def _menu(self, extents: tuple[int, ...], carried: tuple[float, ...], keys: int) -> Menu:
        fitting = self._fitting(extents, carried)
        if keys not in self._whole_tiles:
            self._whole_tiles[keys] = _divide(self.structure, self.choices, keys)
        whole = self._whole_tiles[keys][fitting]
        alike = [fitting] if whole.all() else [fitting[whole], fitting[~whole]]
        parts = [self.choices.take(self._worthwhile(own, extents)) for own in alike]
        if self.fabric.registers:
            parts += [self._whole(extents, t) for t, steps in enumerate(carried) if steps > 1.0]
        menu = self.costs.of(joined(parts) if len(parts) > 1 else parts[0], extents, carried)
        whole = _divide(self.structure, menu.choice, keys)
        columns = [menu.steps, menu.energy, menu.leak, menu.ports, whole, ~whole]
        columns += self._port_words((menu.reads * self.taken).sum(axis=0), menu.updates)
        usable = np.flatnonzero(np.isfinite(menu.energy))
        menu = menu.take(usable[pareto_indices(np.stack(columns, axis=1)[usable])])
        return replace(menu, evaluated=len(fitting))

    def _fitting(self, extents: tuple[int, ...], carried: tuple[float, ...]) -> Array:
        """The choices that divide a tile and outlive no shared iteration."""
        fits = np.ones(len(self.choices), dtype=bool)
        for d, extent in enumerate(extents):
            table = self._divides[d]
            if extent not in table:
                table[extent] = extent % self._factors[d] == 0
            fits &= table[extent]
        for t, steps in enumerate(carried):
            if steps == FORBIDDEN:
                held = self.costs.lasting(self.choices)[t].copy()
                for d in self.structure.indexing[t]:
                    held &= self._factors[d] == extents[d]
                fits &= ~held
        return np.flatnonzero(fits)

    def _worthwhile(self, chosen: Array, extents: tuple[int, ...]) -> Array:
        """These choices but for those that one with the same steps and leakage beats in energy, rounding
        to whole rows included, and in words of the buffer."""
        if not len(chosen) or (self.fabric.registers and self.architecture.memories[-1].limited):
            return chosen  # in the second case the registers' ports count as well
        outline = self.outline
        once = np.array([self.operations, *(self.operations / product(extents, a) for a in self.absent)])
        times = once[outline.stationary[chosen] + 1]
        energy = outline.energy[chosen] + outline.word[chosen] * times
        groups = outline.group[chosen]
        starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
        least = np.minimum.reduceat(energy + outline.slack[chosen], starts)
        sizes = np.diff(np.append(starts, len(chosen)))
        kept = energy - outline.slack[chosen] <= np.repeat(least, sizes)
        for fixed, moving in zip(outline.words, outline.words_each, strict=True):
            words = fixed[chosen] + moving[chosen] * times
            best = np.where(energy + outline.slack[chosen] <= np.repeat(least, sizes), words, inf)
            kept |= words < np.repeat(np.minimum.reduceat(best, starts), sizes)
        return chosen[kept]

    def _port_words(self, reads: Array, updates: Array) -> list[Array]:
        """The words of the buffer that its bandwidths see; ``updates`` are words of the output."""
        taken = self.taken[self.structure.output]
        return [words for _, words, _ in self.architecture.memories[1].ports(reads, updates * taken)]

    def _whole(self, extents: tuple[int, ...], tensor: int) -> Candidates:
        """Choices whose registers hold a whole buffer tile of a tensor between them."""
        structure = self.structure
        place = np.flatnonzero((np.array(extents) % self.spatial == 0).all(axis=1))
        spatial = self.spatial[place].T
        register = np.ones_like(spatial)
        for d in structure.indexing[tensor]:
            register[d] = extents[d] / spatial[d]
        tensors, parts = len(structure.missing), []
        for others in range(2**tensors):
            kept = [t == tensor or bool(others >> t & 1) for t in range(tensors)]
            if not others >> tensor & 1 and self.limits.allows(kept):
                keep = np.repeat(np.array(kept)[:, None], len(place), axis=1)
                fits = register_words(structure.missing, keep, register, self.fabric) <= self.fabric.registers
                every = Candidates(
                    spatial, register, keep, np.full(len(place), tensor), place, self.costs.placements
                )
                parts.append(every.take(np.flatnonzero(fits)))
        return joined(parts) if parts else self.choices.take(np.arange(0))

    @cached_property
    def bounds(self) -> Bounds:
        """What no menu goes below."""
        return Bounds(self)

    @cached_property
    def outline(self) -> Outline:
        """Of every choice what does not depend on the tile, and what each access of the stationary
        tensor adds."""
        choice, buffer, inner = self.choices, self.architecture.memories[1], self.architecture.memories[-1]
        endless = (inf,) * len(self.structure.core)
        costs = self.costs.of(choice, endless, (1.0,) * len(self.structure.missing))
        unrolled = choice.spatial.prod(axis=0)
        clusters = np.minimum(unrolled, inner.instances // inner.cluster_size)
        slack = np.zeros(len(choice))
        if _rounds(self.tensors, buffer):
            slack += sum(action_energy(self.energies, buffer.name, a) for a in ("read", "update"))
        if self.fabric.registers and _rounds(self.tensors, inner):
            slack += clusters * action_energy(self.energies, inner.name, "write")
        word, reads, updates = np.zeros((3, len(choice)))
        for t, across in enumerate(self._across):
            chosen = choice.stationary == t
            access = action_energy(self.energies, buffer.name, "read")
            if t == self.structure.output:
                access += action_energy(self.energies, buffer.name, "update")
                updates[chosen] = 1.0
            reads[chosen] = self.taken[t]
            cost = np.full(len(choice), access * _rows(self.tensors[t], buffer))
            if self.fabric.linked:
                each = self.costs.links[t, choice.place] * across / unrolled
                cost, updates[chosen], reads[chosen] = (
                    cost * each,
                    updates[chosen] * each[chosen],
                    reads[chosen] * each[chosen],
                )
            if self.fabric.registers:
                fill = action_energy(self.energies, inner.name, "write") * _rows(self.tensors[t], inner)
                cost = cost + fill * clusters * across / unrolled
            word[chosen] = cost[chosen]
        return Outline(
            energy=costs.energy,
            word=word,
            slack=slack,
            words=self._port_words((costs.reads * self.taken).sum(axis=0), costs.updates),
            words_each=self._port_words(reads, updates),
            stationary=choice.stationary,
            group=self._groups,
        )


def _may_hold_whole(below: Below, extents: tuple[int, ...], tensor: int) -> bool:
    if below.spanned > 1 or not (below.fabric.registers or below.fabric.linked):
        return False
    words = below.fabric.taken[tensor]
    for d in below.structure.indexing[tensor]:
        words *= extents[d]
    return words <= max(1, below.fabric.registers) * below.widest


def _divide(structure: Structure, choice: Candidates, keys: int) -> Array:
    """[n]: whether what is unrolled and in the registers divides so many keys."""
    if not keys:
        return np.ones(len(choice), dtype=bool)
    n = structure.core.index("N")
    return np.asarray(keys % (choice.spatial[n] * choice.register[n]) == 0)


def _rows(tensor: Tensor, memory: Memory) -> float:
    """Rows of a memory that a word takes, of many together."""
    times, over = rows_per_word(tensor.bits, memory)
    return times / over


def _rounds(tensors: Sequence[Tensor], memory: Memory) -> bool:
    """Whether words may end within a row."""
    return any(rows_per_word(tensor.bits, memory)[1] > 1 for tensor in tensors)
