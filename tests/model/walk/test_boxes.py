"""The geometry of tiles, against sets of words."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.model.walk.boxes import Projection, motion, placed, shifted, size, without
from flat_plugin.workload.einsum import Einsum, Tensor

spans = st.tuples(st.integers(-3, 6), st.integers(1, 4)).map(lambda span: (span[0], span[0] + span[1]))


def boxes(ranks):
    return st.tuples(*[spans] * ranks)


def words(box):
    return set(product(*(range(low, high) for low, high in box)))


@given(st.integers(1, 3).flatmap(lambda ranks: st.tuples(boxes(ranks), boxes(ranks))))
def test_without_is_the_exact_difference_in_boxes_that_share_nothing(pair):
    box, held = pair
    parts = without(box, held)
    assert size(parts) == len(words(box) - words(held))
    assert set().union(*map(words, parts)) == words(box) - words(held)


@given(st.tuples(boxes(2), boxes(2)), st.tuples(st.integers(-9, 9), st.integers(-9, 9)))
def test_a_shape_is_the_same_wherever_it_lies(pair, by):
    parts = without(*pair)
    if parts:
        origin, shape = placed(parts)
        moved, same = placed(tuple(shifted(part, by) for part in reversed(parts)))
        assert same == shape
        assert moved == tuple(o + b for o, b in zip(origin, by, strict=True))


def test_motion_is_of_the_centre_and_rounds_half_away_from_zero():
    assert motion(((0, 4),), ((1, 5),)) == (1,)
    assert motion(((0, 4),), ((0, 5),)) == (1,)
    assert motion(((0, 5),), ((0, 4),)) == (-1,)
    assert motion(((0, 4), (0, 2)), ((3, 6), (0, 2))) == (3, 0)


def test_a_strided_and_dilated_rank():
    window = Tensor.of_ranks("I", ((("P", 2), ("R", 3)),))
    projection = Projection(Einsum("conv", (("P", 8), ("R", 3)), (window,)), window)
    assert projection.box((4, 3)) == ((0, 2 * 3 + 3 * 2 + 1),)
    assert projection.point((5, 1)) == (13,)


def test_a_negative_coefficient_runs_backwards():
    window = Tensor.of_ranks("I", ((("P", 1), ("R", -2)),))
    projection = Projection(Einsum("flipped", (("P", 8), ("R", 3)), (window,)), window)
    assert projection.box((4, 3)) == ((-4, 4),)
