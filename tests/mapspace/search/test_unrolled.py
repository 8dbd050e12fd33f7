"""What lies side by side on a mesh: compared with every choice there is."""

from itertools import product

from flat_plugin.mapspace.search.trips import distinct_trips
from flat_plugin.mapspace.search.unrolled import unrolled


def everything(sizes, mesh):
    """Children along each dimension, however they lie on x and y."""
    found = set()
    for wide in product(*(distinct_trips(size).tolist() for size in sizes)):
        for on_x in product((True, False), repeat=len(sizes)):
            x = y = 1
            for n, lies_on_x in zip(wide, on_x, strict=True):
                x, y = (x * n, y) if lies_on_x else (x, y * n)
            if x <= mesh[0] and y <= mesh[1]:
                found.add(wide)
    return found


def test_every_choice_once():
    for sizes, mesh in (((7, 5, 3), (4, 3)), ((12, 8), (12, 14)), ((1, 9), (3, 1))):
        made = [tuple(column) for column in unrolled(sizes, mesh).wide.T.tolist()]
        assert len(made) == len(set(made)) and set(made) == everything(sizes, mesh)


def test_every_place_where_neighbours_hand_words_on():
    found = unrolled((2, 2), (2, 2), every_place=True)
    both = found.on_x[:, (found.wide == 2).all(axis=0)]
    assert {tuple(places) for places in both.T.tolist()} == {(True, False), (False, True)}


def test_rows_of_a_mesh_may_be_wider_than_their_turns_ask():
    """Three side by side take as many turns of four as two do, and fill a row of the mesh."""
    few, every = (unrolled((4,), (3, 1), every_width=each) for each in (False, True))
    assert sorted(few.wide[0].tolist()) == [1, 2]
    assert sorted(every.wide[0].tolist()) == [1, 2, 3]
