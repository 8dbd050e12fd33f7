"""Decoders of which only some layers attend; the others (Mamba, convolutions, …) are gaps of a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flat_plugin.workload.configurations.embeddings import any_size
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.mixers import (
    Products,
    delta,
    gated_feed_forward,
    grid_convolution,
    mamba,
    mamba2,
    many_headed_mamba,
    rg_lru,
    short_convolution,
)
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    even_head_dim,
    experts_gap,
    head_dim_of,
    heads_of,
    kv_heads_of,
    matching,
    never,
    others_gap,
)
from flat_plugin.workload.configurations.windows import behind
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear

ATTENDING = ("full_attention", "attention", "sliding_attention", "hybrid", "*")
"""What files call layers that attend."""


def hybrid(
    f: Fields,
    attending: int,
    other: str,
    field: str,
    *,
    feed_forward: int | None,
    gate: bool = False,
    own_head_dim: bool = True,
    experts: str | None = None,
    mixer: Products | None = None,
) -> Reading:
    """Llama's layers, as many as attend, and a gap for the others.

    Args:
        attending: layers that attend.
        other: what the others are.
        field: the field that says which.
        feed_forward: width of an attending layer's feed-forward layers.
        gate: whether a product as wide as the queries gates what attention gives.
        own_head_dim: whether the width of a head is a field.
        experts: the field with the number of experts, one or none of which is a plain layer.
        mixer: what the others multiply instead of attending; None is not modelled.
    """
    layers = f.size("num_hidden_layers")
    if not attending:
        raise f.error(field, "no layer attends: there is nothing to fuse", "a layer of attention")
    hidden, heads = f.size("hidden_size"), heads_of(f)
    width = head_dim_of(f, hidden, heads) if own_head_dim else even_head_dim(f, hidden, heads)
    others = (Linear("attention_gate", hidden, heads * width),) if gate else ()
    layer = Layer(
        heads, hidden, width, feed_forward, kv_heads_of(f, heads), gated=True, kind="decoder", others=others
    )
    gaps: tuple[Gap, ...] = ()
    beside: tuple[Section, ...] = ()
    if attending < layers and mixer is None:
        gaps += (others_gap(f, field, layers - attending, other),)
    elif attending < layers and mixer is not None:
        products = (*mixer, *(gated_feed_forward(hidden, feed_forward) if feed_forward else ()))
        beside = (Section(f"{other} layers", products, times=layers - attending),)
    if experts is not None and f.count(experts) > 1:
        gaps += (experts_gap(f, experts),)
    elif experts is not None:
        f.moot("num_experts_per_tok")
    tokens = f.size_or_none("max_position_embeddings")
    return Reading(((attending, layer),), tokens, gaps=gaps, beside=beside)


def jamba(f: Fields) -> Reading:
    """One layer of every period attends."""
    layers, period, offset = (
        f.size("num_hidden_layers"),
        f.size("attn_layer_period"),
        f.count("attn_layer_offset"),
    )
    f.moot("expert_layer_period", "expert_layer_offset")  # which layers have experts, if there are any
    which = [i for i in range(layers) if i % period == offset]
    f.remark("attn_layer_offset", f"with attn_layer_period layers {', '.join(map(str, which))} attend")
    width = f.size("intermediate_size")
    field = "attn_layer_period"
    return hybrid(f, len(which), "Mamba", field, feed_forward=width, experts="num_experts", mixer=mamba(f))


def bamba(f: Fields) -> Reading:
    """A list has the layers that attend."""
    layers = f.size("num_hidden_layers")
    indices = f.list("attn_layer_indices") or ()
    if not all(isinstance(i, int) and 0 <= i < layers for i in indices) or len(set(indices)) < len(indices):
        raise f.error("attn_layer_indices", "not layers of the model", f"numbers below {layers}, once each")
    f.remark("attn_layer_indices", f"layers {', '.join(map(str, sorted(indices)))} attend")
    width = f.size("intermediate_size")
    return hybrid(f, len(indices), "Mamba", "attn_layer_indices", feed_forward=width, mixer=mamba2(f))


def granite(f: Fields) -> Reading:
    """A list has the kind of every layer; without experts, the shared ones are plain feed-forward layers."""
    types = f.list("layer_types")
    layers = f.size("num_hidden_layers")
    attending = _attending(f, "layer_types", types or (), layers) if types else 0
    shared, experts = f.count("shared_intermediate_size"), f.count("num_local_experts")
    if not experts and not shared:
        raise f.error("shared_intermediate_size", "no feed-forward layers", "1 or more without experts")
    f.moot("intermediate_size", "num_experts_per_tok")  # of the experts
    answer = hybrid(f, attending, "Mamba", "layer_types", feed_forward=shared or None, mixer=mamba2(f))
    if not experts:
        return answer
    return replace(answer, gaps=(*answer.gaps, experts_gap(f, "num_local_experts")))


def recurrent_gemma(f: Fields) -> Reading:
    """A pattern of kinds repeats; those that attend do so within a window."""
    pattern = f.list("block_types")
    layers = f.size("num_hidden_layers")
    if not pattern or any(kind not in ("recurrent", "attention") for kind in pattern):
        raise f.error("block_types", "not a pattern of layers", "a list of recurrent and attention")
    attending = sum(pattern[i % len(pattern)] == "attention" for i in range(layers))
    width = f.size("intermediate_size")
    if width % 2:
        raise f.error(
            "intermediate_size", "an odd number, of which the gated layers take half", "an even number"
        )
    answer = hybrid(
        f,
        attending,
        "recurrent",
        "block_types",
        feed_forward=width // 2,
        own_head_dim=False,
        mixer=rg_lru(f),
    )
    ((times, layer),) = answer.stack
    own = behind(f.size("attention_window_size"))
    return replace(answer, stack=((times, replace(layer, own=own)),))


def lfm2(f: Fields) -> Reading:
    """Short convolutions; the width between the feed-forward layers is rounded by rules of its own."""
    layers = f.size("num_hidden_layers")
    types, indices = f.list("layer_types"), f.list("full_attn_idxs")
    if types is not None:
        f.moot("full_attn_idxs")
    if types is not None:
        attending = _attending(f, "layer_types", types, layers)
    else:
        attending = len(set(range(layers)) & set(indices)) if indices is not None else layers
    width = f.size("block_ff_dim") if f.has("block_ff_dim") else f.size("intermediate_size")
    factor, multiple = f.any("block_ffn_dim_multiplier"), f.size("block_multiple_of")
    if f.has("block_ff_dim"):
        f.moot("intermediate_size")
    if not f.flag("block_auto_adjust_ff_dim"):
        f.moot("block_ffn_dim_multiplier", "block_multiple_of")
    else:
        width = int(2 * width / 3)
        if factor is not None:
            width = int(f.number("block_ffn_dim_multiplier") * width)
            width = -(-width // multiple) * multiple
        f.remark(
            "intermediate_size",
            f"adjusted to {width} (two thirds, times block_ffn_dim_multiplier, up to a "
            "multiple of block_multiple_of)",
        )
    field = "layer_types" if types is not None else "full_attn_idxs"
    if attending == layers:
        f.moot("conv_L_cache")
    return hybrid(f, attending, "convolution", field, feed_forward=width, mixer=short_convolution(f))


def linear_hybrid(f: Fields, *, gate: bool = True, experts: str | None = None) -> Reading:
    """Every fourth layer attends, where nothing else is said; the others are linear attention."""
    layers, types = f.size("num_hidden_layers"), f.list("layer_types")
    interval = f.size_or("full_attention_interval", 4)
    field, attending = "full_attention_interval", layers // interval
    if types is not None:
        field, attending = "layer_types", _attending(f, "layer_types", types, layers)
    width = f.size_or_none("intermediate_size") if experts else f.size("intermediate_size")
    return hybrid(
        f,
        attending,
        "linear attention",
        field,
        feed_forward=width,
        gate=gate,
        experts=experts,
        mixer=delta(f),
    )


def zamba(f: Fields) -> Reading:
    """Zamba (arXiv 2405.16712): layers that share one attention over the stream and the input side by side,
    each with a product behind it and a Mamba layer of its own; and Mamba layers alone."""
    layer, attending, layers = _shared_attention(f)
    mixer = many_headed_mamba(f)
    hidden = layer.hidden
    layer = replace(
        layer,
        query_hidden=2 * hidden,
        kv_hidden=2 * hidden,
        value_hidden=2 * hidden,
        others=(Linear("shared_out", hidden, hidden), *mixer),
    )
    f.remark("layers_block_type", f"{attending} layers run the attention that they share")
    beside = (Section("Mamba layers", mixer, times=layers - attending),) if attending < layers else ()
    return Reading(((attending, layer),), f.size_or_none("max_position_embeddings"), beside=beside)


def zamba2(f: Fields) -> Reading:
    """The same with adapters, which are not modelled."""
    layer, attending, _ = _shared_attention(f)
    f.moot(*_OF_MAMBA)
    gaps: tuple[Gap, ...] = (
        never(f, "layers_block_type", "shared attention with adapters is not modelled", "block"),
    )
    return Reading(((attending, layer),), f.size_or_none("max_position_embeddings"), gaps=gaps)


def _shared_attention(f: Fields) -> tuple[Layer, int, int]:
    """The layer that attends, how often it is there, and all layers."""
    layers, types = f.size("num_hidden_layers"), f.list("layers_block_type")
    if types is None:
        types = _zamba_types(f, layers)
    else:
        f.moot("attn_layer_period", "attn_layer_offset")
    attending = _attending(f, "layers_block_type", types, layers, ("hybrid",))
    hidden, heads = f.size("hidden_size"), heads_of(f)
    f.moot("attention_hidden_size")  # the width of the stream and the input side by side
    width = head_dim_of(f, 2 * hidden, heads, "attention_head_dim")
    feed_forward, kv_heads = f.size("intermediate_size"), kv_heads_of(f, heads)
    layer = Layer(heads, hidden, width, feed_forward, kv_heads, gated=True, kind="decoder")
    return layer, attending, layers


_OF_MAMBA = ("mamba_d_conv", "mamba_d_state", "mamba_dt_rank", "mamba_expand")


def _zamba_types(f: Fields, layers: int) -> Sequence[str]:
    period, offset = f.size("attn_layer_period"), f.count("attn_layer_offset")
    rest = ("hybrid" if i % period == offset else "mamba" for i in range(layers - 3))
    return ("mamba", "mamba", "hybrid", *rest)


def parallel(f: Fields) -> Reading:
    """Falcon-H1: attention and Mamba side by side in every layer."""
    layers = f.size("num_hidden_layers")
    answer = hybrid(f, layers, "", "num_hidden_layers", feed_forward=f.size("intermediate_size"))
    ((_, layer),) = answer.stack
    beside = mamba2(f, f.any("mamba_d_ssm") and f.size("mamba_d_ssm"))
    return replace(answer, stack=((layers, replace(layer, others=beside)),))


def nemotron_h(f: Fields) -> Reading:
    """Layers of one kind each: attention, Mamba, feed-forward or experts."""
    pattern, types = f.text("hybrid_override_pattern"), f.list("layers_block_type")
    kinds: Sequence[str] = tuple(pattern) if pattern and types is None else (types or ())
    f.moot("num_hidden_layers")  # follows from the list
    known = (*ATTENDING, "linear_attention", "mamba", "mlp", "moe", "M", "-", "E")
    odd = next((kind for kind in kinds if kind not in known), None)
    field = "layers_block_type" if types is not None else "hybrid_override_pattern"
    if odd is not None or not kinds:
        raise f.error(field, f"layers of the kind {odd!r} are not known here", "attention, mamba, mlp or moe")
    attending = sum(kind in ATTENDING for kind in kinds)
    if not attending:
        raise f.error(field, "no layer attends: there is nothing to fuse", "a layer of attention")
    hidden, heads = f.size("hidden_size"), heads_of(f)
    layer = Layer(heads, hidden, head_dim_of(f, hidden, heads), None, kv_heads_of(f, heads), kind="decoder")
    gaps: tuple[Gap, ...] = ()
    if attending < len(kinds):
        gaps = (others_gap(f, field, len(kinds) - attending, "Mamba, feed-forward or expert"),)
    if f.count("sliding_window"):
        layer = replace(layer, own=behind(f.size("sliding_window")))
    return Reading(((attending, layer),), f.size_or_none("max_position_embeddings"), gaps=gaps)


def lfm3_vision(f: Fields) -> Reading:
    """An encoder of images, of which some layers attend and the others are convolutions."""
    layers, types = f.size("num_hidden_layers"), f.list("layer_types")
    f.moot("spatial_merge_size")
    if types is None:
        raise f.error("layer_types", "missing field", "the kind of every layer")
    attending = _attending(f, "layer_types", types, layers)
    width, mixer = f.size("intermediate_size"), grid_convolution(f)
    answer = hybrid(f, attending, "convolution", "layer_types", feed_forward=width, mixer=mixer)
    (times, layer), *_ = answer.stack
    f.remark(
        "conv_kernel_size", "the shape of images is not known: neighbours are counted along one dimension"
    )
    embedded = any_size(f, channels="in_channels", depth="temporal_patch_size")
    stack = ((times, replace(layer, kind="encoder", causal=False)),)
    return Reading(stack, beside=(*embedded.beside, *answer.beside))


def _attending(
    f: Fields, name: str, types: Sequence[object], layers: int, kinds: Sequence[str] = ATTENDING
) -> int:
    """How many of the layers attend."""
    matching(f, name, types, layers)
    known = (*ATTENDING, "mamba", "linear_attention", "recurrent", "conv")
    odd = next((kind for kind in types if kind not in known), None)
    if odd is not None:
        raise f.error(name, f"layers of the kind {odd!r} are not known here", " or ".join(known[:4]))
    return sum(kind in kinds for kind in types)
