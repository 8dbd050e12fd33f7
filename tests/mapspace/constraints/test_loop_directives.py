"""Factors, permutations and axes of one directive."""

from math import inf, nan

import pytest
from counted_by_hand import PRODUCT

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.loop_directives import LoopReading
from flat_plugin.mapspace.constraints.loops import Bound
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary
from flat_plugin.workload.einsum import Einsum, Tensor

OTHER = Einsum("other", (("M", 8), ("E", 2)), (Tensor("V", ("M", "E")), Tensor("O", ("M",), output=True)))
WORDS = Vocabulary.of(PRODUCT, [OTHER])  # M = 8, N = 4, K = 6


def bounds(**directive):
    return dict(LoopReading(WORDS, True).loops(directive, "here").bounds)


def order(permutation):
    found = LoopReading(WORDS, True).loops({"permutation": permutation}, "here")
    return "".join(found.inner), "".join(found.outer)


@pytest.mark.parametrize(
    ("factors", "found"),
    [
        ("M=4", {"M": Bound.exactly(4)}),
        ("M4 N=2", {"M": Bound.exactly(4), "N": Bound.exactly(2)}),
        (["M=4", "N<=2"], {"M": Bound.exactly(4), "N": Bound(most=2)}),
        ("M>=2, M<=4", {"M": Bound(2, 4)}),
        ("M=0", {"M": Bound.exactly(8)}),  # all of it
        ("M=4 # N=2", {"M": Bound.exactly(4)}),
        ("E=2", {}),  # of the other operator
        ("", {}),
        (None, {}),
    ],
)
def test_factors(factors, found):
    assert bounds(factors=factors) == found


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ("M<=0", "a bound must be 1 or more"),
        ("M=4 M=2", "a dimension with two factors"),
        ("M=4 M<=8", "a dimension with two factors"),
        ("M~4", "a factor that cannot be read"),
        ("M=4.5", "a factor that cannot be read"),
        ("X=2", "unknown dimension"),
        ("M>=4 M<=2", "the least value of a factor is above its greatest"),
    ],
)
def test_factors_that_are_none(factors, said):
    with pytest.raises(FlatError, match=f"here.*{said}"):
        bounds(factors=factors)


def test_factors_only_leave_the_others_one():
    assert bounds(factors_only="M=4") == {"M": Bound.exactly(4), "N": Bound.exactly(1), "K": Bound.exactly(1)}
    assert bounds(factors_only="M=4", factors="N<=2")["N"] == Bound(most=2)


def test_dimensions_of_data_spaces():
    """W has K and N: no loop over them, or only such."""
    assert bounds(no_iteration_over_dataspaces=["W"]) == {"N": Bound.exactly(1), "K": Bound.exactly(1)}
    assert bounds(must_iterate_over_dataspaces=["W"]) == {"M": Bound.exactly(1)}


def test_defaults_are_of_dimensions_without_a_factor():
    found = bounds(factors="M=4", default_max_factor=2)
    assert found == {"M": Bound.exactly(4), "N": Bound(most=2), "K": Bound(most=2)}
    assert bounds(default_min_factor="2")["K"] == Bound(least=2)
    for odd in (0, 1.5, "many", inf, -inf, nan, "inf"):
        with pytest.raises(FlatError, match="here.default_max_factor: not a whole number of at least 1"):
            bounds(default_max_factor=odd)


@pytest.mark.parametrize(
    ("permutation", "found"),
    [
        ("KM", ("KM", "")),
        ("K_M", ("K", "M")),
        ("_MN", ("", "MN")),
        (["K", "M"], ("KM", "")),
        ("K, M", ("KM", "")),
        ("KEM", ("KM", "")),
        ("", ("", "")),
        (None, ("", "")),
    ],
)
def test_permutations(permutation, found):
    assert order(permutation) == found


def test_permutations_that_are_none():
    with pytest.raises(FlatError, match="here.permutation: a dimension is listed twice"):
        order("KMK")
    with pytest.raises(FlatError, match="here.permutation: unknown dimension"):
        order("KX")


def axes(ordered=True, **directive):
    found = LoopReading(WORDS, ordered).unrolled(directive, "here")
    return [found.axes(d) for d in "MNK"], "".join(found.inner)


def test_a_split_says_what_lies_on_x():
    assert axes(permutation="MNK", split=1) == (["x", "y", "y"], "MNK")
    assert axes(permutation="MN", split=2) == (["x", "x", "y"], "MN")
    assert axes(permutation="M", split=2) == (["x", "xy", "xy"], "M")  # one of the others is on x, too
    assert axes(permutation="M", split=3) == (["x", "x", "x"], "M")
    assert axes(permutation="MNK") == (["xy", "xy", "xy"], "MNK")
    assert axes(False, permutation="MNK", split=1) == (["x", "y", "y"], "")


@pytest.mark.parametrize(
    ("ordered", "directive"),
    [
        (True, dict(permutation="MN", split=-1)),
        (True, dict(permutation="MN", split=True)),
        (True, dict(permutation="MN", split="1")),
        (True, dict(permutation="M_N", split=1)),
        (False, dict(permutation="M", split=2)),
        (False, dict(permutation="M")),
    ],
)
def test_splits_that_say_nothing(ordered, directive):
    with pytest.raises(FlatError, match="here.split: a permutation and a split say together"):
        axes(ordered, **directive)


def test_the_place_is_kept_where_something_is_said():
    reading = LoopReading(WORDS, True)
    assert reading.loops({"factors": "M=4"}, "here").place == "here"
    assert reading.loops({}, "here").free and reading.loops({}, "here").place == ""
    assert reading.unrolled({"permutation": "M", "split": 1}, "here").place == "here"
