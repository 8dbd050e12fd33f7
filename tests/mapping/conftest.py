"""A layer on four cores: heads come one after the other, rows go to the cores, keys stay with them."""

import pytest

from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.attention import parse_attention

MEMORIES = ("DRAM", "L2", "L1", "Regs")


def operator(scores, column, kept, others):
    outside = frozenset(scores)
    return OperatorMapping(
        (
            LevelMapping("DRAM", (("H", 2),), bypass=outside),
            LevelMapping("L2", (("M", 2),), spatial_x=(("M", 4),), bypass=outside),
            LevelMapping("L1", (("N", 8), ("M", 2)), spatial_x=((column, 4),)),
            LevelMapping("Regs", bypass=frozenset(others)),
        )
    )


@pytest.fixture
def attention():
    return parse_attention("B=1,H=2,M=16,N=8,D=4")


@pytest.fixture
def cores():
    """``FusedMapping`` on MEMORIES: S, Q and O in L1, K and V in L2."""
    return FusedMapping(
        parse_dataflow("flat-r2").staging("QKSVO"),
        (SharedLoops("DRAM", (("H", 2),)), SharedLoops("L2", (("M", 2),), (("M", 4),))),
        (("K", "L2"), ("O", "L1"), ("Q", "L1"), ("S", "L1"), ("V", "L2")),
        (("logit", operator("S", "D", "Q", "KS")), ("attend", operator("P", "E", "P", "VO"))),
    )
