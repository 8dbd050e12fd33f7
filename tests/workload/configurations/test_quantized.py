"""Widths that a configuration states: of weights with their scales, and of cached keys and values."""

import json

import pytest

from flat_plugin.api import estimate
from flat_plugin.workload import read_config
from flat_plugin.workload.configurations.quantized import quantized

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
        ({"quant_method": "mxfp4"}, {}),
        ({"quant_method": "gptq", "bits": 4, "group_size": 100}, {}),
        ({"quant_method": "gptq", "bits": "four"}, {}),
        ({"quant_method": "compressed-tensors", "config_groups": {}}, {}),
        ("fp8", {}),
        ([8], {}),
    ],
)
def test_what_is_understood(given, bits):
    found = quantized({"quantization_config": given})
    assert found.widths.to_dict() == bits
    assert "quantization_config: " in found.note
    assert bits or "counted as words of the architecture's width" in found.note


def test_nothing_is_said_of_nothing():
    assert not quantized({}).note and not quantized({"quantization_config": None}).note


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
