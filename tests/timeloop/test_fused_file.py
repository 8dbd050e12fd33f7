"""Fused mappings as files, and back."""

import pytest

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.timeloop.constraints import constraint_directives
from flat_plugin.timeloop.directives import Bypass, Loops
from flat_plugin.timeloop.fused_file import fused_document, fused_text, read_fused
from flat_plugin.workload.attention import parse_attention

LAYER = parse_attention("B=1,H=2,M=16,N=8,D=4")
EINSUMS = {einsum.name: einsum for einsum in LAYER.einsums()}
CHIP = Architecture(
    "cores",
    (
        Memory("DRAM", "DRAM", 16),
        Memory("L2", "SRAM", 16, capacity=4096),
        Memory("L1", "SRAM", 16, capacity=512, instances=4, mesh_x=4),
    ),
    Compute("MAC", "intmac", 16, 16, 16),
)


def operator(scores, column):
    outside = frozenset(scores)
    return OperatorMapping(
        (
            LevelMapping("DRAM", (("H", 2),), bypass=outside),
            LevelMapping("L2", (("M", 2),), (("M", 4),), bypass=outside),
            LevelMapping("L1", (("N", 8), ("M", 2)), ((column, 4),)),
        )
    )


def on_cores():
    return FusedMapping(
        parse_dataflow("flat-r2").staging("QKSVO"),
        (SharedLoops("DRAM", (("H", 2),)), SharedLoops("L2", (("M", 2),), (("M", 4),))),
        (("K", "L2"), ("O", "L1"), ("Q", "L1"), ("S", "L1"), ("V", "L2")),
        (("logit", operator("S", "D")), ("attend", operator("P", "E"))),
    )


def same(one, other):
    """Equal but for loops of one iteration, which files write out."""
    assert (one.dataflow, one.shared, one.stage) == (other.dataflow, other.shared, other.stage)
    return fused_document(one, EINSUMS, CHIP) == fused_document(other, EINSUMS, CHIP)


def test_memories_by_name_come_back():
    document = fused_document(on_cores(), EINSUMS, CHIP)["fused_mapping"]
    assert document["version"] == 2
    assert document["shared"] == {
        "DRAM": {"temporal": {"H": 2}},
        "L2": {"temporal": {"M": 2}, "spatial": {"M": 4}},
    }
    assert document["stage"] == {"Q": "L1", "K": "L2", "S": "L1", "V": "L2", "O": "L1"}
    assert same(read_fused(fused_text(on_cores(), EINSUMS, CHIP), EINSUMS, CHIP), on_cores())


def test_loops_at_the_outermost_memory_are_written_as_before():
    below = FusedMapping.below_outermost(
        parse_dataflow("flat-h").staging("S"),
        (("B", 1), ("H", 2)),
        frozenset("S"),
        tuple(
            (
                name,
                OperatorMapping(
                    (
                        LevelMapping("DRAM", (("H", 2),), bypass=frozenset(scores)),
                        LevelMapping("L2", (("N", 8), ("M", 16), (column, 4))),
                        LevelMapping("L1"),
                    )
                ),
            )
            for name, scores, column in (("logit", "S", "D"), ("attend", "P", "E"))
        ),
    )
    document = fused_document(below, EINSUMS, CHIP)
    assert document["fused_mapping"]["version"] == 1
    assert document["fused_mapping"]["shared"] == {"B": 1, "H": 2}
    assert document["fused_mapping"]["stage"] == ["S"]
    assert same(read_fused(document, EINSUMS, CHIP), below)


def test_a_mapper_keeps_to_the_shared_loops_of_every_memory():
    """All loops outside the scores' memory, in time and over cores, and what the memories on the way keep."""
    directives = constraint_directives(EINSUMS["logit"], CHIP, on_cores()["logit"], ("H", "M"))
    loops = {(d.target, d.type): dict(d.factors) for d in directives if isinstance(d, Loops)}
    assert loops["DRAM", "temporal"]["H"] == 2
    assert loops["L2", "temporal"]["M"] == 2
    assert loops["L2", "spatial"]["M"] == 4
    assert loops["L1", "temporal"] == {"B": 1, "H": 1}  # the rest is free
    assert [d.target for d in directives if isinstance(d, Bypass)] == ["DRAM", "L2", "L1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 1}, "version"),
        ({"version": 3}, "version"),
        ({"stage": {"S": "L9"}}, "unknown memory"),
        ({"shared": {"L9": {"temporal": {"H": 2}}}}, "unknown memory"),
        ({"shared": {"DRAM": {"time": {"H": 2}}}}, "unknown key"),
        ({"shared": {"DRAM": {"temporal": {"H": 0}}}}, "H: out of range"),
        ({"stage": 7}, "stage: not of the right kind"),
        ({"operators": {}}, "operator missing"),
        ({"more": 1}, "unknown key"),
    ],
)
def test_what_a_file_may_not_say(changes, message):
    document = fused_document(on_cores(), EINSUMS, CHIP)["fused_mapping"] | changes
    with pytest.raises(FlatError, match=message):
        read_fused({"fused_mapping": document}, EINSUMS, CHIP)
