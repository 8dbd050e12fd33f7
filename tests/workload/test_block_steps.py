"""Norms, activations and additions of blocks and models, counted by hand."""

from flat_plugin.workload import Attention, Block, find_model
from flat_plugin.workload.block_steps import steps_of
from flat_plugin.workload.elementwise import Steps
from flat_plugin.workload.requests import Requests


def block(steps, **sizes):
    attention = Attention(2, 4, 8, 8, 16, kv_heads=2)
    return Block(attention, hidden=64, feed_forward=96, steps=steps, **sizes)


def steps(block):
    found = {}
    for times, step in steps_of(block):
        found.setdefault(step.name, []).append((times, step.step, step.rows, step.width))
    return found


def test_a_block():
    """2 sequences of 8 tokens: two norms and two additions of the stream, and what is between."""
    assert steps(block(Steps("rms_norm", "silu"), gated=True)) == {
        "norm": [(2, "rms_norm", 16, 64)],
        "residual": [(2, "add", 16, 64)],
        "activation": [(1, "silu", 16, 96)],
    }


def test_halves_beside_each_other_have_one_norm_and_sandwiches_four():
    assert steps(block(Steps("layer_norm", "gelu", once=True)))["norm"] == [(1, "layer_norm", 16, 64)]
    assert steps(block(Steps("rms_norm", "gelu", each=2)))["norm"] == [(4, "rms_norm", 16, 64)]


def test_queries_and_keys_are_normed_by_head_or_whole():
    assert steps(block(Steps("rms_norm", "silu", heads="each")))["head_norm"] == [
        (1, "rms_norm", 16 * 4, 16),
        (1, "rms_norm", 16 * 2, 16),
    ]
    assert steps(block(Steps("rms_norm", "silu", heads="whole")))["head_norm"] == [
        (1, "rms_norm", 16, 4 * 16),
        (1, "rms_norm", 16, 2 * 16),
    ]


def test_a_step_of_decoding_has_the_new_tokens_alone():
    model = find_model("qwen3-8b").decoding()
    found = steps(model.block(4096, batch=8))
    assert found["norm"] == [(2, "rms_norm", 8, 4096)]
    assert found["head_norm"] == [(1, "rms_norm", 8 * 32, 128), (1, "rms_norm", 8 * 8, 128)]
    assert found["activation"] == [(1, "silu", 8, 12288)]


def test_requests_of_a_step_together():
    model = find_model("llama-3-8b").serving(Requests(3, 64), Requests(1, 64, queries=5))
    assert steps(model.block())["norm"] == [(2, "rms_norm", 3 + 5, 4096)]


def test_tokens_pass_through_the_experts_that_are_chosen_and_the_shared_ones():
    """DeepSeek V3: 8 of 256 experts of width 2048, and a shared one; two latent norms."""
    _, (_, second) = find_model("deepseek-v3").formed("expanded").blocks(16)
    found = steps(second)
    assert found["activation"] == [(1, "silu", 16 * 8, 2048), (1, "silu", 16, 2048)]
    assert found["latent_norm"] == [(1, "rms_norm", 16, 1536), (1, "rms_norm", 16, 512)]


def test_cross_attention_is_a_third_half():
    model = find_model("bart-large")
    norms = [steps(block)["norm"][0][0] for _, block in model.blocks(32)]
    assert norms == [2, 2, 1]


def test_layers_of_which_they_are_not_known():
    assert steps(block(None)) == {}
