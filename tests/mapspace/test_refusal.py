"""Why limits leave an operator no mapping, in names and numbers."""

from math import inf

import pytest
from counted_by_hand import CHIP, PRODUCT

from flat_plugin.mapspace.limits import Limits, Spread
from flat_plugin.mapspace.refusal import refusal
from flat_plugin.mapspace.structure import structure_of

STRUCTURE = structure_of(PRODUCT)  # M = 8, N = 4, K = 6, below the buffer 2 × 2


def said(least, axes=("xy", "xy", "xy")):
    spread = Spread(least, (inf,) * 3, axes)
    return refusal(STRUCTURE, CHIP, Limits(((1, spread),)))


@pytest.mark.parametrize(
    ("least", "axes", "why"),
    [
        ((3, 1, 1), ("xy",) * 3, "M=3 does not divide 8, the size of M"),
        ((4, 1, 1), ("xy",) * 3, "M=4 is more than 2, what one axis of the array has (2 × 2 below Buffer)"),
        (
            (4, 1, 1),
            ("x", "xy", "xy"),
            "M=4 is more than 2, what the x axis of the array has (2 × 2 below Buffer)",
        ),
        ((2, 2, 2), ("xy",) * 3, "M=2 N=2 K=2 do not fit together on the array (2 × 2 below Buffer)"),
        ((2, 2, 1), ("x", "x", "xy"), "M=2 N=2 do not fit together on the array (2 × 2 below Buffer)"),
        ((2, 2, 1), ("xy",) * 3, "no combination of what it asks for can be unrolled and kept"),
        ((2, 2, 1), ("x", "xy", "xy"), "no combination of what it asks for can be unrolled and kept"),
    ],
)
def test_the_first_thing_that_cannot_be(least, axes, why):
    assert said(least, axes) == why


def test_nothing_said_of_the_array():
    assert refusal(STRUCTURE, CHIP, Limits()).startswith("no combination")
