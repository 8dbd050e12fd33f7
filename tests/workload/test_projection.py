"""Projections: ranks as sums of dimensions with coefficients."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.projection import Names, read_ranks, simplified


def names():
    return Names(("P", "R", "M"), {"stride": 2})


def test_a_list_of_dimensions_is_a_rank_each():
    assert read_ranks(["M", "P"], names(), "projection") == ((("M", 1),), (("P", 1),))


def test_terms_of_a_rank_add_up():
    found = names()
    assert read_ranks([[["P", "stride"], ["R"]]], found, "projection") == ((("P", 2), ("R", 1)),)
    assert found.used == {"stride"}
    assert read_ranks([[["P"], ["P", "stride"]]], names(), "projection") == ((("P", 3),),)


@pytest.mark.parametrize(
    ("projection", "message"),
    [
        (["X"], "projection: unknown dimension .got 'X'.; expected one of P, R, M"),
        ([[["P", "step"]]], r"projection\[0\]\[0\]: unknown coefficient .got 'step'"),
        ([[]], r"projection\[0\]: a rank must be a list of terms"),
        ([[["P", "stride", "R"]]], "a term must be a dimension, with or without a coefficient"),
        ([["P"]], r"projection\[0\]\[0\]: a term must be"),
    ],
)
def test_what_is_no_projection(projection, message):
    with pytest.raises(FlatError, match=message):
        read_ranks(projection, names(), "projection")


def test_what_never_moves_is_left_out():
    window = ((("P", 2), ("R", 1)),)
    assert simplified(window, {"P": 4, "R": 3}) == window
    assert simplified(window, {"P": 4, "R": 1}) == ((("P", 2),),)
    assert simplified(window, {"P": 1, "R": 1}) == ((("P", 1),),)
