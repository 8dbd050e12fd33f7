"""What is asked, as one value: right, or refused at once."""

from dataclasses import replace

import pytest

from flat_plugin.api.inputs import platform_of
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.question.answer import answered, mapped
from flat_plugin.question.from_user import flow_of, questions
from flat_plugin.question.latent_forms import answer_of
from flat_plugin.workload import Attention, find_model
from flat_plugin.workload.sized_workload import Sized

EDGE = platform_of("edge")
LAYER = Attention(1, 2, 64, 64, 16)
ENGINE = NativeEngine()


def asked(dataflow="flat-r16", workload=LAYER, level="attention", **others):
    def taken(*names):
        return {name: others.pop(name) for name in names if name in others}

    setting = Setting(**taken("softmax", "overflow", "skip"))
    sized = Sized(workload, **taken("seq", "mask", "latent"))
    flow = parse_dataflow(dataflow) if isinstance(dataflow, str) else dataflow
    return tuple(questions(sized, EDGE, flow, setting, level=level, **others))


def test_one_value_changed_is_another_question() -> None:
    (question,) = asked("flat-r16")
    rows = replace(question, dataflow=parse_dataflow("flat-r32"))
    (same,) = asked("flat-r32")
    assert rows == same and answered(rows, ENGINE) == answered(same, ENGINE)


def test_a_workload_is_one_question_for_each_form_of_its_latent_attention() -> None:
    model = "deepseek-v3"
    expanded, absorbed = asked("flat-r16", model, seq=512)
    assert (expanded,) == asked("flat-r16", model, seq=512, latent="expanded")
    assert (absorbed,) == asked("flat-r16", model, seq=512, latent="absorbed")
    taken = answer_of((expanded, absorbed), lambda question: answered(question, ENGINE))
    costs = [answered(each, ENGINE) for each in (expanded, absorbed)]
    assert taken.cycles * taken.energy_pj == min(cost.cycles * cost.energy_pj for cost in costs)


def test_layers_are_those_that_the_level_counts() -> None:
    model = find_model("t5-base")
    (layer,) = asked("base", model, seq=64)
    (whole,) = asked("base", model, seq=64, level="model")
    assert layer.attentions == whole.attentions[:1] and len(whole.attentions) > 1
    assert set(whole.constraints) == {*map(whole.counted, whole.attentions)}


def test_what_skips_nothing_counts_all_keys() -> None:
    (skipping,) = asked("flat-r16", mask="causal")
    (blunt,) = asked("flat-r16", mask="causal", skip="none")
    assert not skipping.attention.mask.full and blunt.attention.mask.full
    assert blunt.workload.attention.mask == skipping.attention.mask


def test_every_dataflow_is_asked_under_the_mask_of_a_model() -> None:
    for flow in (parse_dataflow("flat-opt").with_factors("imperfect"), "flat-opt", "flat-r16"):
        (question,) = asked(flow, "gpt2", seq=64)
        assert not question.attention.mask.full


def test_a_mapping_of_the_users_stands_for_a_dataflow() -> None:
    (question,) = asked("flat-r16")
    mapping = mapped(question, question.attention)
    (given,) = asked(None, mapping=mapping)
    assert mapped(given, given.attention) == mapping


def test_a_flow_has_what_is_said_of_it() -> None:
    flow = flow_of("flat-r16", ["k", "v"], "perfect")
    assert (flow.stage, flow.factors) == ({"K", "V", "S"}, "perfect")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dataflow": "flat-opt", "overflow": "spill"}, "overflow: flat-opt is searched among what fits"),
        ({"space": "weight-stationary"}, "space: flat-r16 is not searched"),
        ({"dataflow": None, "mapping": "mine.yaml", "space": "weight-stationary"}, "space: a mapping"),
        ({"level": "chip"}, "level: unknown choice"),
        ({"softmax": "none"}, "softmax: unknown choice"),
        ({"overflow": "drop"}, "overflow: unknown choice"),
        ({"skip": "all"}, "skip: unknown choice"),
        ({"latent": "absorbed"}, "latent: no model with latent attention"),
        ({"workload": "deepseek-v3", "seq": 64, "latent": "both"}, "latent: unknown choice"),
        ({"level": "model"}, "level: a block or model is needed"),
        (
            {"workload": "t5-base", "seq": 64, "level": "model", "dataflow": None, "mapping": "mine.yaml"},
            "mapping: a mapping is of one attention layer",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(given, said) -> None:
    with pytest.raises(FlatError, match=said):
        answer_of(asked(**given), lambda question: answered(question, ENGINE))
