"""What is fixed of one operator's mapping: who keeps to it, and what two of them ask for together."""

from dataclasses import replace

import pytest
from counted_by_hand import CHIP, NEST

from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping
from flat_plugin.mapspace.constraints.fixed import FREE, Constraints, LevelConstraints
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints


def temporal(d, bound, place=""):
    return LoopConstraints(bounds=((d, bound),), place=place)


ROWS = LevelConstraints("DRAM", temporal=temporal("M", Bound.exactly(4), "here"))


def test_what_is_kept():
    fixed = LevelConstraints("L1", keep=frozenset("A"), bypass=frozenset("B"), keep_place="here")
    assert [fixed.holds(name) for name in "ABC"] == [True, False, None]
    assert fixed.broken_by(LevelMapping("L1", bypass=frozenset("B"))) is None
    assert fixed.broken_by(LevelMapping("L1", bypass=frozenset("AB"))) == (
        "L1, tensors: A must be kept, and is bypassed (here)"
    )
    assert "B must be bypassed, and is kept" in str(fixed.broken_by(LevelMapping("L1")))


def test_nothing_said_is_free():
    assert FREE.free and FREE["DRAM"].free and not Constraints((ROWS,)).free
    assert FREE.obeyed_by(NEST, CHIP)


def test_a_mapping_that_keeps_to_it():
    assert Constraints((ROWS,)).obeyed_by(NEST, CHIP)
    other = replace(ROWS, temporal=temporal("M", Bound.exactly(2), "here"))
    assert Constraints((other,)).broken_by(NEST, CHIP) == (
        "DRAM, loops: M=2 is asked for, the mapping has M=4 (here)"
    )
    spatial = LevelConstraints("Buffer", spatial=temporal("M", Bound(most=1)))
    assert Constraints((spatial,)).broken_by(NEST, CHIP) == (
        "Buffer, unrolled loops: M=1 is asked for, the mapping has M=2"
    )


@pytest.mark.parametrize(("least", "kept"), [(1.0, True), (0.5, True), (1.01, False)])
def test_least_use_of_all_units(least, kept):
    """The nest uses all four of 2 × 2."""
    assert Constraints(least_parallelism=least).obeyed_by(NEST, CHIP) == kept
    half = replace(NEST, levels=(NEST.levels[0], replace(NEST.levels[1], spatial_y=()), NEST.levels[2]))
    assert Constraints(least_parallelism=0.75).broken_by(half, CHIP) == (
        "0.75 of 4 units are to be used, the mapping uses 2"
    )


def test_two_hold_together():
    regs = LevelConstraints("Regs", keep=frozenset("W"), keep_place="there")
    both = Constraints((ROWS,), 0.25, "one").both(Constraints((regs,), 0.5, "two"))
    assert both["DRAM"] == ROWS and both["Regs"] == regs
    assert (both.least_parallelism, both.place) == (0.5, "one, two")
    assert FREE.both(FREE).levels == ()
    more = replace(regs, keep=frozenset("A"), bypass=frozenset("Z"), keep_place="here")
    merged = regs.both(more)
    assert (merged.keep, merged.bypass, merged.keep_place) == ({"A", "W"}, {"Z"}, "there, here")


def test_two_that_contradict_each_other():
    keeps = LevelConstraints("Regs", keep=frozenset("W"), keep_place="one")
    passes = LevelConstraints("Regs", bypass=frozenset("W"), keep_place="two")
    with pytest.raises(FlatError, match="^one, two: .*Regs keeps W and bypasses it"):
        Constraints((keeps,)).both(Constraints((passes,)))
