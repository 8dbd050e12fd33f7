"""Tables of tiles, against every combination of a chain of each axis."""

from itertools import product

import numpy as np
import pytest

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.tables import Chains, Figures, Room, Table

RNG = np.random.default_rng(7)


def chains(rows, held=None):
    """Of one place, with drawn costs; longer tiles need not cost less."""
    rows = np.array([rows])
    n = rows.shape[1]
    axis = Axis((0,), np.ones((1, 1, n), dtype=int), np.ones((1, n), dtype=int), rows)
    energy, words = RNG.uniform(1, 9, n), RNG.uniform(1, 9, n)
    return Chains(axis, np.arange(n) + 10, Figures(energy, words, np.array(held or [0.0] * n)), np.zeros(n))


A, B, C = chains([1, 2, 4, 8], [1.0, 2.0, 4.0, 8.0]), chains([1, 3, 6]), chains([1, 2, 5, 5])


def table(words, copies=(1.0, 2.0, 1.0), meeting=False):
    return Table((A, B, C), (Room(0, words, copies, meeting),), 100.0, 50.0)


def every(words, copies=(1.0, 2.0, 1.0), meeting=False, share=1.0):
    """Every tile that fits: (chains, pJ, words)."""
    found = []
    for where in product(range(len(A)), range(len(B)), range(len(C))):
        rows = [each.axis.rows[0, n] for each, n in zip((A, B, C), where, strict=True)]
        tiles = [rows[1] * rows[2], rows[0] * rows[2], rows[0] * rows[1]]  # what each axis' tensor misses
        room = sum(c * tile for c, tile in zip(copies, tiles, strict=True))
        held = A.figures.held[where[0]] if meeting else 0.0
        if room <= (words - held) * share:
            parts = [
                (each.figures.energy[n], each.figures.words[n])
                for each, n in zip((A, B, C), where, strict=True)
            ]
            energy, moved = np.sum(parts, axis=0)
            found.append((where, 100 + energy, 50 + moved))
    return found


@pytest.mark.parametrize("words", [3, 4, 10, 30, 1000])
@pytest.mark.parametrize("meeting", [False, True])
def test_the_least_of_all_that_fits(words, meeting):
    least = min((energy for _, energy, _ in every(words, meeting=meeting)), default=np.inf)
    assert table(words, meeting=meeting).cheapest()[0] == pytest.approx(least)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_least_with_each_chain_of_an_axis(axis):
    found = table(30, meeting=True).least_along(axis, np.array([0.5, 1.0]))
    for share, values in zip((0.5, 1.0), found, strict=True):
        for n, value in enumerate(values):
            own = [e for where, e, _ in every(30, meeting=True, share=share) if where[axis] == n]
            assert value == pytest.approx(min(own, default=np.inf))


@pytest.mark.parametrize(("energy", "words"), [(1e9, 1e9), (112, 1e9), (1e9, 62), (112, 64)])
def test_every_tile_within_limits(energy, words):
    found = set()
    for (a, b, c), cost in table(30).rows(energy, words):
        assert (cost <= energy).all()
        found |= set(zip(a.tolist(), b.tolist(), c.tolist(), strict=True))
    assert found == {where for where, e, w in every(30) if e <= energy and w <= words}


def test_chains_that_others_beat_are_left_out_of_bounds():
    """C's last two chains have five rows each: the dearer one is in no bound."""
    slim = table(30).slimmed((2,))
    assert len(slim.chains[2]) < 4 and len(slim.chains[0]) == 4
    dear = 2 + int(C.figures.energy[3] > C.figures.energy[2])
    assert dear + 10 not in slim.chains[2].columns
    kept = table(30).slimmed((2,), {2: np.arange(20)})  # each has shared loops of its own
    assert len(kept.chains[2]) == 4


def test_floors_and_fewest():
    whole = table(1)
    assert whole.floor == 100 + sum(each.figures.energy.min() for each in (A, B, C))
    assert A.fewest == A.figures.words.min() and whole.promising(whole.floor)
    assert not whole.promising(whole.floor - 1)
    empty = Table((A.take(np.array([], dtype=int)), B, C), (), 0.0, 0.0)
    assert not empty.promising(np.inf) and empty.axes[1] is B.axis


def test_without_rooms_everything_fits():
    free = Table((A, B, C), (), 100.0, 50.0)
    assert free.cheapest()[0] == pytest.approx(free.floor)
