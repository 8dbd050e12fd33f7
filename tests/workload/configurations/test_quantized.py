"""Widths that a configuration states: of weights with their scales, and of cached keys and values."""

import json
from dataclasses import replace

import pytest

from flat_plugin.api import estimate
from flat_plugin.workload import read_config
from flat_plugin.workload.configurations.quantized import quantized
from flat_plugin.workload.experts import Experts
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.products import Linear

LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
    "vocab_size": 100,
}
FP8 = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}
COMPRESSED = {
    "quant_method": "compressed-tensors",
    "config_groups": {"group_0": {"weights": {"num_bits": 4, "group_size": 128, "symmetric": True}}},
    "ignore": ["lm_head"],
    "kv_cache_scheme": {"num_bits": 8, "type": "float"},
}


ONE = ((2, Layer(4, 64, 16, 128, kind="decoder")),)
MIXED = ((1, Layer(4, 64, 16, 128)), (3, Layer(4, 64, 16, 32, experts=Experts(8, 2, shared=32))))
SPARSE = ((4, Layer(4, 64, 16, 32, experts=Experts(8, 2))),)


@pytest.mark.parametrize(
    ("given", "bits"),
    [
        (FP8, {"W": 8}),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, {"W": 4 + 20 / 128}),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, {"W": 8}),
        ({"quant_method": "awq", "bits": 4, "group_size": 64}, {"W": 4 + 20 / 64}),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False}, {"W": 8}),
        ({"load_in_4bit": True}, {"W": 4.5}),
        (COMPRESSED, {"W": 4.125, "K": 8, "V": 8}),
        ({**FP8, "modules_to_not_convert": ["lm_head", "model.embed_tokens"]}, {"W": 8}),
        # Not all layers are, or nobody knows how: nothing changes, and that is said.
        ({**FP8, "modules_to_not_convert": ["model.layers.0.self_attn"]}, {}),
        ({**FP8, "ignored_layers": ["model.layers.0.mlp.down_proj"]}, {}),
        ({**FP8, "modules_to_not_convert": "lm_head"}, {}),
        ({**FP8, "modules_to_not_convert": ["another_name"]}, {}),
        ({**FP8, "modules_to_not_convert": ["re:(.*)*self_attn"]}, {}),
        ({**FP8, "modules_to_not_convert": ["re:(self_attn"]}, {}),
        ({"quant_method": "gptq", "bits": 4, "group_size": 100}, {}),
        ({"quant_method": "gptq", "bits": "four"}, {}),
        ({"quant_method": "gptq", "bits": 4, "dynamic": {".*self_attn.*": {"bits": "eight"}}}, {}),
        ({"quant_method": "gptq", "bits": 4, "dynamic": ["-:.*self_attn.*"]}, {}),
        ({"quant_method": "gptq", "bits": 4, "dynamic": {"-:.*(lm_head|self_attn).*": {}}}, {"WF": 4}),
        ({"quant_method": "compressed-tensors", "config_groups": {}}, {}),
        ("fp8", {}),
        ([8], {}),
    ],
)
def test_what_is_understood(given, bits):
    found = quantized({"quantization_config": given}, ONE)
    assert found.widths.to_dict() == bits
    assert "quantization_config: " in found.note
    assert bits or "counted as words of the architecture's width" in found.note


@pytest.mark.parametrize("method", ["hqq", "torchao", "aqlm", "exl2", "quark", "quanto"])
def test_a_method_that_is_not_known_is_named(method):
    found = quantized({"quantization_config": {"quant_method": method, "bits": 4}}, ONE)
    assert not found.widths.to_dict()
    assert f"weights of fewer bits ({method})" in found.note and "--bits W=4" in found.note


@pytest.mark.parametrize(
    ("cache", "bits", "said"),
    [
        ({"kv_cache_quant_algo": "FP8"}, {"K": 8, "V": 8}, "8 bits a word of K and V"),
        ({"kv_cache_quant_algo": "NVFP4"}, {"K": 4.5, "V": 4.5}, "4.5 bits a word of K and V"),
        ({"kv_cache_quant_algo": "INT7"}, {}, "cached keys and values are counted as words"),
        ({"kv_cache_scheme": {"num_bits": "eight"}}, {}, "cached keys and values are counted as words"),
        ({"kv_cache_scheme": None, "kv_cache_quant_algo": None}, {}, "8 bits a weight"),
    ],
)
def test_widths_of_a_cache(cache, bits, said):
    given = {"quant_method": "modelopt", "quant_algo": "FP8", **cache}
    found = quantized({"quantization_config": given}, ONE)
    assert found.widths.to_dict() == {"W": 8, **bits}
    assert said in found.note
    assert ("K and V" in found.note or "keys and values" in found.note) == any(cache.values())


def group(bits, *targets, **more):
    return {"targets": list(targets), "weights": {"num_bits": bits, **more}}


def groups(*given):
    numbered = {str(i): each for i, each in enumerate(given)}
    return {"quant_method": "compressed-tensors", "config_groups": numbered}


MXFP4 = {"quant_method": "mxfp4"}
GPTQ = {"quant_method": "gptq", "bits": 4}
DENSE = r"re:.*mlp\.(gate|up|down)_proj.*"
NO_SHARED = "re:.*shared_experts.*"


@pytest.mark.parametrize(
    ("stack", "given", "bits"),
    [
        # An expression for every layer, or each layer by its number.
        (ONE, {**FP8, "ignored_layers": ["re:.*self_attn.*"]}, {"WF": 8}),
        (ONE, {**FP8, "ignored_layers": [f"model.layers.{i}.mlp" for i in (0, 1)]}, {"WA": 8}),
        (ONE, {**FP8, "ignored_layers": ["self_attn"]}, {"WF": 8}),
        # gpt-oss: the experts alone, whose words share a scale of 8 bits by 32.
        (SPARSE, MXFP4, {"WE": 4.25}),
        (SPARSE, {**MXFP4, "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}, {"WE": 4.25}),
        # Qwen3's routers; Llama 4's attention; Kimi's all but the experts that are chosen.
        (SPARSE, {**FP8, "ignore": [f"model.layers.{i}.mlp.gate" for i in range(4)]}, {"WA": 8, "WE": 8}),
        (MIXED, {**FP8, "ignore": ["re:.*self_attn", "re:.*router", "re:vision.*"]}, {"WF": 8, "WE": 8}),
        (MIXED, {**FP8, "ignore": ["re:.*self_attn.*", NO_SHARED, DENSE]}, {"WE": 8}),
        # The dense layers are the first.
        (MIXED, {**FP8, "ignore": ["model.layers.0.mlp", NO_SHARED]}, {"WA": 8, "WE": 8}),
        (MIXED, {**FP8, "ignore": ["model.layers.0.mlp.gate_proj", NO_SHARED]}, {}),
        # Groups of modules, the last of which counts.
        (ONE, groups(group(4, "re:.*mlp.*"), group(8, "self_attn")), {"WA": 8, "WF": 4}),
        (ONE, {**GPTQ, "dynamic": {"-:.*self_attn.*": {}}}, {"WF": 4}),
        (ONE, {**GPTQ, "dynamic": {"+:.*mlp.*": {"bits": 8}}}, {"WA": 4, "WF": 8}),
        (ONE, {**GPTQ, "dynamic": {"+:.*down.*": {"bits": 8}}}, {}),
    ],
)  # fmt: skip
def test_parts_of_the_layers(stack, given, bits):
    found = quantized({"quantization_config": given}, stack)
    assert found.widths.to_dict() == bits
    assert ("the others as they are" in found.note) == bool(bits)


def test_words_of_four_bits_and_a_fraction_share_a_scale_of_eight():
    narrow = groups(group(4, "Linear", type="float", group_size=16))
    for given in (narrow, {"quant_method": "modelopt", "quant_algo": "NVFP4"}):
        assert quantized({"quantization_config": given}, ONE).widths.to_dict() == {"W": 4.5}


def test_products_beside_those_that_have_names_are_not_guessed():
    """An output gate, say: whether its weights are converted, no list of the others tells."""
    gated = ((2, replace(ONE[0][1], others=(Linear("gate", 64, 64),))),)
    given = {"quantization_config": {**FP8, "ignore": ["re:.*self_attn.*"]}}
    assert not quantized(given, gated).widths
    assert quantized({"quantization_config": FP8}, gated).widths.W == 8


def test_nothing_is_said_of_nothing():
    assert not quantized({}, ONE).note and not quantized({"quantization_config": None}, ONE).note


def test_a_part_of_a_model_has_what_stands_around_it(tmp_path):
    """Of a model of images and text, the text's layers; the images' tower is not converted."""
    outer = {
        "model_type": "llava",
        "text_config": LLAMA,
        "vision_config": {"model_type": "clip_vision_model"},
    }
    kept = ["re:.*lm_head", "re:vision_tower.*", "multi_modal_projector"]
    (tmp_path / "config.json").write_text(
        json.dumps({**outer, "quantization_config": {**FP8, "ignore": kept}})
    )
    assert read_config(tmp_path).widths.to_dict() == {"W": 8}
    images = read_config(tmp_path, "vision")
    assert not images.widths and any("not used: quantization_config" in note for note in images.notes)


def test_a_model_of_fewer_bits(tmp_path):
    """Its weights move fewer bytes, but for the output head's; what is asked for goes before."""
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    plain = read_config(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, "quantization_config": COMPRESSED}))
    model = read_config(tmp_path)
    assert model.widths.to_dict() == {"W": 4.125, "K": 8, "V": 8}
    assert any("4.125 bits a weight" in note for note in model.notes)
    answers = [estimate(each, "edge", "base", level="model") for each in (plain, model)]
    for name, words in answers[1].traffic.items():
        if name.endswith(".W"):
            head = name.startswith(tuple(section.products[0].name for section in model.beside))
            assert words.bits == (None if head else 4.125), name
    assert answers[1].dram_bytes < answers[0].dram_bytes
    assert estimate(model, "edge", "base", bits="W=16,K=16,V=16").workload["bits"] == {}
