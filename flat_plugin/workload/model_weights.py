"""The weights of a model: those of its layers, and of what is computed beside them."""

from __future__ import annotations

from collections.abc import Iterable

from flat_plugin.workload.layer_stacks import Stack, count_layers
from flat_plugin.workload.model_section import SORTS, Section


def weights_of(stack: Stack, beside: Iterable[Section], distinct: int | None) -> dict[str, int]:
    """Weights by what they are of, as ``Model.weights``.

    Args:
        distinct: layers with weights of their own, where the stack's share some; all of them if None.
    """
    linear = sum(n * layer.linear_weights for n, layer in stack if layer.kind != "pooling")
    if distinct is not None:
        linear = linear // count_layers(stack) * distinct
    parts = tuple(beside)
    found = {sort: sum(section.by_sort[sort] for section in parts) for sort in SORTS}
    found["linear"] += linear
    found["convolution"] += sum(times * layer.convolution_weights for times, layer in stack)
    found["experts"] = sum(times * layer.expert_weights for times, layer in stack)
    found["pooling"] = sum(n * layer.linear_weights for n, layer in stack if layer.kind == "pooling")
    return found
