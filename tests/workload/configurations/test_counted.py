"""Multiply-accumulates of whole models against those that run in the real modules.

``counted_modules``: small configurations, their tokens, and the multiply-accumulates that torch's counter
finds in one forward pass (transformers 5.24.0, plain attention, without poolers): ``attention`` of products
of two activations, ``around`` of those with weights, convolutions among them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from flat_plugin.workload.positions import PositionScores

FILE = Path(__file__).parents[2] / "reference" / "huggingface" / "counted_modules.jsonl.gz"
CASES = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).decode().splitlines()]
CHUNKED = ("granite_speech5_encoder", "canine")  # whose modules skip what their masks leave out
WINDOWED = ("longformer",)  # whose module computes whole chunks of keys for its windows


def around(model, tokens):
    """Products with weights, but those of an output head, which the plain modules lack."""
    blocks = sum(
        times * count * einsum.operations
        for times, block in model.blocks(tokens)
        for count, einsum in block.around()
        if einsum.name != "position_scores"
    )
    beside = sum(
        count * einsum.operations
        for section, einsums in model.sections(tokens)
        for count, einsum in einsums
        if section.sort != "head" and einsum.name != "code_distances"  # of a codec: no matrix product there
    )
    return blocks + beside


def attention(model, tokens, masked):
    """Scores of keys and of positions, and their products with values."""
    found = 0
    for times, block in model.blocks(tokens):
        layer = block.attention
        scores = layer.needed_scores if masked else layer.batch * layer.heads * layer.queries * layer.keys
        found += times * scores * (layer.head_dim + layer.value_dim)
        positions = [each for each in block.others if isinstance(each, PositionScores)]
        for _, einsum in (each.over(layer.batch, layer.queries) for each in positions):
            found += times * einsum.operations
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['config']['model_type']}-{case['tokens']}")
def test_what_the_modules_multiply(read, case):
    model, model_type = read(case["config"]), case["config"]["model_type"]
    assert around(model, case["tokens"]) == case["around"]
    found = attention(model, case["tokens"], masked=model_type in CHUNKED)
    if model_type in WINDOWED:
        assert attention(model, case["tokens"], masked=True) < case["attention"] < found
    else:
        assert found == case["attention"]
