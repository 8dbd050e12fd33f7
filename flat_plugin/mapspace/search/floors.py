"""What nothing of an operator goes below, known before any of its tables is made."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.join import Chain
from flat_plugin.mapspace.search.kinds import Kinds
from flat_plugin.mapspace.search.needs import Needs
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.priced import Priced
from flat_plugin.mapspace.search.units import COUNTED
from flat_plugin.mapspace.search.wanted import Parents
from flat_plugin.model.mapping_batch import Array


def rough_of(each: Sequence[Needs], chain: Chain) -> Metrics:
    """What no operators go below that lie over cores in one way: all units work at every step, and each word
    of the outermost memory moves once."""
    return chain.metrics([_rough(needs) for needs in each]).flat()


def _rough(needs: Needs) -> Points:
    op = needs.operator
    x, y = op.architecture.fanout(op.shared)
    steps = op.spread.turns * -(-prod(op.spread.core_sizes) // (x * y))
    cycles = float(needs.least(steps, 0.0, op.fewest_words).cycles[0])
    energy = (op.structure.einsum.operations - _lost(op, cycles)) * op.prices.compute + _moved_once(op)
    return needs.least(steps, energy, op.fewest_words)


def _lost(op: Operator, cycles: float) -> float:
    """Operations that the rounding of units may lose for something better, where it takes so many cycles at
    least: at most one at each step, which is worth while only if it costs more than what a cycle leaks."""
    most = op.structure.einsum.operations * (1 - COUNTED)
    return min(most, cycles) if op.leak >= op.prices.compute else most


def _moved_once(op: Operator) -> float:
    """pJ of the words that the outermost memory keeps, moved once."""
    output, (read, update) = op.structure.output, (op.prices.read[0], op.prices.update[0])
    kept = (t for t in range(len(op.words)) if op.role.outermost[t])
    return float(sum(op.words[t] * (update if t == output else read) for t in kept))


def floor_of(op: Operator, kinds: Kinds) -> float:
    """pJ that no skeleton goes below: its choices inside, and what the outermost memory keeps moving once."""
    return min((_floor(op, op.parents(asked), stays) for asked, stays in kinds.insides), default=np.inf)


def floors_of(priced: Priced, kinds: Kinds, axes: Sequence[Axis]) -> Array:
    """[skeletons] pJ that nothing goes below, whatever the choices inside.

    Args:
        axes: every chain of each axis.
    """
    op = priced.operator
    floors = np.array([_floor_inside(op, op.parents(asked), stays) for asked, stays in kinds.insides])
    every = floors[kinds.inside]
    for t, (axis, ways) in enumerate(zip(axes, kinds.ways, strict=True)):
        every = every + np.array([priced.cheapest(t, axis, way) for way in ways])[kinds.way[t]]
    return every


def _floor(op: Operator, parents: Parents, stays: int) -> float:
    """pJ that nothing goes below with these parents and this staying tensor."""
    total = _at_units(op, parents, stays)
    for t, words in enumerate(op.words):
        if op.role.outermost[t] and (t == stays or parents.level[t] != 0):
            output = t == op.structure.output
            total += words * float((op.prices.update if output else op.prices.read)[0])
    return total


def _floor_inside(op: Operator, parents: Parents, stays: int) -> float:
    """pJ that choices inside do not go below with these parents and this staying tensor."""
    return _at_units(op, parents, stays) + op.inside(parents).wanted.word(stays)


def _at_units(op: Operator, parents: Parents, stays: int) -> float:
    """pJ of any choice inside, at least; infinite where there is none."""
    inside = op.inside(parents)
    if not len(inside.pads.get(stays, ())):
        return np.inf
    return float(inside.floors(stays).min(initial=np.inf))
