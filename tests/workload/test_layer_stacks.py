"""Stacks of layers."""

from typing import Any

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import count_layers, stack_of

SIZES: dict[str, Any] = {"heads": 2, "hidden": 8, "head_dim": 4, "feed_forward": 16}
PLAIN = Layer(**SIZES)
CROSS = Layer(**SIZES, kind="cross")


def test_sizes_make_a_stack_of_one_kind() -> None:
    assert stack_of("toy", (), 3, SIZES | {"kv_heads": None}) == ((3, PLAIN),)


def test_what_is_given_beside_a_stack_changes_it() -> None:
    ((times, layer),) = stack_of("toy", ((3, PLAIN),), 5, {"kv_heads": 1})
    assert (times, layer.kv_heads, layer.heads) == (5, 1, 2)


def test_cross_attention_is_a_part_of_the_decoders_layer() -> None:
    assert count_layers(((3, PLAIN), (3, CROSS))) == 3


@pytest.mark.parametrize(
    ("stack", "layers", "sizes", "words"),
    [
        ((), None, SIZES, r"toy\.layers"),
        ((), 3, {}, r"toy\.heads"),
        ((), 3, SIZES | {"kv_heads": 3}, r"toy\.kv_heads"),
        (((1, PLAIN), (1, CROSS)), None, {"heads": 4}, r"toy\.heads: its layers differ"),
        (((0, PLAIN),), None, {}, r"toy\.layers"),
    ],
)
def test_errors_name_the_model(stack: Any, layers: int | None, sizes: dict[str, Any], words: str) -> None:
    with pytest.raises(FlatError, match=f"^{words}"):
        stack_of("toy", stack, layers, sizes)
