"""Any one field of a configuration changed, renamed or left out: the answer changes, or a note names it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.types import TYPES
from flat_plugin.workload.configurations.unused import UNUSED

RECORDED = Path(__file__).parents[2] / "reference" / "huggingface"
TWICE = {("bart", "num_hidden_layers"), ("m2m_100", "num_hidden_layers")}  # encoder_layers says the same


def lines(name):
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt") as stream:
        return [json.loads(line) for line in stream]


def files():
    """A configuration of every type that is recorded, by type: the largest, so that sizes tell."""
    known = json.loads(gzip.decompress((RECORDED / "known_configurations.json.gz").read_bytes()))
    edited = sorted(lines("edited_configurations"), key=lambda case: case["linear_weights"])
    cases = [*known.values(), *edited, *lines("default_configurations")]
    found = {case["config"]["model_type"]: case["config"] for case in cases}
    return {model_type: fields for model_type, fields in found.items() if model_type in TYPES}


FILES = files()


def changes(value):
    """Other values of a field: near, far, and of another type."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value * 2, value // 2)
    elif isinstance(value, float):
        yield value * 2 + 0.1
    elif isinstance(value, list):
        yield from (value[:-1], [])
    yield from (None, [17], {}, "zz", -5, 3, True)


def mutations(fields):
    """Files that differ in one field that may mean something, and that field's name."""
    for name, value in fields.items():
        if name in UNUSED and name != "model_type":
            continue
        left = {other: given for other, given in fields.items() if other != name}
        yield name, left
        yield name, left | {f"{name}_": value}
        yield from ((name, fields | {name: other}) for other in changes(value) if repr(other) != repr(value))


def answer(model):
    """What a reading decides of the figures and their description."""
    lengths = (model.tokens, model.source_tokens)
    return (model.stack, lengths, model.beside, model.distinct, model.gaps, model.source)


@pytest.mark.parametrize("model_type", sorted(FILES))
def test_no_field_is_silently_without_effect(read, model_type):
    fields = FILES[model_type]
    try:
        base = answer(read(fields))
    except FlatError:
        pytest.skip("refused as it is")
    for name, mutated in mutations(fields):
        try:
            model = read(mutated)
        except FlatError as error:
            assert "config.json" in str(error)
            continue
        told = answer(model) != base or any(name in note for note in model.notes)
        assert told or (model_type, name) in TWICE, (name, mutated.get(name, "gone"))


def test_every_reason_is_a_sentence_and_every_name_has_one():
    assert all(len(reason) > 20 and reason[0].islower() for reason in UNUSED.values())
    assert not {"hidden_size", "num_attention_heads", "sliding_window", "layer_types"} & set(UNUSED)
