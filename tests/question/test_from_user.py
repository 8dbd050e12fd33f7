"""Questions from what users ask for, and what does not go together in one."""

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.question.from_user import check_mapping_alone, flow_of, questions
from flat_plugin.question.question import Setting
from flat_plugin.workload.sized_workload import Sized

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


def asked(workload, flow="base", **more):
    setting = Setting("serial", "reject", "tiles")
    return [*questions(Sized(workload), flat.platform(), flow_of(flow), setting, level="attention", **more)]


def test_one_question_unless_latent_attention_has_two_forms():
    assert len(asked(LAYER)) == 1
    expanded, absorbed = asked("deepseek-v2-lite")
    assert expanded.attention.kv_heads > absorbed.attention.kv_heads == 1


def test_the_workload_is_described_as_it_is_asked():
    (question,) = asked(LAYER)
    assert question.understood["layers"][0]["heads"] == 2


def test_a_dataflow_has_what_is_said_of_it():
    mine = flow_of("flat-r32", ["K", "V"], "perfect")
    assert (mine.stage, mine.factors) == (frozenset("KSV"), "perfect")
    assert flow_of(mine) is mine


def test_a_space_is_for_searches():
    with pytest.raises(FlatError, match="space: base is not searched, so a space does nothing"):
        asked(LAYER, space="weight-stationary")
    (question,) = asked(LAYER, "flat-opt", space="weight-stationary")
    assert question.constraints


def test_nothing_is_said_beside_a_mapping():
    check_mapping_alone(None, dataflow="base", stage=["K"])
    check_mapping_alone("file", dataflow=None, stage=None)
    with pytest.raises(FlatError, match="stage: the mapping has its own"):
        check_mapping_alone("file", dataflow=None, stage=["K"])
