from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.workload import find_model
from flat_plugin.workload.configurations import config_file, read_config

BERT = dict(
    model_type="bert",
    hidden_size=768,
    num_attention_heads=12,
    num_hidden_layers=12,
    intermediate_size=3072,
    max_position_embeddings=512,
    hidden_act="gelu",
)
GPT2 = dict(model_type="gpt2", n_embd=768, n_head=12, n_layer=12, n_inner=None, n_positions=1024)
T5 = dict(model_type="t5", d_model=512, num_heads=8, num_layers=6, d_kv=64, d_ff=2048, n_positions=512)
LLAMA = dict(
    model_type="llama",
    hidden_size=4096,
    num_attention_heads=32,
    num_hidden_layers=32,
    num_key_value_heads=8,
    intermediate_size=14336,
    max_position_embeddings=8192,
    hidden_act="silu",
)
WHISPER = dict(
    model_type="whisper",
    d_model=512,
    encoder_attention_heads=8,
    encoder_ffn_dim=2048,
    encoder_layers=6,
    decoder_layers=6,
    decoder_attention_heads=8,
    decoder_ffn_dim=2048,
    max_source_positions=1500,
)
VIT = {k: v for k, v in BERT.items() if k != "max_position_embeddings"} | dict(
    model_type="vit", image_size=224, patch_size=16
)
XLM = dict(model_type="xlm", emb_dim=2048, n_heads=16, n_layers=12, max_position_embeddings=512)
TRANSFORMER_XL = dict(model_type="transfo-xl", d_model=1024, n_head=16, n_layer=18, d_inner=4096, d_head=64)


def sizes(model):
    return (
        model.layers,
        model.heads,
        model.hidden,
        model.head_dim,
        model.feed_forward,
        model.tokens,
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (BERT, (12, 12, 768, 64, 3072, 512)),
        (VIT, (12, 12, 768, 64, 3072, 197)),
        (GPT2, (12, 12, 768, 64, 3072, 1024)),
        (T5, (12, 8, 512, 64, 2048, 512)),
        (LLAMA, (32, 32, 4096, 128, 14336, 8192)),
        (WHISPER, (12, 8, 512, 64, 2048, 448)),
        (XLM, (12, 16, 2048, 128, 8192, 512)),
        (TRANSFORMER_XL, (18, 16, 1024, 64, 4096, None)),
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else "",
)
def test_families(read, fields, expected):
    assert sizes(read(fields)) == expected


def test_a_type_is_known_or_refused(read):
    with pytest.raises(FlatError, match="model_type: missing field"):
        read(BERT, model_type=None)
    with pytest.raises(
        FlatError, match=r"model_type: not a type that is known \(got 'lama'\); expected llama or"
    ):
        read(LLAMA, model_type="lama")


def test_name_and_source(read):
    assert read(BERT).name == "toy"
    assert read(BERT, _name_or_path="google-bert/bert-base-uncased").name == "bert-base-uncased"
    assert read(BERT).source == "Hugging Face config.json, model_type bert"


def test_a_folder_will_do(read, tmp_path):
    model = read(BERT)
    assert read_config(str(tmp_path / "toy")) == model


def test_grouped_queries_and_explicit_heads(read):
    assert read(LLAMA).kv_heads == 8
    assert read(LLAMA, num_key_value_heads=None).kv_heads == 32
    assert read(LLAMA, model_type="gemma", head_dim=256).head_dim == 256
    assert read(GPT2, model_type="gpt_bigcode", multi_query=True).kv_heads == 1
    assert read(GPT2, attention_head_type="multiquery").kv_heads == 1


def test_gated_feed_forward(read):
    assert read(LLAMA).gated
    assert read(LLAMA, model_type="gemma", hidden_act="gelu_pytorch_tanh").gated
    assert read(T5, feed_forward_proj="gated-gelu").gated
    assert not read(T5, feed_forward_proj="relu").gated
    assert not read(BERT).gated


def test_feed_forward_of_gpt2(read):
    assert read(GPT2, n_inner=100).feed_forward == 100


def test_layers_of_t5(read):
    assert read(T5, num_decoder_layers=2).layers == 8
    with pytest.raises(FlatError, match="is_encoder_decoder: one side alone is not modelled"):
        read(T5, is_encoder_decoder=False)


def test_cross_attention_is_a_kind_of_its_own(read):
    model = read(WHISPER)
    assert [(times, layer.kind) for times, layer in model.stack] == [
        (6, "encoder"),
        (6, "decoder"),
        (6, "cross"),
    ]
    encoder, decoder, cross = (block.attention for _, block in model.blocks())
    assert (encoder.queries, encoder.keys) == (1500, 1500)
    assert (decoder.queries, decoder.keys) == (448, 448)
    assert (cross.queries, cross.keys) == (448, 1500)
    step = model.decoding()
    assert [layer.kind for _, layer in step.stack] == ["decoder", "cross"]
    assert [(b.attention.queries, b.attention.keys) for _, b in step.blocks()] == [(1, 448), (1, 1500)]


def test_positions_begin_behind_the_padding(read):
    assert read(BERT, model_type="roberta", max_position_embeddings=514, pad_token_id=1).tokens == 512
    assert read(BERT, max_position_embeddings=514, pad_token_id=1).tokens == 514


def test_image_tokens(read):
    assert read(VIT, image_size=384).tokens == 577
    assert read(VIT, model_type="deit").tokens == 198
    with pytest.raises(FlatError, match="patch_size: a patch is larger"):
        read(VIT, patch_size=500)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": None}, "hidden_size: missing field"),
        ({"intermediate_size": None}, "intermediate_size: missing field"),
        ({"is_decoder": "yes"}, "is_decoder: wrong type .*true or false"),
        ({"pruned_heads": {"0": [1]}}, "pruned_heads: pruned heads are not modelled"),
        ({"per_layer_config": {"0": {}}}, "per_layer_config: sizes of single layers"),
        ({"num_hidden_layers": "12"}, "num_hidden_layers: not a whole number but a str"),
        ({"num_hidden_layers": True}, "num_hidden_layers: not a whole number but a bool"),
        ({"hidden_size": 768.0}, "hidden_size: not a whole number but a float"),
        ({"num_attention_heads": -12}, "num_attention_heads: a size must be positive .*-12"),
        ({"num_attention_heads": 0}, "num_attention_heads: a size must be positive"),
        ({"num_attention_heads": 7}, "num_attention_heads: hidden_size 768 is not a multiple"),
        ({"max_position_embeddings": -1}, "max_position_embeddings: a size must be positive"),
        ({"hidden_size": 2**50}, "hidden_size: a size that is too large"),
        ({"model_type": "mamba"}, "model_type: a model without attention"),
        ({"model_type": 3}, "model_type: wrong type .*a text"),
    ],
)
def test_a_bad_field_is_named_with_its_file(read, changes, message):
    with pytest.raises(FlatError, match=r"toy/config\.json: .*" + message):
        read(BERT, **changes)


def test_key_value_heads_are_shared_evenly(read):
    with pytest.raises(FlatError, match="num_key_value_heads: num_attention_heads 32 is .*a divisor of 32"):
        read(LLAMA, num_key_value_heads=5)


def test_what_is_not_understood_is_named(read):
    assert "not understood, and not used: num_experts" in read(BERT, num_experts=8).notes
    assert read(LLAMA, rope_theta=5.0, vocab_size=7).stack == read(LLAMA).stack


def test_what_the_file_leaves_to_the_class_is_named(read):
    model = read(
        {"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "num_hidden_layers": 34}}
    )
    assert (model.layers, model.heads, model.kv_heads, model.head_dim) == (34, 8, 4, 256)
    assert any("text_config.num_key_value_heads 4" in note for note in model.notes)


def test_the_output_head_of_what_writes(read):
    def head(fields, **changes):
        return [section.name for section in read(fields, vocab_size=1000, **changes).beside]

    assert head(LLAMA) == head(LLAMA, architectures=["LlamaForCausalLM"]) == ["output head"]
    assert head(GPT2, architectures=["GPT2LMHeadModel"]) == ["output head"]
    assert head(LLAMA, architectures=["LlamaModel"]) == []
    assert head(LLAMA, architectures=["LlamaForSequenceClassification"]) == []
    assert head(BERT) == []
    assert read(LLAMA, vocab_size=1000).weights["head"] == 4096 * 1000


def test_a_field_by_two_names_is_one_field(read):
    assert read(GPT2, hidden_size=768).hidden == 768
    with pytest.raises(FlatError, match="differs from n_embd, which is the same field"):
        read(GPT2, hidden_size=512)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[1]", "not a JSON object .*list"),
        (b"null", "not a JSON object"),
        (b'{"hidden_size": 1, "hidden_size": 2}', "hidden_size: given twice"),
        (b"{}", "model_type: missing field"),
    ],
    ids=["empty", "cut", "binary", "deep", "long", "list", "null", "twice", "nothing"],
)
def test_bad_content(tmp_path, content, message):
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises(FlatError, match=r"config\.json: .*" + message):
        read_config(file)


def test_missing_file(tmp_path):
    with pytest.raises(FlatError, match=r"none\.json: no such file"):
        read_config(tmp_path / "none.json")
    with pytest.raises(FlatError, match=r"config\.json: no such file"):
        read_config(tmp_path)


def test_a_huge_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(config_file, "LIMIT_BYTES", 10)
    (tmp_path / "config.json").write_text(json.dumps(BERT))
    with pytest.raises(FlatError, match="too large"):
        read_config(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.sampled_from([BERT, VIT, GPT2, T5, LLAMA, WHISPER, XLM]), data=st.data())
def test_any_value_in_any_field_is_read_or_refused(read, fields, data):
    changes = {data.draw(st.sampled_from(sorted(fields))): data.draw(JSON)}
    try:
        model = read(fields, **changes)
    except FlatError as error:
        assert "config.json" in str(error)
    else:
        assert model.attention(8).softmax_elements >= 64


def test_bounds_of_scores_and_logits_are_said_not_to_be_counted(read):
    file = {"model_type": "gemma2", "attn_logit_softcapping": 50.0, "final_logit_softcapping": None}
    caps = [note for note in read(file).notes if "tanh" in note]
    assert caps == ["attn_logit_softcapping: the tanh that bounds scores is not counted"]
    assert len([note for note in find_model("gemma-2-9b").notes if "tanh" in note]) == 2
