"""A workload, and what is said of its size: each workload takes what it has."""

import pytest

from flat_plugin import find_model, parse_attention
from flat_plugin.errors import FlatError
from flat_plugin.workload.sized_workload import Sized
from flat_plugin.workload.widths import Widths

LAYER = parse_attention("B=1,H=2,M=64,N=64,D=16")


def forms(workload, **said):
    return Sized(workload, **said).forms(Widths())


def test_a_name_is_its_model():
    assert forms("gpt2") == (find_model("gpt2"),)


def test_new_tokens_make_a_step_of_decoding():
    (step,) = forms("gpt2", queries=2)
    assert step.name == "gpt2-decode2"


def test_widths_and_masks_are_said_of_all_layers():
    (layer,) = forms(LAYER, bits="K=8", mask="causal")
    assert layer.widths.K == 8 and str(layer.mask) == "causal"


def test_latent_attention_has_both_forms_unless_one_is_named():
    assert len(forms("deepseek-v2-lite")) == 2
    assert len(forms("deepseek-v2-lite", latent="absorbed")) == 1


@pytest.mark.parametrize(
    ("workload", "said", "message"),
    [
        (LAYER, {"queries": 2}, "queries: sizes by hand have their own queries"),
        (LAYER, {"experts": "all"}, "experts: sizes by hand have their own experts"),
        (LAYER, {"latent": "absorbed"}, "latent: no model with latent attention"),
        ("gpt2", {"latent": "absorbed"}, "latent: no model with latent attention"),
        ("gpt2", {"experts": "some"}, "experts: unknown choice .got 'some'"),
        ("gpt3", {}, "unknown model .got 'gpt3'.; expected gpt-3"),
    ],
)
def test_what_a_workload_does_not_have(workload, said, message):
    with pytest.raises(FlatError, match=message):
        forms(workload, **said)
