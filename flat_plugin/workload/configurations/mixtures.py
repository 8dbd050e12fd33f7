"""Which fields say what the experts of a type are, and which of its layers have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.experts import Experts
from flat_plugin.workload.layer import Layer

Dense = Callable[[Fields, int], bool]
"""Whether the layer of a number has plain feed-forward layers instead of experts."""


def none(f: Fields, i: int) -> bool:
    return False


def first(f: Fields, i: int) -> bool:
    f.only("moe_layer_freq", (None, 1), "experts in every so many layers are not modelled of this type")
    return i < f.count("first_k_dense_replace")


def sparse_step(f: Fields, i: int) -> bool:
    """All but every so many layers, and those of a list."""
    listed = f.list("mlp_only_layers") or ()
    if any(isinstance(layer, bool) or not isinstance(layer, int) for layer in listed):
        raise f.error("mlp_only_layers", "not numbers of layers", "a list of whole numbers")
    return i in listed or (i + 1) % f.size("decoder_sparse_step") != 0


def interval(f: Fields, i: int) -> bool:
    """Experts in every so many layers between two (Ernie)."""
    end, layers = f.any("moe_layer_end_index"), f.size("num_hidden_layers")
    last = layers - 1 if end in (None, -1) else f.count("moe_layer_end_index")
    if last >= layers - 1:
        f.moot("moe_layer_end_index")
    inside = f.count("moe_layer_start_index") <= i <= last
    return not inside or (i + 1) % f.size("moe_layer_interval") != 0


def interleaved(f: Fields, i: int) -> bool:
    """Experts in the layers of a list, or in every so many (Llama 4)."""
    listed = f.list("moe_layers")
    if listed is None:
        return (i + 1) % f.size("interleave_moe_layer_step") != 0
    f.moot("interleave_moe_layer_step")
    return i not in listed


def by_kind(f: Fields, i: int) -> bool:
    """A list has ``dense`` or ``sparse`` for every layer; without it the first is dense."""
    kinds = f.list("mlp_layer_types")
    if kinds is None:
        return i == 0
    if len(kinds) != f.size("num_hidden_layers") or set(kinds) - {"dense", "sparse"}:
        raise f.error("mlp_layer_types", "not the kind of every layer", "dense or sparse, one a layer")
    return kinds[i] == "dense"


@dataclass(frozen=True)
class Mixture:
    """The fields of a type's experts.

    Args:
        number: experts of a layer.
        chosen: that a token passes through.
        width: of one expert.
        shared: number of shared experts, each as wide as one.
        shared_width: width of the shared ones together, instead.
        shared_gate: whether a product of width 1 scales them.
        always: shared experts that the class has without a field.
        dense: which layers have none.
        dense_width: width of the feed-forward layers of those.
    """

    number: str = "num_local_experts"
    chosen: str = "num_experts_per_tok"
    width: str = "intermediate_size"
    shared: str | None = None
    shared_width: str | None = None
    shared_gate: bool = False
    always: int = 0
    dense: Dense = none
    dense_width: str = "intermediate_size"

    def layers(self, f: Fields, layer: Layer) -> list[Layer]:
        """Every layer, with plain feed-forward layers or with experts."""
        f.moot(*_OF_ROUTING)
        numbers = range(f.size("num_hidden_layers"))
        if f.count(self.number) == 0:
            return [replace(layer, feed_forward=f.size(self.dense_width)) for _ in numbers]
        made: dict[bool, Layer] = {}
        found = []
        for i in numbers:
            dense = self.dense(f, i)
            if dense not in made:
                made[dense] = replace(layer, **(self._plain(f) if dense else self._experts(f)))
            found.append(made[dense])
        if False not in made:
            f.moot(self.number, self.chosen, self.width)
        if True not in made and self.dense_width != self.width:
            f.moot(self.dense_width)
        return found

    def _plain(self, f: Fields) -> dict[str, Any]:
        return {"feed_forward": f.size(self.dense_width)}

    def _experts(self, f: Fields) -> dict[str, Any]:
        """The width of an expert, and how many there are."""
        width, number, chosen = f.size(self.width), f.size(self.number), f.size(self.chosen)
        if chosen > number:
            raise f.error(self.chosen, f"more than the {number} experts", f"at most {number}")
        several = self.always + (f.count(self.shared) if self.shared else 0)
        shared = f.count(self.shared_width) if self.shared_width else several * width
        gate = self.shared_gate and bool(shared)
        return {"feed_forward": width, "experts": Experts(number, chosen, shared or None, gate)}


_OF_ROUTING = (
    *("norm_topk_prob", "n_group", "topk_group", "topk_method", "scoring_func", "routed_scaling_factor"),
    *("router_bias", "ep_size", "seq_aux", "moe_norm_min"),
)
"""How a router chooses, not how many."""
