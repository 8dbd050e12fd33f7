"""Models whose layers are changed, all at once."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload import Mask, Model, find_model
from flat_plugin.workload.layer import Layer

PLAIN = Layer(2, 8, 4, 16)
PAIR = Model("pair", stack=((2, PLAIN), (2, Layer(4, 8, 4, 16, kind="cross"))))


def test_sizes_are_those_of_the_first_kind() -> None:
    assert (PAIR.layers, PAIR.heads, PAIR.kv_heads, PAIR.hidden, PAIR.gated) == (2, 2, 2, 8, False)


def test_a_mask_is_of_every_layer_but_cross_attention() -> None:
    masks = [layer.mask for _, layer in PAIR.masked(Mask(causal=True)).stack]
    assert masks == [Mask(causal=True), None]


def test_experts_that_are_hit() -> None:
    found = find_model("mixtral-8x7b").routed("all")
    assert found.name == "mixtral-8x7b-all-experts"
    assert all(layer.experts and layer.experts.hit == "all" for _, layer in found.stack)
    with pytest.raises(FlatError, match="pair has no experts"):
        PAIR.routed("all")


def test_forms_of_latent_attention() -> None:
    model = find_model("deepseek-v3")
    assert model.latent and not PAIR.latent
    assert model.formed("absorbed").first.latent != model.formed("expanded").first.latent
