"""Decoders of text, in small: sizes, masks and weights of their layers by hand."""

import pytest
from toy_fields import SIZES, masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload import describe
from flat_plugin.workload.configurations import decoders
from flat_plugin.workload.products import Linear

LLAMA4 = SIZES | dict(
    model_type="llama4_text",
    num_key_value_heads=2,
    head_dim=16,
    num_local_experts=4,
    num_experts_per_tok=1,
    intermediate_size_mlp=128,
    attention_chunk_size=32,
)
SQUARE, GATED, PLAIN = 64 * 64, 3 * 64 * 96, 2 * 64 * 96


def only(reading):
    ((_, layer),) = reading.stack
    return layer


def test_llama():
    reading = decoders.llama(toy(num_key_value_heads=2))
    layer = only(reading)
    assert (reading.tokens, masks(reading)) == (512, [(4, "decoder", "causal")])
    assert (layer.heads, layer.kv_heads, layer.head_dim) == (4, 2, 16)
    assert layer.linear_weights == 2 * SQUARE + 2 * 64 * 32 + GATED
    assert only(decoders.llama(toy(), gated=False)).linear_weights == 4 * SQUARE + PLAIN


def test_a_gate_is_as_wide_as_the_queries():
    gate, *rest = only(decoders.llama(toy(head_dim=32), gate=True)).others
    assert (gate, rest) == (Linear("attention_gate", 64, 4 * 32), [])


def test_heads_may_not_differ_where_the_class_has_one_width():
    assert only(decoders.llama(toy(head_dim=32))).head_dim == 32
    with pytest.raises(
        FlatError, match="head_dim: 4 heads of this width are not hidden_size 64.*expected 16"
    ):
        decoders.llama(toy(head_dim=32), square=True)
    with pytest.raises(FlatError, match="head_dim: the class shares the width out"):
        decoders.llama(toy(head_dim=32), own_head_dim=False)
    assert only(decoders.llama(toy(num_key_value_heads=2), shared_heads=False)).kv_heads == 4


def test_windows_follow_the_list_of_kinds():
    kinds = ["sliding_attention", "full_attention"] * 2
    reading = decoders.llama(toy(layer_types=kinds, sliding_window=8))
    assert masks(reading) == [(2, "decoder", "causal,window=8"), (2, "decoder", "causal")]
    assert masks(decoders.llama(toy(sliding_window=8), windows=None)) == [(4, "decoder", "causal")]
    with pytest.raises(FlatError, match="layers of the kind 'mamba' are not known here"):
        decoders.llama(toy(layer_types=["mamba"] * 4))


def test_what_is_not_modelled_is_a_gap():
    (experts,) = decoders.llama(toy(num_experts=8, intermediate_size=None), experts="num_experts").gaps
    assert (experts.level, experts.value) == ("block", 8)
    (besides,) = decoders.llama(toy(odd_size=3), besides="odd_size").gaps
    assert (besides.level, besides.path) == ("block", "odd_size")


def test_layers_that_run_several_times(read):
    """Dory: halves of layers in turn; 2 + 3 × 4 + 2 layers run, of which 8 have weights of their own."""
    halves = ["sliding_attention", "mlp"] * 6 + ["full_attention", "mlp"] * 2
    sizes = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, vocab_size=None)
    sizes |= dict(intermediate_size=96, sliding_window=32, n_recurrent_loops=3, layer_types=halves)
    counts = dict(num_hidden_layers=16, n_input_layers=4, n_recurrent_layers=8, n_output_layers=4)
    model = read(sizes | counts, model_type="dory", max_position_embeddings=256)
    assert [(times, str(layer.own)) for times, layer in model.stack] == [
        (14, "causal,window=32"),
        (2, "causal"),
    ]
    own = 64 * 64 * 3 + 2 * 64 * 32 + 3 * 64 * 96
    assert model.linear_weights == 8 * own
    with pytest.raises(FlatError, match="n_input_layers: an odd number of halves"):
        read(sizes | counts, model_type="dory", n_input_layers=3)
    with pytest.raises(FlatError, match="not the sum of"):
        read(sizes | counts, model_type="dory", n_input_layers=2)


def test_layers_in_the_middle_run_again_where_no_list_says_their_kinds():
    """1 + 2 × 2 + 1: the fourth of the file's layers, the last to run, sees every key."""
    fields = toy(n_input_layers=1, n_output_layers=1, n_recurrent_loops=2, sliding_window=8)
    reading = decoders.dory(fields)
    assert masks(reading) == [(5, "decoder", "causal,window=8"), (1, "decoder", "causal")]
    assert reading.distinct == 4
    with pytest.raises(FlatError, match="not the kinds of layers"):
        decoders.dory(toy(n_recurrent_loops=2, layer_types=["full_attention", "conv"] * 2))


@pytest.mark.parametrize(
    ("fields", "options", "width"),
    [
        ({}, {}, 256),
        ({"n_inner": 100}, {}, 100),
        ({"n_inner": 100}, {"inner": None}, 256),
        ({"ffn": 80}, {"fixed": "ffn"}, 80),
    ],
)
def test_gpt_2_is_four_times_as_wide_inside(fields, options, width):
    layer = only(decoders.gpt2(toy(**fields), **options))
    assert (layer.feed_forward, layer.gated, layer.kv_heads) == (width, False, 4)


def test_one_key_head_in_either_spelling():
    assert only(decoders.gpt2(toy(multi_query=True))).kv_heads == 1
    assert only(decoders.gpt2(toy(multi_query=False))).kv_heads == 4
    assert only(decoders.gpt2(toy(attention_head_type="multiquery"))).kv_heads == 1
    with pytest.raises(FlatError, match="attention_head_type: unknown kind of heads"):
        decoders.gpt2(toy(attention_head_type="grouped"))


@pytest.mark.parametrize("family", [decoders.gpt2, decoders.opt])
def test_cross_attention_to_another_model_is_a_gap_of_the_block(family):
    fields = dict(ffn_dim=96)
    assert family(toy(**fields)).gaps == ()
    (gap,) = family(toy(**fields, add_cross_attention=True)).gaps
    assert (gap.level, gap.path) == ("block", "add_cross_attention")


def test_gpt_neo_lists_local_and_global_layers():
    wide, window = dict(intermediate_size=None), dict(window_size=8)
    found = [(2, "decoder", "causal"), (2, "decoder", "causal,window=8")]
    for kinds in (
        {"attention_types": [[["global", "local"], 2]]},
        {"attention_layers": ["global", "local"] * 2},
    ):
        reading = decoders.gpt_neo(toy(**kinds, **wide, **window))
        assert masks(reading) == found
        assert reading.stack[0][1].feed_forward == 256
    for wrong in ({"attention_types": [["global", "local"]]}, {"attention_layers": ["global"] * 3}):
        with pytest.raises(FlatError, match="attention_(types|layers): not"):
            decoders.gpt_neo(toy(**wrong, **window))


def test_widths_as_multiples_and_lengths_as_classes_have_them():
    assert only(decoders.gpt_neox_japanese(toy(intermediate_multiple_size=3))).feed_forward == 3 * 64
    assert (decoders.bloom(toy()).tokens, decoders.bloom(toy(seq_length=30)).tokens) == (2048, 30)
    assert only(decoders.bloom(toy())).feed_forward == 256


@pytest.mark.parametrize(
    ("fields", "kv_heads"),
    [
        (dict(new_decoder_architecture=True, num_kv_heads=2, multi_query=True), 2),
        (dict(new_decoder_architecture=False, num_kv_heads=2, multi_query=True), 1),
        (dict(new_decoder_architecture=False, num_kv_heads=2, multi_query=False), 4),
    ],
)
def test_falcon_has_its_key_heads_by_generation(fields, kv_heads):
    layer = only(decoders.falcon(toy(**fields)))
    assert (layer.kv_heads, layer.feed_forward) == (kv_heads, 256)
    assert only(decoders.falcon(toy(**fields, ffn_hidden_size=80))).feed_forward == 80


def test_mpt_has_four_times_the_width_and_heads_of_their_own():
    reading = decoders.mpt(toy(max_seq_len=300, attn_config={"attn_type": "multihead_attention"}))
    assert (reading.tokens, only(reading).feed_forward) == (300, 256)
    with pytest.raises(FlatError, match="expansion_ratio"):
        decoders.mpt(toy(max_seq_len=300, expansion_ratio=3))
    for odd in ({"attn_type": "multiquery_attention"}, [1], "multihead_attention"):
        with pytest.raises(FlatError, match="attn_config: another kind of attention"):
            decoders.mpt(toy(max_seq_len=300, attn_config=odd))


def test_a_prefix_of_no_length_is_refused():
    settings = {"attn_type": "multihead_attention", "prefix_lm": True}
    with pytest.raises(FlatError, match="attn_config: a prefix whose tokens see each other"):
        decoders.mpt(toy(max_seq_len=300, attn_config=settings))
    assert decoders.mpt(toy(max_seq_len=300, attn_config=settings | {"prefix_lm": False})).stack


def test_narrow_embeddings_are_projected_in_and_out():
    assert decoders.opt(toy(ffn_dim=80, narrow=64), narrow="narrow").beside == ()
    (section,) = decoders.opt(toy(ffn_dim=80, narrow=32), narrow="narrow").beside
    assert section.products == (Linear("project_in", 32, 64), Linear("project_out", 64, 32))


def test_xlm_is_causal_where_it_says_so():
    assert masks(decoders.xlm(toy(is_encoder=True))) == [(4, "encoder", "full")]
    assert masks(decoders.xlm(toy(is_encoder=True, causal=True))) == [(4, "decoder", "causal")]
    with pytest.raises(FlatError, match="is_encoder"):
        decoders.xlm(toy(is_encoder=False))


def test_products_with_relative_positions_are_gaps_at_every_level():
    reading = decoders.relative(toy(d_head=8, d_inner=80))
    assert (only(reading).head_dim, only(reading).feed_forward, reading.tokens) == (8, 80, None)
    assert [gap.level for gap in reading.gaps] == ["attention", "block"]
    further = decoders.relative(toy(d_head=8, d_inner=80, mem_len=4), causal=False)
    assert masks(further) == [(4, "encoder", "full")]
    assert further.gaps[-1].path == "mem_len"


def test_latent_attention_in_its_expanded_form():
    ranks = dict(q_lora_rank=24, kv_lora_rank=20)
    layer = only(decoders.latent(toy(qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=12, **ranks)))
    assert (layer.head_dim, layer.value_dim, layer.latent.rank, layer.latent.rope) == (24, 12, 20, 8)
    queries = 64 * 24 + 24 * 4 * 24
    keys_and_values = 64 * (20 + 8) + 20 * 4 * (16 + 12)
    assert layer.linear_weights == queries + keys_and_values + 4 * 12 * 64 + GATED


def test_heads_of_latent_values_that_share_the_width_out():
    """MiniCPM 3's file leaves it to the class: 64 over 4 heads."""
    sizes = dict(qk_nope_head_dim=16, qk_rope_head_dim=8, kv_lora_rank=20, q_lora_rank=10)
    assert only(decoders.latent(toy(**sizes), even_values=True)).value_dim == 16
    assert only(decoders.latent(toy(**sizes, v_head_dim=12), even_values=True)).value_dim == 12
    with pytest.raises(FlatError, match="v_head_dim: missing field"):
        decoders.latent(toy(**sizes))


def test_speech_has_its_prompts_projected():
    (section,) = decoders.speech(toy(latent_dim=10)).beside
    assert [product.width_in for product in section.products] == [10, 10]
    speakers = dict(num_speakers_embedding_dim=6, duration_delta_embedding_dim=7, audio_prompt_dim=9)
    (section,) = decoders.speech(toy(latent_dim=10, **speakers)).beside
    assert [product.width_in for product in section.products] == [10, 9, 6, 7]
    assert section.weights == 64 * (10 + 9 + 6 + 7)


def test_a_token_of_a_time_series_is_a_patch():
    fields = dict(patch_length=32, context_length=100)
    reading = decoders.timesfm(toy(**fields))
    assert reading.tokens == 3
    assert reading.beside[0].weights == 64 * 96 + 96 * 64 + 64 * 64
    assert decoders.timesfm(toy(**fields), narrow=False).beside[0].weights == 3 * 64 * 64
    assert decoders.timesfm(toy(patch_length=32, context_length=16)).tokens == 1


def test_codes_of_a_frame_are_a_gap_of_the_model():
    (gap,) = decoders.csm(toy(num_codebooks=32)).gaps
    assert (gap.level, gap.value) == ("model", 32)


def test_cpmant_has_other_names():
    layer = only(decoders.cpmant(toy(dim_head=8, dim_ff=80)))
    assert layer.linear_weights == 4 * 64 * 4 * 8 + 3 * 64 * 80


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, [(3, "decoder", "causal,chunk=32"), (1, "decoder", "causal")]),
        ({"no_rope_layer_interval": 2}, [(2, "decoder", "causal,chunk=32"), (2, "decoder", "causal")]),
        ({"no_rope_layers": [1, 0, 0, 0]}, [(1, "decoder", "causal,chunk=32"), (3, "decoder", "causal")]),
        (
            {"layer_types": ["full_attention", *["chunked_attention"] * 3]},
            [(1, "decoder", "causal"), (3, "decoder", "causal,chunk=32")],
        ),
        ({"attention_chunk_size": None}, [(4, "decoder", "causal")]),
    ],
)
def test_layers_within_chunks(read, fields, found):
    assert masks(read(LLAMA4 | fields)) == found


def test_a_step_reads_its_own_chunk(read):
    model = read(LLAMA4).decoding()
    assert [entry["scores"] for entry in describe(model, seq=70).document["layers"]] == [4 * 6, 4 * 70]


@pytest.mark.parametrize("fields", [{"no_rope_layers": [1]}, {"layer_types": ["sliding_attention"] * 4}])
def test_chunks_of_no_layer(read, fields):
    with pytest.raises(FlatError, match="layers"):
        read(LLAMA4 | fields)
