from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import read_config
from flat_plugin.workload.configurations.composite_models import WRAPPERS
from flat_plugin.workload.configurations.types import TYPES

CLIP = {
    "model_type": "clip",
    "projection_dim": 512,
    "text_config": {"hidden_size": 512, "num_attention_heads": 8, "max_position_embeddings": 77},
    "vision_config": {"hidden_size": 768, "num_attention_heads": 12, "image_size": 224, "patch_size": 32},
}


@pytest.fixture
def part(read, tmp_path):
    def read_part(fields, part=None):
        read(CLIP | fields)
        return read_config(tmp_path / "toy", part)

    return read_part


def test_the_text_is_read_unless_another_part_is_asked_for(part):
    assert (part({}).hidden, part({}).tokens) == (512, 77)
    assert part({}, "text") == part({})
    assert (part({}, "vision").hidden, part({}, "vision").tokens) == (768, 50)


def test_it_is_said_which_part_it_is(part):
    assert "the vision part of clip; the other parts" in part({}, "vision").notes[0]


def test_a_part_has_a_type_of_its_own(part):
    inner = {"model_type": "bert", "hidden_size": 64, "num_attention_heads": 2, "hidden_act": "gelu"}
    assert part({"text_config": inner}).hidden == 64
    with pytest.raises(FlatError, match=r"text_config\.model_type: not a type that is known"):
        part({"text_config": inner | {"model_type": "tert"}})


def test_errors_name_the_place(part):
    with pytest.raises(FlatError, match=r"config\.json: text_config\.hidden_size: a size must be positive"):
        part({"text_config": {"hidden_size": -1}})


def test_fields_around_the_parts_are_named(part):
    assert "not understood of clip, and not used: odd" in part({"odd": 1}).notes


def test_a_model_with_the_text_fields_in_the_file_itself(part):
    fields = {"model_type": "qwen2_vl", "text_config": None, "hidden_size": 64, "num_attention_heads": 4}
    assert part(fields | {"num_key_value_heads": 2}).kv_heads == 2


def test_two_objects_of_one_part_agree(part):
    assert part({"text_config_dict": {"hidden_size": 512, "num_hidden_layers": 3}}).layers == 3
    with pytest.raises(FlatError, match=r"text_config_dict\.hidden_size: differs from text_config"):
        part({"text_config_dict": {"hidden_size": 64}})


@pytest.mark.parametrize(
    ("fields", "chosen", "message"),
    [
        ({}, "audio", "part: no such part .*text or vision"),
        ({"model_type": "bert"}, "text", "part: a model of one part"),
        ({"text_config": [1]}, None, "text_config: not an object"),
        ({"vision_config": None}, "vision", "vision_config: missing field"),
        ({"model_type": "qwen2_audio"}, "vision", "the vision part of qwen2_audio is not known"),
    ],
)
def test_parts_that_are_not_there(part, fields, chosen, message):
    with pytest.raises(FlatError, match=message):
        part(fields, chosen)


def test_every_part_that_is_named_is_a_known_type():
    named = {name for parts in WRAPPERS.values() for name in parts if name}
    assert named <= set(TYPES)
    assert not set(WRAPPERS) & set(TYPES)
