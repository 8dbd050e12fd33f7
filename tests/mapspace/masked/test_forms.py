"""Loops of a single turn may stand anywhere: mappings that differ in no more are counted as of one form."""

from itertools import permutations

import numpy as np
import pytest
from every_mapping import ARCHITECTURES

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.masked.forms import by_form
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.ragged import counts_of
from flat_plugin.workload import parse_attention

EINSUM = parse_attention("B=1,H=2,M=4,N=6,D=4").logit()
CHIP = ARCHITECTURES["registers"]
HEADS = ("H", "B")


def nest(outer, order, x, y, passed):
    """A mapping with these trips at DRAM and what is left of them in the buffer, both in this order."""
    spread = {**x, **y}
    left = {d: n // outer.get(d, 1) // spread.get(d, 1) for d, n in EINSUM.sizes.items()}
    left |= dict.fromkeys(HEADS, 1)
    turns = {"H": 2, **outer}
    return OperatorMapping(
        (
            LevelMapping("DRAM", tuple((d, turns.get(d, 1)) for d in (*order, *HEADS))),
            LevelMapping(
                "Buffer",
                tuple((d, left[d]) for d in (*order[::-1], *HEADS)),
                tuple(x.items()),
                tuple(y.items()),
            ),
            LevelMapping("Regs", tuple((d, 1) for d in EINSUM.dimensions), (), (), frozenset(passed)),
        )
    )


NESTS = [
    nest(outer, order, x, y, passed)
    for outer in ({"M": 2}, {"N": 3}, {"M": 4, "N": 2}, {"N": 6, "D": 2})
    for order in permutations("MND")
    for x, y in (({"D": 2}, {}), ({}, {"D": 2}), ({"D": 2}, {"N": 1}))
    for passed in ("Q", "KS")
]


def test_counts_are_those_of_each_by_itself():
    groups = by_form(EINSUM, NESTS)
    assert len(groups) < len({repr(nest) for nest in NESTS}) / 2
    assert sorted(n for numbers in groups.values() for n in numbers) == list(range(len(NESTS)))
    for form, numbers in groups.items():
        together = counts_of(batch_of(EINSUM, CHIP, [NESTS[n] for n in numbers], form))
        for place, number in enumerate(numbers):
            alone = counts_of(batch_of(EINSUM, CHIP, [NESTS[number]]))
            for name in ("reads", "fills", "updates", "tiles", "reductions"):
                assert np.array_equal(getattr(together, name)[..., place], getattr(alone, name)[..., 0]), name


@pytest.mark.parametrize(("outer", "count"), [({"M": 4, "N": 6}, 2), ({"M": 4, "N": 6, "D": 4}, 6)])
def test_only_loops_that_turn_tell_forms_apart(outer, count):
    """Of six orders there are as many as of the loops in DRAM that turn; in the buffer one turns, or none."""
    assert len(by_form(EINSUM, [nest(outer, order, {}, {}, "Q") for order in permutations("MND")])) == count
