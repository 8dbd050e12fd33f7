"""Norms and activations of every type whose steps are known, against the real modules.

``norms``: recorded by ``benchmarks/record_norms.py`` (transformers 5.24.0, meta device): defaults of the
classes and fields that change them, weights of norms by module, names of activations.
"""

import gzip
import json
from pathlib import Path

import pytest

from flat_plugin.workload import find_model
from flat_plugin.workload.configurations.element_steps import KNOWN
from flat_plugin.workload.elementwise import Steps

FILE = Path(__file__).parents[2] / "reference" / "huggingface" / "norms.jsonl.gz"
RECORDED = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines()]
SAME = {"gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "gelu_fast": "gelu"}


def weights(model):
    """Of all norms of layers: as many as they are wide; of heads that are normed one by one, as a head."""
    found = 0
    for times, layer in model.stack:
        steps = layer.steps
        if steps is None:
            continue
        halves = 2 if layer.feed_forward else 1
        found += times * layer.hidden * steps.each * (1 if steps.once else halves)
        if steps.heads == "whole":
            found += times * layer.head_dim * (layer.heads + layer.kv_heads)
        elif steps.heads == "each" and steps.head_norm != "l2_norm":
            found += times * layer.head_dim * 2
        if layer.latent:
            found += times * (layer.latent.rank + (layer.latent.query_rank or 0))
    return found


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["config"]["model_type"])
def test_norms_and_activations_of_the_real_module(read, case):
    model = read(case["config"])
    own = [(shape, times) for name, shape, times in case["norms"] if shape and "#" in name]
    less = model.hidden if case["config"]["model_type"].startswith("modernbert") else 0  # of the first layer
    assert weights(model) == sum(shape[-1] * times for shape, times in own) + less
    activations = {layer.steps.activation for _, layer in model.stack if layer.steps}
    named = {SAME.get(name, name) for name in case["activations"]} - {"tanh"}  # of poolers
    if case["activations"]:
        assert activations <= named


def test_almost_every_known_type_is_recorded():
    """Two have code of their own: InternLM2 and Kimi are as Llama and DeepSeek V3."""
    assert set(KNOWN) - {case["config"]["model_type"] for case in RECORDED} == {"internlm2", "kimi_k2"}


def test_an_activation_that_is_not_known(read):
    model = read({"model_type": "llama", "hidden_act": "xielu"})
    assert model.first.steps is None


def test_every_model_by_name_has_its_steps():
    for name in ("llama-3-8b", "mistral-7b", "bert-base", "llama-4-scout", "gpt-oss-20b", "deepseek-v3"):
        assert all(layer.steps for _, layer in find_model(name).stack), name
    scout = find_model("llama-4-scout")
    assert {layer.own.chunk is None: layer.steps.heads for _, layer in scout.stack} == {
        True: None,
        False: "each",
    }
    assert find_model("gemma-2-9b").first.steps == Steps("rms_norm", "gelu", each=2)
