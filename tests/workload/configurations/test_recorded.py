"""Configurations with what they mean, recorded from the real modules (transformers 5.24.0, meta device).

``known_configurations``: published models and their sizes. ``default_configurations``: what the classes write
by themselves. ``edited_configurations``: the same with sizes drawn at random. The last two with the weights
of all linear layers of the module, without embeddings, output heads and poolers.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload import describe
from flat_plugin.workload.configurations.composite_models import WRAPPERS
from flat_plugin.workload.configurations.types import TYPES

RECORDED = Path(__file__).parents[2] / "reference" / "huggingface"


def lines(name):
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt") as stream:
        return [json.loads(line) for line in stream]


KNOWN = json.loads(gzip.decompress((RECORDED / "known_configurations.json.gz").read_bytes()))
DEFAULT = lines("default_configurations")
EDITED = lines("edited_configurations")


def weights(model):
    return describe(model, None if model.tokens else 8).document["linear_weights"]


@pytest.mark.parametrize("name", [name for name, model in KNOWN.items() if model["expected"]])
def test_published_models(read, name):
    model, expected = read(KNOWN[name]["config"]), KNOWN[name]["expected"]
    assert {field: getattr(model, field) for field in expected} == expected


@pytest.mark.parametrize("name", [name for name, model in KNOWN.items() if not model["expected"]])
def test_models_of_more_than_one_meaning_are_read_in_part(read, name):
    model = read(KNOWN[name]["config"])
    assert model.gaps or any("part of" in note for note in model.notes)


def test_defaults_of_the_classes(read):
    """Right, refused by name, or of a level below the blocks'; none wrong."""
    right, refused, below, whole = [], [], [], []
    for case in DEFAULT:
        try:
            model = read(case["config"])
        except FlatError as error:
            refused.append(str(error))
            continue
        found = weights(model)
        (below if found is None else right).append(model)
        whole += [model] * (not missing(model))
        assert found is None or found == pytest.approx(case["linear_weights"], rel=0.015), case["config"]
    assert all("not a type that is known" in reason for reason in refused)
    assert len(right) + len(below) >= ANSWERED
    assert len(whole) >= WHOLE


ANSWERED = 111  # of 117, at the level that they have
WHOLE = 105  # of 117, at model level


def missing(model):
    return describe(model, None if model.tokens else 8).document["not_modelled"]


def test_published_models_at_model_level(read):
    """All but a hybrid with experts."""
    gaps = {name for name, case in KNOWN.items() if missing(read(case["config"]))}
    assert gaps == {"jamba-v0.1"}


def test_defaults_with_sizes_drawn_at_random(read):
    assert len({case["config"]["model_type"] for case in EDITED}) > len(TYPES) * 0.7
    for case in EDITED:
        found = weights(read(case["config"]))
        assert found == pytest.approx(case["linear_weights"], rel=0.015), case["config"]


def test_the_documentation_lists_every_type():
    page = (Path(__file__).parents[3] / "docs" / "configurations.md").read_text("utf-8")
    listed = set(re.findall(r"`([^`]+)`", page.partition("## The known types")[2]))
    assert listed == set(TYPES) | set(WRAPPERS)


def test_every_default_is_said_to_be_one(read):
    """A file that holds a type alone is read by its class's defaults, or what is missing is named."""
    for name, known in TYPES.items():
        if known.defaults == {}:
            continue
        try:
            model = read({"model_type": name})
        except FlatError as error:
            assert "config.json" in str(error)
        else:
            assert any("as the class has them" in note for note in model.notes), name
