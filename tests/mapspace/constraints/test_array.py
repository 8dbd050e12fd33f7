"""Constraints as limits of an array, or refused by a search that cannot keep to them."""

import pytest
from counted_by_hand import CHIP, PRODUCT

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.array import limits_of
from flat_plugin.mapspace.constraints.directives import read_constraints
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary
from flat_plugin.mapspace.limits import FREE
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload.einsum import Einsum, Tensor

STRUCTURE = structure_of(PRODUCT)  # M, N and K are all core


def limits(*directives, structure=STRUCTURE):
    words = Vocabulary.of(structure.einsum)
    return limits_of(read_constraints(directives, "mine", words, CHIP), structure, CHIP)


def test_nothing_said_limits_nothing():
    assert limits() is FREE


def test_what_may_be_unrolled_and_where():
    found = limits(
        {"target": "Buffer", "type": "spatial", "factors": "N=1 M<=2", "permutation": "MK", "split": 1}
    )
    ((level, spread),) = found.spreads
    assert level == 1
    assert dict(
        zip(STRUCTURE.core, zip(spread.least, spread.most, spread.axes, strict=True), strict=True)
    ) == {
        "M": (1, 2, "x"),
        "N": (1, 1, "y"),
        "K": (1, float("inf"), "y"),
    }
    assert found.place == "mine"


def test_what_the_registers_keep():
    found = limits({"target": "Regs", "type": "bypass", "keep": ["W"], "bypass": ["A"]})
    assert found.keep == (False, True, None)
    assert limits({"target": "Buffer", "type": "bypass", "keep": "*"}).keep == ()  # it keeps them in any case


@pytest.mark.parametrize(
    ("directive", "said"),
    [
        (
            {"target": "Buffer", "type": "temporal", "factors": "M=1"},
            "mine.0.: not a constraint that the search",
        ),
        (
            {"target": "Buffer", "type": "bypass", "bypass": ["A"]},
            "mine.0.: of what is kept, the search chooses",
        ),
        (
            {"target": "Regs", "type": "utilization", "min": 0.5},
            "mine: searches do not support a minimum use",
        ),
        (
            {"target": "Buffer", "type": "spatial", "permutation": "MNK", "split": 2},
            "mine.0..permutation: the search chooses the order of the loops on an axis",
        ),
    ],
)
def test_what_the_search_cannot_keep_to(directive, said):
    with pytest.raises(FlatError, match=said):
        limits(directive)


def test_two_dimensions_on_an_axis_of_which_one_is_not_unrolled():
    found = limits(
        {"target": "Buffer", "type": "spatial", "factors": "N=1", "permutation": "MNK", "split": 2}
    )
    assert found.spreads[0][1].axes == ("x", "x", "y")


def test_a_dimension_without_reuse_is_not_unrolled():
    tensors = (Tensor("A", ("B", "M")), Tensor("W", ("B", "M")), Tensor("Z", ("B",), output=True))
    structure = structure_of(Einsum("batched", (("B", 2), ("M", 8)), tensors))
    assert structure.core == ("M",)
    with pytest.raises(
        FlatError, match="mine.0..factors: not a factor that the search unrolls.*B=2.*1 or more of M"
    ):
        limits({"target": "Buffer", "type": "spatial", "factors": "B=2"}, structure=structure)
    assert limits({"target": "Buffer", "type": "spatial", "factors": "B=1"}, structure=structure).spreads
