"""What can be unrolled and kept below the buffer, against trying everything."""

from itertools import product
from math import inf, prod

import numpy as np
import pytest
from every_mapping import ARCHITECTURES

from flat_plugin.errors import FlatError
from flat_plugin.mapspace import fabric as module
from flat_plugin.mapspace.fabric import Fabric, candidates, joined, register_words, unrollings
from flat_plugin.mapspace.limits import FREE, Limits, Spread
from flat_plugin.mapspace.structure import divisors, structure_of
from flat_plugin.workload.einsum import gemm

STRUCTURE = structure_of(gemm("product", 8, 6, 4))  # M = 8, N = 4, K = 6
SIZES = STRUCTURE.sizes
OWN = Fabric(((1, 1), (2, 2), (1, 1)), 4, (1.0, 1.0, 1.0))
LEAKS = (0.0, 0.0, 1.0)


def test_registers_are_of_one_unit_or_units_are_linked():
    tensors = STRUCTURE.einsum.tensors
    assert Fabric.of(ARCHITECTURES["registers"], tensors) == OWN
    linked = Fabric.of(ARCHITECTURES["linked"], tensors)
    assert (linked.fanouts, linked.registers, linked.linked) == (((1, 1), (2, 2)), 0, True)
    assert Fabric.of(ARCHITECTURES["rows"], tensors).fanouts == ((1, 1), (2, 1), (1, 2), (1, 1))
    assert not OWN.linked


def tried(mesh, limits=(None, None, None)):
    """Factors that some way to lie on x and y leaves room for."""
    found = set()
    for factors in product(*map(divisors, SIZES)):
        for sides in product("xy", repeat=3):
            x = prod(f for f, side in zip(factors, sides, strict=True) if side == "x")
            y = prod(f for f, side in zip(factors, sides, strict=True) if side == "y")
            right = all(axes is None or side in axes for side, axes in zip(sides, limits, strict=True))
            if x <= mesh[0] and y <= mesh[1] and right:
                found.add(factors)
    return found


@pytest.mark.parametrize("mesh", [(2, 2), (4, 1), (3, 4), (1, 1)])
def test_every_unrolling_is_there_once(mesh):
    spatial, placements = unrollings(SIZES, Fabric(((1, 1), mesh, (1, 1)), 4, (1.0,) * 3), LEAKS)
    found = [tuple(map(int, factors)) for factors in spatial]
    assert len(found) == len(set(found)) == len(placements) and set(found) == tried(mesh)
    for factors, placement in zip(found, placements, strict=True):
        for (x, y), (wide, high) in zip(placement, ((1, 1), mesh, (1, 1)), strict=True):
            assert prod(x) <= wide and prod(y) <= high
        assert tuple(prod(a[d] * b[d] for a, b in placement) for d in range(3)) == factors


def test_axes_and_bounds_of_an_array():
    spread = Spread((1, 2, 1), (inf, inf, 1), ("x", "y", "xy"))
    spatial, _ = unrollings(SIZES, OWN, LEAKS, Limits(((1, spread),)))
    expected = {f for f in tried((2, 2), ("x", "y", "xy")) if f[1] >= 2 and f[2] == 1}
    assert {tuple(map(int, factors)) for factors in spatial} == expected


def test_over_two_levels_the_placement_that_leaks_least():
    """Two rows of two: M twice is over one level or the other; instances of the first leak more."""
    fabric = Fabric(((1, 1), (2, 1), (1, 2), (1, 1)), 4, (1.0,) * 3)
    spatial, placements = unrollings(SIZES, fabric, (0.0, 0.0, 5.0, 1.0))
    placement = placements[[*map(tuple, spatial.astype(int).tolist())].index((2, 1, 1))]
    assert placement[1] == ((1, 1, 1), (1, 1, 1)) and 2 in (*placement[2][0], *placement[2][1])


def test_linked_units_have_every_placement():
    linked = Fabric(((1, 1), (2, 2)), 0, (1.0,) * 3)
    _, placements = unrollings(SIZES, linked, LEAKS)
    assert len(set(placements)) == len(placements) > len(tried((2, 2)))


def columns(found):
    """(unrolled, in the registers, kept, stationary) of every choice."""
    parts = (found.spatial.T, found.register.T, found.keep.T)
    return [
        (*(tuple(map(int, part[n])) for part in parts), int(found.stationary[n])) for n in range(len(found))
    ]


def test_choices_divide_the_sizes_and_fit_the_registers():
    found = candidates(STRUCTURE.missing, SIZES, OWN, LEAKS)
    every = columns(found)
    assert len(set(every)) == len(every)
    for spatial, register, keep, stationary in every:
        assert all(size % (a * b) == 0 for size, a, b in zip(SIZES, spatial, register, strict=True))
        words = [prod(register[d] for d in present) for present in STRUCTURE.indexing]
        assert sum(w for w, kept in zip(words, keep, strict=True) if kept) <= 4
        assert stationary == -1 if not any(keep) else keep[stationary]
        for d, factor in enumerate(register):  # wide only where that spares a kept tensor
            spared = [
                t for t, kept in enumerate(keep) if kept and t != stationary and d in STRUCTURE.missing[t]
            ]
            assert factor == 1 or spared


def test_kept_tensors_within_limits():
    found = candidates(STRUCTURE.missing, SIZES, OWN, LEAKS, Limits(keep=(True, None, False)))
    assert {keep for _, _, keep, _ in columns(found)} == {(1, 0, 0), (1, 1, 0)}
    assert not len(
        candidates(
            STRUCTURE.missing, SIZES, OWN, LEAKS, Limits(((1, Spread((8, 1, 1), (inf,) * 3, ("xy",) * 3)),))
        )
    )


def test_without_registers_nothing_is_kept():
    found = candidates(STRUCTURE.missing, SIZES, Fabric(((1, 1), (2, 2), (1, 1)), 0, (1.0,) * 3), LEAKS, FREE)
    assert not found.keep.any() and set(found.stationary) == {-1}


def test_words_of_the_registers():
    """Tiles of M 2 × N 2 × K 1: A has 2 words, W 2, Z 4; the last of half a word each."""
    half = Fabric(OWN.fanouts, 4, (1.0, 1.0, 0.5))
    tiles, keep = np.array([[2.0], [2.0], [1.0]]), np.array([[True], [False], [True]])
    assert register_words(STRUCTURE.missing, keep, tiles, half).tolist() == [2 + 2]


def test_parts_are_joined_and_taken():
    found = candidates(STRUCTURE.missing, SIZES, OWN, LEAKS)
    twice = joined([found.take(np.array([0, 1])), found.take(np.array([3]))])
    assert columns(twice) == [columns(found)[n] for n in (0, 1, 3)]


def test_too_many_choices_are_refused(monkeypatch):
    candidates.cache_clear()
    monkeypatch.setattr(module, "_MOST", 10)
    with pytest.raises(FlatError, match="choices below the buffer are too many to search"):
        candidates(STRUCTURE.missing, SIZES, OWN, LEAKS)
