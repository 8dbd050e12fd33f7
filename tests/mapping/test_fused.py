"""The mapping of a layer: shared loops, what is staged where, and each operator's own nest."""

import pytest

from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping

NEST = OperatorMapping((LevelMapping("DRAM"), LevelMapping("L2"), LevelMapping("L1")))
OPERATORS = (("logit", NEST), ("attend", NEST))


@pytest.fixture
def over_cores():
    shared = (
        SharedLoops("DRAM", temporal=(("H", 2), ("M", 4))),
        SharedLoops("L2", temporal=(("M", 3),), spatial=(("M", 2),)),
    )
    stage = (("S", "L1"), ("K", "L2"))
    return FusedMapping(parse_dataflow("flat-r2"), shared, stage, OPERATORS)


def test_loops_are_outermost_first(over_cores):
    assert [*over_cores.loops()] == [
        ("DRAM", "H", 2, False),
        ("DRAM", "M", 4, False),
        ("L2", "M", 3, False),
        ("L2", "M", 2, True),
    ]


def test_trips_are_in_time_and_over_cores(over_cores):
    assert dict(over_cores.trips) == {"H": 2, "M": 24}
    assert (over_cores.turns("M"), over_cores.unrolled("M")) == (12, 2)
    assert over_cores.at(1).spatial == (("M", 2),) and over_cores.at(2) == SharedLoops("L1")


def test_operators_meet_where_the_scores_are(over_cores):
    assert over_cores.levels == ("DRAM", "L2", "L1") and over_cores.scores == 2
    assert over_cores.held == {"S": "L1", "K": "L2"} and over_cores.staged == {"S", "K"}
    assert over_cores["attend"] is NEST


def test_below_the_outermost_memory_fused_scores_are_always_held():
    made = FusedMapping.below_outermost(parse_dataflow("flat-h"), (("H", 2),), frozenset("K"), OPERATORS)
    assert made.held == {"K": "L2", "S": "L2"} and made.shared == (SharedLoops("DRAM", (("H", 2),)),)
    apart = FusedMapping.below_outermost(parse_dataflow("base"), (), frozenset(), OPERATORS)
    assert (apart.held, apart.shared, apart.scores) == ({}, (), 0)


def test_it_shows_itself(over_cores):
    assert repr(over_cores) == "<FusedMapping flat-r2: shared loops h2 m24; staged S in L1, K in L2>"
    assert str(over_cores).startswith("for h in 2:  # shared")
