from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload import describe
from flat_plugin.workload.zoo import MODELS, find_model, parameters_of


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
    assert model.attention().keys in (model.tokens, model.source_tokens)
    assert describe(model).document["linear_weights"] == model.linear_weights
    assert sum(block.tokens for _, block in model.blocks()) > 0


def test_forty_models_and_more():
    assert len(MODELS) >= 50
    checked = [name for name in MODELS if parameters_of(name)]
    # The workloads of the FLAT paper are as in its data, and whisper-base is an encoder alone.
    assert set(MODELS) - set(checked) == {
        "transformer-xl",
        "flaubert-large",
        "t5-small",
        "xlm",
        "whisper-base",
    }


@pytest.mark.parametrize("name", [name for name in MODELS if parameters_of(name)])
def test_published_parameters(name):
    """To 1.5 %, embedding tables among them; norms and biases are not counted."""
    model = MODELS[name]
    assert model.parameters == pytest.approx(parameters_of(name), rel=0.015)
    assert model.tables is not None and model.tables > 0


@pytest.mark.parametrize(
    ("name", "embeddings", "rest"),
    [("gemma-3-4b", 675e6, 3209e6), ("gemma-3-27b", 1416e6, 25600e6)],
)
def test_embeddings_are_told_apart(name, embeddings, rest):
    """Gemma 3, arXiv 2503.19786, table 1."""
    model = MODELS[name]
    assert model.tied
    assert model.tables == pytest.approx(embeddings, rel=0.015)
    assert model.parameters - model.tables == pytest.approx(rest, rel=0.015)


@pytest.mark.parametrize(
    ("name", "experts", "others"),
    [("gpt-oss-20b", 19.12e9, 0.64e9), ("gpt-oss-120b", 114.71e9, 0.96e9)],
)
def test_experts_are_told_apart(name, experts, others):
    """gpt-oss, arXiv 2508.10925, table 1: feed-forward, and attention."""
    weights = MODELS[name].weights
    assert weights["experts"] == pytest.approx(experts, rel=0.015)
    assert weights["linear"] == pytest.approx(others, rel=0.015)


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


def test_weights_of_fewer_bits_as_published():
    """Models that are published in fewer bits alone; experts share a scale of 8 bits by 32."""
    published = {name: find_model(name).widths.to_dict() for name in MODELS}
    narrow = {"gpt-oss-20b": {"WE": 4.25}, "gpt-oss-120b": {"WE": 4.25}, "deepseek-v3": {"W": 8}}
    narrow["kimi-k2"] = {"W": 8}
    assert {name: bits for name, bits in published.items() if bits} == narrow


def test_names_are_forgiving():
    assert find_model("BERT_Base") is MODELS["bert-base"]


def test_a_close_name_is_suggested():
    with pytest.raises(FlatError, match="unknown model .*'bert-bse'.* expected bert-base"):
        find_model("bert-bse")


def test_without_a_close_name_the_list_is_named():
    with pytest.raises(FlatError, match="one of the [0-9]+ in `flat list models`"):
        find_model("?")
