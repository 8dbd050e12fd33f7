"""Fields that change nothing: each has one reason, and none shapes a product of any type."""

from collections import Counter

import pytest
from toy_fields import toy

from flat_plugin.workload.configurations.types import TYPES
from flat_plugin.workload.configurations.unused import _REASONS, UNUSED


def test_a_field_has_one_reason():
    names = Counter(name for names in _REASONS.values() for name in names.split())
    assert [name for name, times in names.items() if times > 1] == []
    assert dict(UNUSED) == {name: reason for reason, names in _REASONS.items() for name in names.split()}


@pytest.mark.parametrize(
    "name",
    [
        *("hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim", "num_hidden_layers"),
        *("intermediate_size", "sliding_window", "layer_types", "num_experts", "index_topk", "mlp_ratio"),
        *("attention_window", "image_size", "patch_size", "is_decoder", "quantization_config"),
    ],
)
def test_what_shapes_a_layer_is_not_among_them(name):
    assert name not in UNUSED


def test_the_plainest_types_read_none_of_them_but_those_of_their_head():
    for name, read in (("llama", {"architectures"}), ("bert", set())):
        fields = toy()
        TYPES[name].read(fields)
        assert (fields.read | set(fields.filled)) & set(UNUSED) == read
