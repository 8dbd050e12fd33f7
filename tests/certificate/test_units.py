"""What lies side by side, and what a unit goes through."""

import numpy as np
import pytest

from flat_plugin.architecture.presets import find_architecture
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.units import close_units, least_tiles, loose_units, unit_tiles
from flat_plugin.workload import Attention


def part_of(m, n, d, **said):
    return Part(Attention(1, 12, m, n, d).logit(), find_architecture("edge"), **said)


def test_the_shortest_tile_of_every_number_of_turns():
    assert least_tiles(10, 10).tolist() == [1, 2, 3, 4, 5, 10]
    assert least_tiles(10, 4).tolist() == [1, 2, 3, 4]
    for length in range(1, 60):
        every = {-(-length // tile): tile for tile in range(length, 0, -1)}
        assert least_tiles(length, length).tolist() == sorted(every.values())


def test_perfect_tiles_divide():
    assert least_tiles(12, 12, perfect=True).tolist() == [1, 2, 3, 4, 6, 12]
    assert least_tiles(197, 100, perfect=True).tolist() == [1]


def test_the_mesh_has_room_for_what_lies_side_by_side():
    units = loose_units(part_of(512, 512, 64))
    assert units.beside.max() == 1024 and units.wide.max() == 32
    assert np.all(units.steps == np.ceil(np.array([[512], [512], [64]]) / units.wide))


def test_perfect_units_have_no_rows_left_over():
    part = part_of(96, 512, 64, perfect=True)
    loose, lengths = loose_units(part), np.array([[512], [96], [64]])
    close = close_units(part, loose, np.arange(len(loose)), unit_tiles(part))
    assert np.all(lengths % (close.wide * close.tile) == 0)
    assert np.all(close.share == 1) and np.all(close.counted == lengths)


@pytest.mark.parametrize("tile", [1, 3])
def test_rows_that_are_left_over(tile):
    """197 keys over 22 units: nine steps. Of 66 tiles of 3 the last counts whole, for it is beside others."""
    part = part_of(197, 197, 64)
    loose = loose_units(part)
    wide = [22 if "N" in axis else 1 for axis in part.axes]
    chosen = np.flatnonzero((loose.wide == np.array(wide)[:, None]).all(axis=0))
    close = close_units(part, loose, chosen, unit_tiles(part))
    rows = next(a for a, axis in enumerate(part.axes) if "N" in axis)
    others = [a for a in range(3) if a != rows]
    n = next(
        i for i in range(len(close)) if close.tile[rows, i] == tile and (close.tile[others, i] == 1).all()
    )
    assert close.steps[rows, n] == 9
    assert close.counted[rows, n] == (197 if tile == 1 else 198)
