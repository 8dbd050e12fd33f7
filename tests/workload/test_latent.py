"""Latent attention: both forms give the same output, and their products are those that give it."""

import json

import numpy as np
import pytest

from flat_plugin import compare
from flat_plugin.api import estimate, explain, pareto, save_mapping, search
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.workload import Attention, Model, parse_attention, read_config
from flat_plugin.workload.latent import Latent
from flat_plugin.workload.layer import Layer

HEADS, HIDDEN, KEY, VALUE, RANK, ROPE, QUERY_RANK = 3, 10, 5, 4, 6, 2, 7
LAYER = Layer(
    HEADS, HIDDEN, KEY + ROPE, 8, value_dim=VALUE, kind="decoder", latent=Latent(RANK, ROPE, QUERY_RANK)
)
TOY = Model("toy", stack=((2, LAYER),), tokens=6)

LITE = {
    "model_type": "deepseek_v2",
    "vocab_size": 102400,
    "hidden_size": 2048,
    "intermediate_size": 10944,
    "moe_intermediate_size": 1408,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "n_shared_experts": 2,
    "n_routed_experts": 64,
    "kv_lora_rank": 512,
    "q_lora_rank": None,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "qk_nope_head_dim": 128,
    "num_experts_per_tok": 6,
    "first_k_dense_replace": 1,
    "hidden_act": "silu",
    "max_position_embeddings": 163840,
}


def softmaxed(scores):
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return scores / scores.sum(axis=-1, keepdims=True)


def test_both_forms_give_the_same_output():
    """On real tensors: the absorbed form's keys are the latent tensor and the rotary part, its values the
    first words of each of these rows."""
    rng = np.random.default_rng(0)
    queries = rng.standard_normal((HEADS, 2, KEY + ROPE))
    latent, rotary = rng.standard_normal((9, RANK)), rng.standard_normal((9, ROPE))
    up_k, up_v = rng.standard_normal((HEADS, RANK, KEY)), rng.standard_normal((HEADS, RANK, VALUE))
    keys = np.concatenate([latent @ up_k, np.broadcast_to(rotary, (HEADS, 9, ROPE))], axis=-1)
    expanded = softmaxed(queries @ keys.swapaxes(1, 2)) @ (latent @ up_v)
    absorbed_queries = np.concatenate([queries[..., :KEY] @ up_k.swapaxes(1, 2), queries[..., KEY:]], axis=-1)
    joint = np.concatenate([latent, rotary], axis=-1)
    a = TOY.formed("absorbed").attention(seq=9, queries=2)
    assert joint.shape == (a.keys, a.head_dim) and a.joint and a.kv_heads == 1
    output = softmaxed(absorbed_queries @ joint.T) @ joint[:, : a.value_dim]
    np.testing.assert_allclose(output @ up_v, expanded, rtol=1e-9)


def test_the_products_of_both_forms():
    """Of a step with 2 new tokens against 9 keys; K and V are expanded from the latents of all of them."""
    sizes = {}
    for form in ("expanded", "absorbed"):
        block = TOY.decoding(2).formed(form).block(seq=9)
        sizes[form] = {e.name: tuple(e.sizes[d] for d in "HMKN" if d in e.sizes) for e in block.projections()}
    shared = {
        "project_q_down": (2, HIDDEN, QUERY_RANK),
        "project_q_up": (2, QUERY_RANK, HEADS * (KEY + ROPE)),
        "project_kv_down": (2, HIDDEN, RANK + ROPE),
        "project_o": (2, HEADS * VALUE, HIDDEN),
    }
    assert sizes["expanded"] == shared | {"project_kv_up": (9, RANK, HEADS * (KEY + VALUE))}
    assert sizes["absorbed"] == shared | {
        "absorb_k": (HEADS, 2, KEY, RANK),
        "absorb_v": (HEADS, 2, RANK, VALUE),
    }


def test_a_form_changes_no_weight():
    expanded, absorbed = TOY.formed("expanded"), TOY.formed("absorbed")
    assert expanded == TOY and absorbed.formed("expanded") == TOY
    assert absorbed.linear_weights == expanded.linear_weights
    weights = [
        sum(einsum.words("W") for einsum in model.block(seq=9).projections())
        for model in (expanded, absorbed)
    ]
    assert weights[0] == weights[1], "the absorbed products' weights are those of the expansion"


@pytest.fixture
def lite(tmp_path):
    (tmp_path / "lite.json").write_text(json.dumps(LITE))
    return read_config(tmp_path / "lite.json")


def test_decoding_absorbs_and_prefill_expands(lite):
    """DeepSeek-V2-Lite; the step fetches 576 words of every key, once for K and V."""
    step = estimate(lite, "cloud", "flat-h", seq=4096, queries=1)
    assert step.workload["layers"][0]["latent"] == "absorbed"
    assert step.traffic["K"].dram_reads == 4096 * 576 and step.traffic["V"].dram == 0
    assert "latent attention is absorbed here; expanded it takes" in step.notes[0]
    whole = estimate(lite, "cloud", "flat-h", seq=2048)
    (kind, *_) = whole.workload["layers"]
    assert (kind["latent"], kind["head_dim"], kind["value_dim"]) == ("expanded", 192, 128)
    every_head = whole.traffic["K"].bytes(0, 16)
    fewer = every_head * 64 / 192 * 15 / 16  # one head of 16 fetches 64 of 192 words for all
    (said,) = (
        note for note in whole.notes if note.startswith("the rotary part of K (64 of 192 words of a key)")
    )
    assert f"{every_head:,.0f} bytes of K in DRAM would be up to {fewer:,.0f} fewer" in said
    assert not any("rotary" in note for note in step.notes)
    told = estimate(lite, "cloud", "flat-h", seq=2048, latent="absorbed")
    assert told.workload["layers"][0]["head_dim"] == 576
    assert told.cycles * told.energy_pj > whole.cycles * whole.energy_pj


def test_macs_of_a_token(lite):
    """By hand: attention, projections, experts and the output head."""
    model = lite.decoding(1).formed("absorbed")
    scores = 16 * 1024 * (576 + 512)
    queries, down, output = 2048 * 16 * 192, 2048 * 576, 16 * 128 * 2048
    absorbing = 16 * 128 * 512 * 2
    dense, expert, router = 3 * 2048 * 10944, 3 * 2048 * 1408, 2048 * 64
    attention = 27 * (scores + queries + down + output + absorbing)
    feed_forward = dense + 26 * ((6 + 2) * expert + router)
    head = 2048 * 102400
    layers = sum(
        times * (sum(e.operations for e in block.attention.einsums()) + operations(block.around()))
        for times, block in model.blocks(1024)
    )
    assert layers + sum(operations(counted) for _, counted in model.sections(1024)) == (
        attention + feed_forward + head
    )
    step = estimate(lite, "cloud", "base", seq=1024, queries=1, level="model", latent="absorbed")
    counted = sum(work.computes for name, work in step.operators.items() if name != "softmax")
    assert counted == pytest.approx(attention + feed_forward + head, rel=1e-5), (
        "as Timeloop counts last tiles"
    )


def operations(counted):
    return sum(times * einsum.operations for times, einsum in counted)


def test_a_search_takes_the_cheaper_form(lite):
    """The step absorbs, and K is fetched once for V as well; prefill expands."""
    for asked, form in (({"seq": 4096, "queries": 1}, "absorbed"), ({"seq": 64}, "expanded")):
        found = search(lite, "cloud", dataflow="flat-opt", **asked)
        assert found.estimate.workload["layers"][0]["latent"] == form
        other = next(each for each in ("absorbed", "expanded") if each != form)
        assert (found.factors, found.perfect_because) == ("imperfect", "")
        worse = search(lite, "cloud", dataflow="flat-opt", latent=other, **asked)
        ratio = worse.value / found.value
        said = f"latent attention is {form} here; {other} it takes {ratio:.2f}× the edp, and "
        assert found.estimate.notes[0].startswith(said)
        named = search(lite, "cloud", dataflow="flat-opt", latent=form, **asked)
        assert named.mapping == found.mapping and "latent attention" not in named.estimate.notes[0]
        by_name = estimate(lite, "cloud", "flat-h", **asked)
        assert found.value <= by_name.cycles * by_name.energy_pj
        if form == "absorbed":
            traffic = found.estimate.traffic
            assert (traffic["K"].dram, traffic["V"].dram) == (4096 * 576, 0)


def test_a_search_says_the_products_that_one_form_has():
    asked = {"seq": 512, "queries": 1, "factors": "perfect"}
    (note, *_) = search(TOY, "edge", dataflow="base-opt", objective="energy", **asked).estimate.notes
    sums = {}
    for form, names in (("absorbed", ("absorb_k", "absorb_v")), ("expanded", ("project_kv_up",))):
        alone = search(TOY, "edge", dataflow="base-opt", objective="energy", latent=form, **asked).value
        block = estimate(TOY, "edge", "base", level="block", latent=form, **asked)
        sums[form] = alone + sum(block.operators[name].energy_pj for name in names)
    ratio = sums["expanded"] / sums["absorbed"]
    assert note.endswith(
        f"{ratio:.2f}× with the products that only one form has (absorb_k, absorb_v; project_kv_up)"
    )


def test_a_mapping_that_is_kept_says_its_form(lite, tmp_path):
    found = search(lite, "cloud", dataflow="flat-opt", seq=512, queries=1)
    save_mapping(found.mapping, lite, "cloud", tmp_path / "best.yaml", seq=512, queries=1)
    again = estimate(lite, "cloud", mapping=tmp_path / "best.yaml", seq=512, queries=1)
    assert (again.cycles, again.energy_pj) == (found.estimate.cycles, found.estimate.energy_pj)
    assert again.notes[0] == "latent attention is absorbed, as the mapping has it"


@pytest.mark.parametrize("factors", ["perfect", "imperfect"])
def test_searches_look_at_both_forms_with_any_factors(factors):
    found = search(TOY, "edge", seq=67, queries=1, dataflow="flat-opt", factors=factors)
    assert found.estimate.notes[0].startswith("latent attention is absorbed here; expanded it takes")
    answer = estimate(TOY, "edge", "flat-opt", seq=67, queries=1, factors=factors)
    assert answer.notes[0].startswith("latent attention is absorbed here")
    assert (answer.cycles, answer.energy_pj) == (found.estimate.cycles, found.estimate.energy_pj)


def test_a_front_is_of_one_form():
    with pytest.raises(FlatError, match="latent: a front is of one form"):
        pareto(TOY, "edge", seq=8)
    front = pareto(TOY, "edge", seq=8, queries=1, latent="absorbed")
    assert front.to_dict()["workload"]["layers"][0]["latent"] == "absorbed"


def test_the_form_is_explained(lite):
    found = explain(lite, "cloud", "flat-h", seq=512, queries=1)
    (step,) = [step for step in found.steps if step.name == "attend"]
    assert not any(count.level == "DRAM" and count.tensor == "V" for count in step.counts)
    assert sum(step.energy_pj for step in found.steps) == pytest.approx(found.estimate.energy_pj)
    assert compare("base", "flat-h", lite, "cloud", seq=512, queries=1, latent="absorbed").figures


def test_mistakes(lite):
    with pytest.raises(FlatError, match="absorbed or expanded|expanded or absorbed"):
        estimate(lite, "cloud", seq=64, latent="both")
    with pytest.raises(FlatError, match="no model with latent attention"):
        estimate("bert-base", latent="absorbed")
    with pytest.raises(FlatError, match="V is wider than K"):
        Attention(1, 2, 4, 4, 8, 9, joint=True)
    with pytest.raises(FlatError, match="one width"):
        parse_attention("B=1,H=2,KV=1,M=4,D=8,E=4,V=K") and Attention(
            1, 2, 4, 4, 8, 4, widths="K=8,V=4", joint=True
        )
    joint = parse_attention("B=1,H=2,KV=1,M=4,D=8,E=4,V=K")
    with pytest.raises(FlatError, match="latent"):
        search(joint, latent="absorbed")


def test_sizes_by_hand():
    layer = parse_attention("B=1,H=16,KV=1,M=1,N=64,D=576,E=512,v=k")
    assert layer.joint and layer == Attention(1, 16, 1, 64, 576, 512, 1, joint=True)
    for text in ("B=1,H=16,M=1,D=576,V=K,V=K", "B=1,H=16,M=1,D=576,K=V", "B=1,H=16,M=1,D=576,V=8"):
        with pytest.raises(FlatError):
            parse_attention(text)


def test_what_does_not_fit_in_one_form_is_taken_in_the_other():
    """Absorbed K is one tensor that fits; the expanded form's of all heads do not, with everything staged."""
    wide = Model(
        "wide",
        stack=((1, Layer(64, 64, 96, 8, value_dim=64, kind="decoder", latent=Latent(64, 32))),),
        tokens=64,
    )
    found = estimate(wide, "edge", "flat-b", seq=1024, queries=1)
    assert found.workload["layers"][0]["latent"] == "absorbed"
    assert "expanded it does not fit" in found.notes[0]
    with pytest.raises(InvalidMapping):
        estimate(wide, "edge", "flat-b", seq=1024, queries=1, latent="expanded")
