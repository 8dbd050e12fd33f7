"""What lists of modules mean: names of all layers, of some, and what is no module of a layer."""

import pytest

from flat_plugin.workload.configurations.converted import Rule, bits_of_parts
from flat_plugin.workload.experts import Experts
from flat_plugin.workload.latent import Latent
from flat_plugin.workload.layer import Layer

DENSE = ((4, Layer(4, 64, 16, 128)),)
LATENT = ((4, Layer(4, 64, 24, 32, value_dim=16, latent=Latent(32, 8, 16), experts=Experts(8, 2))),)


def parts(*kept, stack=DENSE):
    return bits_of_parts([Rule(8), Rule(None, kept)], stack)


@pytest.mark.parametrize(
    "kept",
    [
        ("re:.*self_attn.*",),
        (r"re:model\.layers\.\d+\.self_attn\..*",),
        ("model.layers.*.self_attn",),
        ("self_attn",),
        ("attention",),  # as other types call it
        tuple(f"model.layers.{i}.self_attn" for i in range(4)),
        tuple(f"layers.{i}.self_attn.{name}_proj" for i in range(4) for name in "qkvo"),
        ("q_proj", "k_proj", "v_proj", "o_proj"),
        # Expressions that are of something outside the layers, too, or leave it out.
        ("re:.*(lm_head|self_attn).*",),
        (r"re:^(?!.*(lm_head|mlp)).*",),
        (r"re:^(?!vision).*self_attn.*",),
    ],
)
def test_the_attention_of_all_layers(kept):
    assert parts(*kept) == {"attention": None, "feed_forward": 8}


@pytest.mark.parametrize(
    "kept",
    [
        ("model.layers.0.self_attn",),
        ("model.layers.0",),
        ("q_proj",),
        ("c_attn",),  # no product that is known
        (r"re:.*(a+)+b",),
        ("re:" + "a" * 300,),
        ("re:a{99999999999999999999}",),
        ("re:.*[[s]elf_attn",),  # a set that later versions of Python may read otherwise
        (r"re:.*(lm_head|self_attn)+.*",),  # slow to match
        ("re:.*layernorm.*|.*self_attn.*",),
        (r"re:^(?!model\.layers\.0\.).*",),  # another prefix would have all
    ],
)
def test_some_layers_or_products_alone_have_no_answer(kept):
    assert parts(*kept) is None


@pytest.mark.parametrize(
    "kept",
    [
        (),
        ("lm_head", "model.embed_tokens"),
        ("re:visual.*", "model.norm"),
        ("model.mtp.layers.0",),
        ("re:.*lm_head$",),
    ],
)
def test_what_lies_outside_the_layers_changes_nothing(kept):
    assert parts(*kept) == {"attention": 8, "feed_forward": 8}


def test_a_number_is_that_of_a_layer_not_of_an_expert():
    assert parts("model.layers.0", stack=LATENT) is None


def test_experts_routers_and_latent_projections():
    kept = ("re:.*mlp.gate$", "kv_b_proj", "kv_a_proj_with_mqa", "q_a_proj", "q_b_proj", "o_proj")
    more = ("q_proj", "k_proj", "v_proj")
    assert parts(*kept, stack=LATENT) is None
    assert parts(*kept, *more, stack=LATENT) == {"attention": None, "experts": 8, "router": None}
    assert parts("experts", stack=LATENT) == {"attention": 8, "experts": None, "router": 8}


def test_the_last_rule_counts():
    rules = [Rule(None), Rule(4, ("mlp",)), Rule(8, ("re:.*mlp.*",)), Rule(None, ("lm_head",))]
    assert bits_of_parts(rules, DENSE) == {"attention": None, "feed_forward": 8}
