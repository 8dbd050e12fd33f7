"""Turns of loops over sizes that they need not divide, against counting tiles one by one."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.loop_turns import alike, turns_of
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.workload.einsum import Einsum, Tensor

EDGE = flat.find_architecture("edge")


def einsum(size: int) -> Einsum:
    return Einsum("copy", (("M", size),), (Tensor("A", ("M",)), Tensor("B", ("M",), output=True)))


def turns(size: int, outer: int, inner: int):
    levels = (LevelMapping("DRAM", (("M", outer),)), LevelMapping("GlobalBuffer", (("M", inner),)))
    mapping = with_last_turns(OperatorMapping((*levels, LevelMapping("PERegs"))), {"M": size})
    batch = batch_of(einsum(size), EDGE, [mapping])
    nest = turns_of(batch)
    return nest.temporal[0][0], nest.temporal[1][0]


@pytest.mark.parametrize(("size", "inner"), [(s, i) for s, i in product(range(1, 14), range(1, 6))])
def test_a_loop_turns_once_for_each_tile(size: int, inner: int) -> None:
    outer = -(-size // inner)
    around, inside = turns(size, outer, inner)
    lengths = [min(inner, size - start) for start in range(0, size, inner)]
    assert (around.trips, around.iterations) == (outer, len(lengths))
    assert inside.iterations == sum(lengths) and inside.runs == len(lengths)
    assert inside.last == lengths[-1]


def test_loops_that_do_not_cover_the_size_are_refused() -> None:
    mapping = OperatorMapping(
        (LevelMapping("DRAM", (("M", 8),)), *map(LevelMapping, ("GlobalBuffer", "PERegs")))
    )
    batch = batch_of(einsum(8), EDGE, [mapping])
    with pytest.raises(FlatError, match=r"^mapping\.M: the factors of dimension M multiply to less"):
        turns_of(replace(batch, einsum=einsum(13)))


def test_what_is_alike_is_one_number() -> None:
    assert alike(np.array([2.0, 2.0])) == 2.0
    assert isinstance(alike(np.array([1.0, 2.0])), np.ndarray)
