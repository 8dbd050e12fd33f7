"""Bounds of menus, made before any menu is: never above what a menu has."""

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload.einsum import gemm

STRUCTURE = structure_of(gemm("product", 4, 4, 4))
TILES = [(4, 4, 4), (2, 4, 4), (4, 1, 2), (2, 2, 2), (1, 1, 1)]
CARRIED = [(1.0, 1.0, 1.0), (4.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 1.0, 4.0)]  # loops leave one in place


@pytest.mark.parametrize("name", ["registers", "one-word", "rows", "linked"])
def test_no_menu_goes_below(name):
    own = Below(STRUCTURE, ARCHITECTURES[name], ENERGIES)
    pairs = [(tile, carried) for tile in TILES for carried in CARRIED]
    extents, carried = (np.array(part, dtype=float).T for part in zip(*pairs, strict=True))
    least = own.bounds.least(extents, carried)
    tighter, steps = own.bounds.tighter(extents, carried)
    floor = own.bounds.floor()
    for n, (tile, stays) in enumerate(pairs):
        menu = own.menu(tile, stays)
        assert max(least[n], tighter[n]) <= menu.energy.min() * (1 + 1e-12)
        assert floor.steps <= steps[n] <= menu.steps.min()
        assert floor.words <= (menu.reads.sum(axis=0) + menu.updates).min() + 1e-9 or max(stays) > 1
        assert floor.leak <= menu.leak.min()
    assert (least <= tighter * (1 + 1e-12)).all()


def test_steps_follow_what_divides_the_tile():
    """Four units: a tile of one element has no loop to unroll, one of 2 × 2 × 2 fills them."""
    own = Below(STRUCTURE, ARCHITECTURES["registers"], ENERGIES)
    extents = np.array([[1, 2, 2], [1, 1, 2], [1, 1, 2]], dtype=float)
    _, steps = own.bounds.tighter(extents, np.ones((3, 3)))
    assert steps.tolist() == [64, 32, 16]
    assert own.bounds.floor().steps == 16
