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
from flat_plugin.workload.elementwise import Elementwise, Steps

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
    shapes = {True: [], False: []}  # of layers, and beside them
    for name, shape, times in case["norms"]:
        if shape:
            shapes["#" in name].append(shape[-1] * times)
    # ModernBERT's norm of embeddings stands for one that its first layer has less
    moved = model.hidden if case["config"]["model_type"].startswith("modernbert") else 0
    assert weights(model) == sum(shapes[True]) + moved
    outside = model.outer_norms(None if model.tokens else 16)
    assert sum(times * norm.width for times, norm in outside) == sum(shapes[False]) - moved
    assert {norm.step for _, norm in outside} <= {model.first.steps.norm}
    activations = {layer.steps.activation for _, layer in model.stack if layer.steps}
    named = {SAME.get(name, name) for name in case["activations"]} - {"tanh"}  # of poolers
    if case["activations"]:
        assert activations <= named


def test_almost_every_known_type_is_recorded():
    """Two have code of their own: InternLM2 and Kimi are as Llama and DeepSeek V3."""
    assert set(KNOWN) - {case["config"]["model_type"] for case in RECORDED} == {"internlm2", "kimi_k2"}


def test_norms_beside_the_layers_are_of_all_tokens_of_their_stream(read):
    bert, whisper = find_model("bert-base"), find_model("whisper-small")
    (embedded,) = bert.outer_norms(128, batch=3)
    assert embedded == (1, Elementwise("embedding_norm", "layer_norm", 3 * 128, 768))
    assert [(norm.name, norm.rows) for _, norm in whisper.outer_norms()] == [
        ("final_norm", 1500),
        ("final_norm", 448),
    ]
    assert [norm.rows for _, norm in whisper.decoding().outer_norms()] == [1]


def test_the_image_encoder_of_clip_norms_a_token_of_an_image_at_its_end(read):
    model = read({"model_type": "clip_vision_model", "image_size": 224, "patch_size": 32})
    assert [(norm.name, norm.rows) for _, norm in model.outer_norms(batch=2)] == [
        ("embedding_norm", 2 * 50),
        ("final_norm", 2),
    ]


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
    assert find_model("gemma-2-9b").first.steps == Steps("rms_norm", "gelu", each=2, behind=1)
