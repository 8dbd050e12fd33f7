from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.zoo import MODELS, find_model


@pytest.mark.parametrize(
    ("name", "heads", "hidden", "head_dim", "feed_forward", "layers"),
    [
        ("bert-base", 12, 768, 64, 3072, 12),
        ("transformer-xl", 16, 1024, 64, 4096, 18),
        ("flaubert-large", 16, 1024, 64, 4096, 24),
        ("t5-small", 8, 512, 64, 2048, 6 + 6),
        ("xlm", 16, 2048, 128, 8192, 12),
    ],
)
def test_the_workloads_of_the_paper(name, heads, hidden, head_dim, feed_forward, layers):
    model = MODELS[name]
    assert (model.heads, model.hidden, model.head_dim) == (heads, hidden, head_dim)
    assert (model.feed_forward, model.layers) == (feed_forward, layers)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_can_be_used_as_it_is(name):
    model = MODELS[name]
    assert model.name == name
    assert model.source
    assert model.attention().keys == model.tokens
    assert model.heads * model.head_dim == model.hidden
    assert len(model.block().operators()) == (9 if model.gated else 8)


@pytest.mark.parametrize(
    ("name", "millions"), [("gpt-3", 173_946), ("llama-3-8b", 6_979), ("llama-3-70b", 68_451)]
)
def test_weights_in_matrices(name, millions):
    """The published parameter counts, less embeddings and norms."""
    model = MODELS[name]
    weights = sum(op.words("W") for op in model.block().operators() if has_weights(op))
    assert model.layers * weights // 10**6 == millions


def has_weights(operator):
    return any(tensor.name == "W" for tensor in operator.tensors)


def test_names_are_forgiving():
    assert find_model("BERT_Base") is MODELS["bert-base"]


def test_a_close_name_is_suggested():
    with pytest.raises(FlatError, match="unknown model .*'bert-bse'.* one of bert-base"):
        find_model("bert-bse")


def test_without_a_close_name_all_are_listed():
    with pytest.raises(FlatError, match="bert-base, transformer-xl, .*whisper-base"):
        find_model("?")
