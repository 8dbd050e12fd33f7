"""What lies in a family's map space, and what does not."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin import Attention, FlatError
from flat_plugin.certificate.space import Space, check_chip
from flat_plugin.mapping.fused import SharedLoops
from flat_plugin.mapping.named import named_dataflow
from flat_plugin.mapping.nest import OperatorMapping

SHORT, GROUPED = Attention(1, 12, 512, 512, 64), Attention(1, 8, 60, 64, 16, kv_heads=2)
EDGE = flat.platform("edge")


def space(dataflow, attention=SHORT, factors="perfect", platform=EDGE):
    return Space(attention, platform, "serial", named_dataflow(dataflow).with_factors(factors))


def best(dataflow, attention=SHORT, factors="perfect"):
    return flat.search(attention, EDGE, dataflow=dataflow, factors=factors, objective="traffic").mapping


@pytest.mark.parametrize(
    ("dataflow", "rows"),
    [
        ("base-opt", {}),
        ("flat-opt", {"M": (1, 60), "G": (1, 4)}),
        ("flat-r", {"M": (1, 60), "G": (1, 4)}),
        ("flat-r20", {"M": (20, 20), "G": (1, 4)}),
        ("flat-r100", {"M": (60, 60), "G": (1, 4)}),
        ("flat-h", {"M": (60, 60), "G": (1, 4)}),
        ("flat-b", {"M": (60, 60), "G": (4, 4)}),
        ("flash", {"M": (1, 60), "G": (1, 4), "N": (1, 64)}),
    ],
)
def test_rows_that_a_family_leaves_open(dataflow, rows):
    assert space(dataflow, GROUPED).rows == rows


def test_perfect_rows_divide():
    perfect, ragged = space("flat-opt", GROUPED), space("flat-opt", GROUPED, "imperfect")
    assert perfect.part({"M": (7, 29), "G": (2, 4)}).tile == {"M": (10, 20), "G": (2, 4)}
    assert perfect.part({"M": (7, 9), "G": (1, 4)}) is None
    assert ragged.part({"M": (7, 9), "G": (1, 4)}).tile == {"M": (7, 9), "G": (1, 4)}


def test_heads_that_meet_at_once():
    assert [space(name, GROUPED).part({}).heads for name in ("flat-h", "flat-b", "flat-m")] == [1, 2, 2]


@pytest.mark.parametrize("factors", ["perfect", "imperfect"])
@pytest.mark.parametrize(
    "dataflow", ["base-opt", "flat-opt", "flat-r", "flat-h", "flat-b", "flat-m", "flash"]
)
def test_what_a_search_finds_is_in_its_space(dataflow, factors):
    tiny = Attention(2, 4, 24, 24, 8, kv_heads=2)
    assert space(dataflow, tiny, factors).strange(best(dataflow, tiny, factors)) is None


def ragged(mapping):
    """With a last turn of logit's that is shorter."""
    logit, attend = (nest for _, nest in mapping.operators)
    outer, *inner = logit.levels
    shorter = OperatorMapping((replace(outer, last_temporal=(("M", 1),)), *inner))
    return replace(mapping, operators=(("logit", shorter), ("attend", attend)))


def side_by_side(mapping, dimension):
    """With a loop of logit moved from time to space, below the buffer."""
    logit, attend = (nest for _, nest in mapping.operators)
    outer, buffer, *inner = logit.levels
    moved = replace(buffer, spatial_x=(*buffer.spatial_x, (dimension, 2)))
    return replace(
        mapping, operators=(("logit", OperatorMapping((outer, moved, *inner))), ("attend", attend))
    )


def passing(mapping, tensor):
    logit, attend = (nest for _, nest in mapping.operators)
    outer, buffer, *inner = logit.levels
    passed = replace(buffer, bypass=buffer.bypass | {tensor})
    return replace(
        mapping, operators=(("logit", OperatorMapping((outer, passed, *inner))), ("attend", attend))
    )


@pytest.mark.parametrize(
    ("dataflow", "change", "said"),
    [
        ("flat-opt", lambda m: best("flat-r64"), "it is one of flat-r64"),
        ("base-opt", lambda m: best("flat-opt"), "it is one of flat-opt"),
        (
            "base-opt",
            ragged,
            "do not divide",
        ),
        ("base-opt", lambda m: side_by_side(m, "H"), "logit has problems of H side by side"),
        ("base-opt", lambda m: passing(m, "Q"), "Q of logit bypasses GlobalBuffer"),
        (
            "flat-opt",
            lambda m: replace(m, shared=(SharedLoops("GlobalBuffer", m.shared[0].temporal),)),
            "it has shared loops inside DRAM",
        ),
        (
            "flat-opt",
            lambda m: replace(m, stage=(("S", "PERegs"),)),
            "its scores are in PERegs",
        ),
        (
            "flat-opt",
            lambda m: replace(m, shared=(SharedLoops("DRAM", (("H", 6), ("M", 4))),)),
            "its shared loop over H has 6 iterations and not 12",
        ),
    ],
)
def test_what_is_strange(dataflow, change, said):
    assert said in space(dataflow).strange(change(best(dataflow)))


def test_rows_of_another_number_are_strange():
    flow = replace(named_dataflow("flat-r64"), factors="perfect")
    found = replace(best("flat-r32"), dataflow=flow)
    assert space("flat-r64").strange(found) == "its shared iterations have 32 rows of M, and not 64 to 64"


def test_what_rounding_does_not_count_is_strange():
    """The least cycles of 29 keys: two of three units side by side have none of the last rows."""
    tiny = Attention(1, 1, 29, 29, 64)
    found = flat.estimate(tiny, "edge", "base").mapping
    logit, attend = (nest for _, nest in found.operators)
    outer, buffer, registers = logit.levels
    loops = {"outer": (), "buffer": (("N", 3),), "inner": (("N", 7),)}
    lossy = OperatorMapping(
        (
            replace(outer, temporal=(("M", 29), ("D", 2)), last_temporal=()),
            replace(
                buffer,
                temporal=loops["buffer"],
                spatial_x=(("D", 32),),
                spatial_y=(("N", 2),),
                last_temporal=(),
                last_spatial=(("N", 1),),
            ),
            replace(registers, temporal=loops["inner"], last_temporal=(("N", 1),), last_spatial=()),
        )
    )
    strange = replace(
        found, dataflow=named_dataflow("base-opt"), operators=(("logit", lossy), ("attend", attend))
    )
    assert "of the operations of logit" in space("base-opt", tiny, "imperfect").strange(strange)


@pytest.mark.parametrize("name", ["npu4", "tpuv4i"])
def test_chips_with_several_shared_memories_have_no_certificates(name):
    with pytest.raises(FlatError, match="one memory that all compute units share"):
        check_chip(flat.find_architecture(f"examples/{name}.yaml"))
