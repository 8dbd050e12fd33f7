from __future__ import annotations

import pytest

from flat_plugin.report.read.parts import scope_of
from flat_plugin.workload import MODELS
from flat_plugin.workload.attention import Attention


@pytest.mark.parametrize(
    ("operator", "scope"),
    [
        ("logit", "attention"),
        ("softmax", "attention"),
        ("overflow", "attention"),
        ("project_kv_up", "projections"),
        ("ff_gate", "feed-forward"),
        ("fuller_expert_up", "feed-forward"),
        ("output_head", "others"),
        ("patch_embedding", "others"),
    ],
)
def test_what_an_operator_is_of(operator, scope):
    assert scope_of(operator) == scope


def test_of_every_model_the_attention_alone_is_attention():
    """Whatever stands around it runs alone, and its cycles are told from the latency by that."""
    attention = {einsum.name for einsum in Attention(1, 1, 1, 1, 1).einsums()}
    for model in MODELS.values():
        around = [e.name for _, block in model.blocks(64) for _, e in block.around()]
        beside = [e.name for _, counted in model.sections() for _, e in counted]
        assert all(scope_of(name) != "attention" for name in (*around, *beside))
        assert all(scope_of(name) == "attention" for name in attention)
