"""Figures of nests: exactly what one evaluation of the mapping gives, and no less than their bounds."""

import numpy as np
import pytest
from small_spaces import KINDS, ONE_PLACE, one_space, some_nests, turning

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapspace.search.exact import evaluated, outlined
from flat_plugin.mapspace.search.nests import batches_of
from flat_plugin.model.mapping_batch import mapping_of
from flat_plugin.model.operator import evaluate_operator


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_those_of_the_mapping(kind):
    side = one_space(kind).sides[0]
    op = side.operator
    for some in some_nests(side, parts=3, each=12):
        points = evaluated(side, some.nests)
        for n in range(len(some.nests)):
            one = some.nests.take(np.array([n]))
            batch, _ = next(batches_of(one, op.structure, op.architecture, op.role.outermost, op.shared))
            try:
                found = evaluate_operator(
                    op.structure.einsum, op.architecture, mapping_of(batch, 0), op.energies
                )
            except InvalidMapping:
                assert np.isinf(points.energy[n])
                continue
            assert (points.cycles[n], points.steps[n]) == (found.cycles, found.compute_cycles)
            if np.isfinite(points.energy[n]):
                assert points.energy[n] == pytest.approx(found.energy_pj)
            outer = found["DRAM"].tensors.values()
            assert points.traffic[n] == sum(counts.reads + counts.updates for counts in outer)
            for level in range(1, op.shared + 1):
                tiles = found[op.architecture.memories[level].name].tensors
                copies = dict(zip(op.structure.names, op.role.copies[level - 1], strict=True))
                words = sum(copies[name] * counts.utilized_capacity for name, counts in tiles.items())
                assert points.room[level, n] == words


@pytest.mark.parametrize("kind", ONE_PLACE)
def test_outlines_are_never_above_them(kind):
    side, seen = one_space(kind).sides[0], 0
    for some in some_nests(side):
        points = evaluated(side, some.nests)
        bound = outlined(side, some.nests, some.tiles, some.pairs.tile, some.pairs.lines, some.pairs.cost)
        assert (bound.steps == points.steps).all() and (bound.room == points.room).all()
        columns = turning(some)
        bound, points, seen = bound.take(columns), points.take(columns), seen + len(columns)
        for name in ("cycles", "energy", "traffic"):
            assert (getattr(bound, name) <= getattr(points, name) * (1 + 1e-9) + 1e-9).all(), name
        assert (bound.busy <= points.busy * (1 + 1e-9) + 1e-9).all()
    assert seen > 0
