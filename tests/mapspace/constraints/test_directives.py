"""A list of Timeloop's directives as constraints of levels."""

import pytest
from counted_by_hand import CHIP, PRODUCT

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.directives import read_constraints
from flat_plugin.mapspace.constraints.loops import Bound
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary

WORDS = Vocabulary.of(PRODUCT)


def read(*directives, **options):
    return read_constraints(directives, "mine", WORDS, CHIP, **options)


def test_levels_have_what_is_said_of_them():
    found = read(
        {"target": "Buffer", "type": "temporal", "factors": "M=4", "permutation": "MK"},
        {"target": "Buffer", "type": "spatial", "factors": "M<=2", "permutation": "M", "split": 1},
        {"target": "Regs", "type": "dataspace", "keep": ["W"], "bypass": ["A"]},
    )
    buffer, regs = found["Buffer"], found["Regs"]
    assert dict(buffer.temporal.bounds) == {"M": Bound.exactly(4)} and buffer.temporal.inner == ("M", "K")
    assert dict(buffer.spatial.bounds) == {"M": Bound(most=2)} and buffer.spatial.axes("M") == "x"
    assert (regs.keep, regs.bypass) == ({"W"}, {"A"})
    assert regs.keep_place == "mine[2]" and buffer.temporal.place == "mine[0]"
    assert found["DRAM"].free and found.place == "mine"


def test_levels_may_be_numbered_from_the_innermost():
    assert read({"target": 0, "type": "bypass", "bypass": ["A"]})["Regs"].bypass == {"A"}
    assert read({"target": 2, "type": "temporal", "factors": "M=4"})["DRAM"].temporal.bounds


@pytest.mark.parametrize("kind", ["dataspace", "datatype", "bypass", "bypassing"])
def test_what_is_kept_has_four_names(kind):
    assert read({"target": "Regs", "type": kind, "keep": ["W"]})["Regs"].keep == {"W"}


@pytest.mark.parametrize(
    ("said", "keep", "bypass"),
    [
        ({"keep_only": ["W"]}, "W", "AZ"),
        ({"bypass_only": ["W"]}, "AZ", "W"),
        ({"keep_within": ["W"]}, "", "AZ"),
        ({"keep": "*"}, "AWZ", ""),
        ({"keep": ["A"], "keep_only": ["A", "W"]}, "AW", "Z"),
    ],
)
def test_only(said, keep, bypass):
    found = read({"target": "Regs", "type": "bypass", **said})["Regs"]
    assert (found.keep, found.bypass) == (frozenset(keep), frozenset(bypass))


def test_least_use_of_the_array():
    for kind in ("utilization", "parallelism"):
        assert read({"target": "Regs", "type": kind, "min": 0.5}).least_parallelism == 0.5
    assert read({"target": "Regs", "type": "max_overbooked_proportion", "proportion": 0}).levels == ()


def test_several_of_one_level_hold_together():
    found = read(
        {"target": "Buffer", "type": "temporal", "factors": "M<=4"},
        {"target": "Buffer", "type": "temporal", "factors": "M>=2"},
    )
    assert dict(found["Buffer"].temporal.bounds) == {"M": Bound(2, 4)}
    with pytest.raises(FlatError, match="contradict each other: M=4 and M=2"):
        read(
            {"target": "Buffer", "type": "temporal", "factors": "M=4"},
            {"target": "Buffer", "type": "temporal", "factors": "M=2"},
        )


@pytest.mark.parametrize(
    ("directive", "path", "said"),
    [
        (["M=4"], "mine[0]", "a constraint must be a mapping"),
        ({"target": "Buffer"}, "mine[0].type", "not a constraint"),
        ({"target": "Buffer", "type": "time"}, "mine[0].type", "not a constraint"),
        ({"target": "L3", "type": "temporal"}, "mine[0].target", "not a memory of small"),
        ({"target": 3, "type": "temporal"}, "mine[0].target", "not a memory of small"),
        ({"target": True, "type": "temporal"}, "mine[0].target", "not a memory of small"),
        ({"target": "Buffer", "type": "temporal", "factor": "M=4"}, "mine[0].factor", "unknown key"),
        ({"target": "Buffer", "type": "temporal", "split": 1}, "mine[0].split", "unknown key"),
        (
            {"target": "Buffer", "type": "spatial", "no_reuse": ["A"]},
            "mine[0].no_reuse",
            "no_reuse is not supported",
        ),
        (
            {"target": "DRAM", "type": "spatial", "factors": "M=1"},
            "mine[0].target",
            "nothing is unrolled below",
        ),
        (
            {"target": "Regs", "type": "bypass", "keep": ["A"], "bypass": ["A"]},
            "mine[0]",
            "kept and bypassed",
        ),
        (
            {"target": "Buffer", "type": "utilization", "min": 0.5},
            "mine[0].target",
            "belongs to the innermost",
        ),
        ({"target": "Regs", "type": "utilization", "min": 1.5}, "mine[0].min", "not a fraction of the array"),
        (
            {"target": "Regs", "type": "max_overbooked_proportion", "proportion": 0.1},
            "mine[0].proportion",
            "proportion is not supported",
        ),
    ],
)
def test_what_cannot_be_kept_to_is_refused(directive, path, said):
    with pytest.raises(FlatError) as refused:
        read(directive)
    assert refused.value.path == path and said in str(refused.value)


def test_keys_that_say_nothing_are_passed_over():
    assert read({"target": "Buffer", "type": "temporal", "no_reuse": [], "comment": "as it is"}).free


def test_a_permutation_may_say_axes_alone():
    found = read({"target": "Buffer", "type": "spatial", "permutation": "MK", "split": 1}, ordered=False)
    assert found["Buffer"].spatial.inner == () and found["Buffer"].spatial.axes("K") == "y"


def test_entries_may_stand_in_different_places():
    directives = [
        {"target": "Buffer", "type": "temporal", "factors": "M=4"},
        {"target": "L3", "type": "temporal"},
    ]
    with pytest.raises(FlatError, match="^second.target"):
        read_constraints(directives, ["first", "second"], WORDS, CHIP)
