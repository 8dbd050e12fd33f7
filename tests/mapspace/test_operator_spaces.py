"""What a dataflow leaves to each operator: loops, copies of tiles, room."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.operator_spaces import check_staged, fused_spaces, unfused_space

EDGE = flat.find_architecture("edge")
LOGIT, ATTEND = flat.parse_attention("B=1,H=2,M=64,N=32,D=16").einsums()
ROWS = {"B": 1, "H": 1, "M": 16}
ROOM = EDGE.memories[1].capacity


def spaces(name="flat-r16", stage="S", tile=ROWS, spill=False, chip=EDGE):
    flow = replace(parse_dataflow(name), stage=frozenset(stage))
    return fused_spaces((LOGIT, ATTEND), chip, flow, tile, spill)


def with_buffer(words):
    return replace(
        EDGE, memories=(EDGE.memories[0], replace(EDGE.memories[1], capacity=words), *EDGE.memories[2:])
    )


def test_fused_operators_share_loops_and_stage_the_scores():
    logit, attend = spaces()
    assert logit.shared == {"B": 1, "H": 2, "M": 4} and logit.tile == {"B": 1, "H": 1, "M": 16}
    assert (logit.on_chip, attend.on_chip) == ({"S"}, {"P"})
    assert logit.copies == {"Q": 2, "K": 2, "S": 0} and attend.copies == {"P": 0, "V": 2, "O": 2}
    assert logit.fused and logit.einsum is LOGIT
    assert logit.budget == attend.budget == (ROOM - 16 * 32) / 2


def test_staged_tensors_are_held_whole_and_others_stream():
    logit, attend = spaces(stage="QS")
    assert logit.copies["Q"] == 0 and "D" in logit.held
    assert (logit.streamed, attend.streamed) == ({"N"}, {"N"})
    assert logit.budget == (ROOM - 16 * 32 - 2 * 16 * 16) / 2
    logit, attend = spaces(stage="QKS")
    assert logit.streamed == frozenset() and attend.budget == ROOM - 16 * 32 - 2 * 16 * 16 - 2 * 32 * 16


def test_heads_that_a_tile_spans_loop_inside():
    logit, _ = spaces("flat-b", tile={"B": 1})
    assert logit.inside == {"B", "H", "G"} & set(logit.inside) | {"H"}
    assert spaces()[0].inside == {"B", "H"} | (spaces()[0].inside & {"G"})


def test_scores_that_spill_are_not_counted():
    assert spaces(spill=True)[0].budget == ROOM / 2


def test_what_is_staged_must_fit():
    need = 16 * 32 + 2 * 16 * 16
    spaces(stage="QS", chip=with_buffer(need))
    with pytest.raises(InvalidMapping, match=f"flat-r16 does not fit: .*{need:,}"):
        spaces(stage="QS", chip=with_buffer(need - 1))


def test_an_unfused_operator_has_the_buffer_to_itself():
    flow = replace(parse_dataflow("base"), stage=frozenset())
    space = unfused_space(LOGIT, EDGE, flow, {})
    assert (space.budget, space.fused, space.on_chip, space.streamed) == (
        ROOM,
        False,
        frozenset(),
        frozenset(),
    )
    assert space.copies == {"Q": 2, "K": 2, "S": 2} and space.shared == {}


def test_what_an_unfused_operator_stages_is_double_buffered():
    flow = replace(parse_dataflow("base"), stage=frozenset("K"))
    need = 2 * 2 * 32 * 16
    check_staged(LOGIT, with_buffer(need), flow, {"B": 1})
    with pytest.raises(InvalidMapping, match="base does not fit"):
        check_staged(LOGIT, with_buffer(need - 1), flow, {"B": 1})
