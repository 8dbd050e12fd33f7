"""Gemma, whose later models have wider heads in the layers that see every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flat_plugin.workload.configurations.decoders import llama
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    experts_gap,
    heads_of,
    matching,
    never,
)
from flat_plugin.workload.configurations.windows import (
    Rule,
    behind,
    everywhere,
    gathered,
    halved,
    slides,
)
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear


def gemma(f: Fields, *, windows: Rule | None = None) -> Reading:
    """Llama's layers, which see keys on both sides where the file says so; the window then is halved."""
    plain = llama(f, windows=windows)
    if not f.flag("use_bidirectional_attention"):
        return plain
    sliding = slides(f, windows or everywhere)
    (_, layer), *_ = plain.stack
    both = replace(layer, kind="encoder", causal=False)
    mask = halved(f) if any(sliding) else both.own
    stack = gathered(replace(both, own=mask) if slide else both for slide in sliding)
    return replace(plain, stack=stack)


def gemma4(f: Fields, *, global_kv_heads: int | None = None, encodes: bool = False) -> Reading:
    """Layers with a window and layers without, of which the latter have heads of their own.

    Args:
        global_kv_heads: key/value heads of the layers without a window, where the class sets them.
        encodes: whether it sees the keys on both sides, whatever a field says.
    """
    f.only("use_bidirectional_attention", (None, False, "vision", "all"), "unknown kind of mask")
    both = encodes or f.any("use_bidirectional_attention") == "all"
    layers = f.size("num_hidden_layers")
    types = _types(f, layers)
    sizes = _sizes(f, types, layers, global_kv_heads)
    masks: dict[str, Mask] = {}
    if "sliding_attention" in types and f.count("sliding_window"):
        masks = {"sliding_attention": halved(f) if both else behind(f.size("sliding_window"))}
    stack = gathered(
        replace(_layer(f, *size, both), own=masks.get(kind, Mask(causal=not both)))
        for size, kind in zip(sizes, types, strict=True)
    )
    gaps = _gaps(f)
    inner = f.count("hidden_size_per_layer_input")
    beside = (
        (Section("inputs of layers", (Linear("per_layer_inputs", f.size("hidden_size"), layers * inner),)),)
        if inner
        else ()
    )
    return Reading(stack, f.size("max_position_embeddings"), gaps=gaps, beside=beside)


def _types(f: Fields, layers: int) -> list[str]:
    """The kind of every layer; the last one sees every key whatever the file says."""
    given, pattern = f.list("layer_types"), f.size_or("sliding_window_pattern", 6)
    if given is None:
        given = ["sliding_attention" if (i + 1) % pattern else "full_attention" for i in range(layers)]
    else:
        f.moot("sliding_window_pattern")
    matching(f, "layer_types", given, layers)
    odd = next((kind for kind in given if kind not in ("sliding_attention", "full_attention")), None)
    if odd is not None:
        message = f"layers of the kind {odd!r} are not known here"
        raise f.error("layer_types", message, "sliding_attention or full_attention")
    return [*given[:-1], "full_attention"]


def _sizes(f: Fields, types: list[str], layers: int, global_kv_heads: int | None) -> list[tuple[int, int]]:
    """The width of a head and the key/value heads of every layer."""
    heads = heads_of(f)
    head_dim, kv_heads = f.size("head_dim"), f.size_or("num_key_value_heads", heads)
    own = f.any("per_layer_config")
    changes: dict[int, Mapping[str, int]]
    if own is None:
        wide, few = f.size_or("global_head_dim", 512), global_kv_heads
        if f.flag("attention_k_eq_v") or few is not None:
            few = f.size_or("num_global_key_value_heads", few or kv_heads)
        changed = {"head_dim": wide, "num_key_value_heads": kv_heads if few is None else few}
        changes = {i: changed for i, kind in enumerate(types) if kind == "full_attention"}
    else:
        f.moot("global_head_dim", "num_global_key_value_heads")
        changes = _own(f, own, layers)
    found = []
    for i in range(layers):
        change = changes.get(i, {})
        width, shared = change.get("head_dim", head_dim), change.get("num_key_value_heads", kv_heads)
        if heads % shared:
            raise f.error(
                "num_key_value_heads", f"{heads} heads do not share {shared}", f"a divisor of {heads}"
            )
        found.append((width, shared))
    return found


def _own(f: Fields, given: object, layers: int) -> dict[int, Mapping[str, int]]:
    """What ``per_layer_config`` says of single layers."""
    allowed = ("head_dim", "num_key_value_heads")
    expected = f"{{layer below {layers}: {{{', '.join(allowed)}}}}}"
    if not isinstance(given, dict):
        raise f.error("per_layer_config", "not the sizes of single layers", expected)
    changes: dict[int, Mapping[str, int]] = {}
    for key, change in given.items():
        known = isinstance(change, dict) and all(
            name in allowed and type(size) is int and 0 < size < 2**40 for name, size in change.items()
        )
        if not known or not str(key).isdigit() or int(key) >= layers:
            raise f.error("per_layer_config", f"layer {key} is not understood", expected)
        changes[int(key)] = change
    return changes


def _layer(f: Fields, head_dim: int, kv_heads: int, both: bool) -> Layer:
    hidden, inner = f.size("hidden_size"), f.count("hidden_size_per_layer_input")
    others: tuple[Linear, ...] = ()
    if inner:
        others = (Linear("per_layer_gate", hidden, inner), Linear("per_layer_projection", inner, hidden))
    return Layer(
        heads_of(f),
        hidden,
        head_dim,
        f.size("intermediate_size"),
        kv_heads,
        gated=True,
        kind="encoder" if both else "decoder",
        others=others,
    )


def _gaps(f: Fields) -> tuple[Gap, ...]:
    """What some models of the type do besides."""
    gaps: tuple[Gap, ...] = ()
    if f.flag("attention_k_eq_v"):
        why = "keys that are values as well are not modelled"
        gaps += (never(f, "attention_k_eq_v", why), never(f, "attention_k_eq_v", why, "block"))
    if f.count("num_kv_shared_layers"):
        gaps += (
            never(f, "num_kv_shared_layers", "layers without K and V of their own are not modelled", "block"),
        )
    else:
        f.moot("use_double_wide_mlp")
    if f.flag("enable_moe_block"):
        gaps += (experts_gap(f, "num_experts"),)
    else:
        f.moot("num_experts", "top_k_experts", "moe_intermediate_size")
    return gaps
