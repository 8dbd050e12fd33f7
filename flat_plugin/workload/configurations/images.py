"""Encoders of images and videos."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.workload.configurations.embeddings import Embedding, any_size, image, patch_embedding
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    even_head_dim,
    full_only,
    heads_of,
    never,
    patches_of,
    plain_layer,
    window_gap,
)
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear


def vit(f: Fields, *, embed: Embedding, feed_forward: str = "intermediate_size") -> Reading:
    """ViT's layers: two feed-forward products."""
    layer = plain_layer(f, f.size(feed_forward), kind="encoder")
    return _reading(f, layer, embed)


def ratio_vit(f: Fields, *, embed: Embedding) -> Reading:
    """The feed-forward width as a multiple of the stream's; gated (SwiGLU) it is two thirds of that."""
    hidden = f.size("hidden_size")
    width = int(hidden * f.number("mlp_ratio"))
    gated = f.flag("use_swiglu_ffn")
    if gated:
        width = (int(width * 2 / 3) + 7) // 8 * 8
    layer = plain_layer(f, width, gated=gated, kind="encoder")
    return _reading(f, layer, embed)


def gated_vit(f: Fields, *, embed: Embedding, flag: str | None = None) -> Reading:
    """ViT's layers with gated feed-forward layers, where a field says so or always."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    gated = f.flag(flag) if flag else True
    head_dim = even_head_dim(f, hidden, heads)
    layer = Layer(heads, hidden, head_dim, f.size("intermediate_size"), gated=gated, kind="encoder")
    return _reading(f, layer, embed)


def pooled(f: Fields, *, embed: Embedding, head: str, aimv2: bool = False) -> Reading:
    """ViT's layers, and behind them a pooling: the attention of one learned query to all tokens.

    Args:
        head: the flag that says whether there is one.
        aimv2: whether the layers are gated and the pooling neither projects its query nor has feed-forward
            layers (AIMv2), instead of both (SigLIP).
    """
    plain = gated_vit(f, embed=embed) if aimv2 else vit(f, embed=embed)
    if not f.flag(head):
        return plain
    (_, layer), *_ = plain.stack
    pooling = replace(
        layer,
        kind="pooling",
        feed_forward=None if aimv2 else layer.feed_forward,
        gated=False,
        query_projection=not aimv2,
    )
    return replace(plain, stack=(*plain.stack, (1, pooling)))


def windowed(f: Fields) -> Reading:
    """ViT's layers of which most attend within square windows of the image."""
    layers, whole = f.size("num_hidden_layers"), f.list("global_attn_indexes") or ()
    plain = vit(f, embed=image())
    (_, layer), *_ = plain.stack
    if not all(isinstance(i, int) and 0 <= i < layers for i in whole) or len(set(whole)) < len(whole):
        raise f.error("global_attn_indexes", "not layers of the model", f"numbers below {layers}, once each")
    f.remark("global_attn_indexes", f"{len(whole)} of {layers} layers attend to the whole image")
    window, (height, width) = f.count("window_size"), f.pair("image_size")
    rows, columns = (size // patch for size, patch in zip((height, width), f.pair("patch_size"), strict=True))
    if not window or len(whole) == layers:
        return plain
    if rows % window or columns % window:
        gap = never(
            f, "window_size", f"windows that do not divide {rows} x {columns} patches are not modelled"
        )
        return replace(plain, gaps=(gap,))
    cut = replace(layer, split=(rows * columns // window**2, window**2))
    stack = ((layers - len(whole), cut), *(((len(whole), layer),) if whole else ()))
    return replace(plain, stack=stack)


def timesformer(f: Fields) -> Reading:
    """Frames attend by themselves, and each patch to itself in the other frames."""
    f.only("attention_type", ("divided_space_time",), "space and time that are not divided are not modelled")
    patches, frames = patches_of(f), f.size("num_frames")
    # Every frame attends with a copy of the class token; the feed-forward layers see it once.
    space = plain_layer(f, None, kind="encoder", split=(frames, patches + 1))
    dense = Linear("temporal_dense", space.hidden, space.hidden)
    time = plain_layer(f, None, kind="encoder", split=(patches, frames), others=(dense,))
    layers, width, tokens = f.size("num_hidden_layers"), f.size("intermediate_size"), patches * frames + 1
    products = (Linear("ff_up", space.hidden, width), Linear("ff_down", width, space.hidden))
    beside = (patch_embedding(f, less=1), Section("feed-forward layers", products, times=layers))
    return Reading(((layers, space), (layers, time)), tokens, beside=beside)


def merging(f: Fields) -> Reading:
    """ViT's layers; behind one of them the tokens of each window attend to each other and are merged."""
    plain, at = vit(f, embed=image()), f.any("insert_layer_id")
    (layers, layer), *_ = plain.stack
    if isinstance(at, bool) or not isinstance(at, int):
        raise f.error("insert_layer_id", "not the number of a layer", f"-1 to {layers - 1}")
    if not 0 <= at < layers:
        f.moot("window_kernel_size")
        return plain
    (rows, columns), (height, width) = _grid(f), f.pair("window_kernel_size")
    if height != width or rows % height or columns % width:
        why = f"windows that do not divide {rows} x {columns} patches are not modelled"
        return replace(plain, gaps=(never(f, "window_kernel_size", why),))
    tokens, window, before = rows * columns, height * width, at + 1
    merged = tokens // window
    f.remark("insert_layer_id", f"{before} layers of {tokens} tokens, then {layers - before} of {merged}")
    hidden, inner = window * layer.hidden, 4 * window * layer.hidden
    products = (Linear("merge_up", hidden, inner), Linear("merge_down", inner, layer.hidden))
    stack = [
        (before, replace(layer, split=(1, tokens))),
        (1, replace(layer, feed_forward=None, split=(merged, window))),
        (layers - before, replace(layer, split=(1, merged))),
    ]
    merger = Section("merging of tokens", products, rows=merged, at=tokens)
    ran = tuple(entry for entry in stack if entry[0])
    return replace(plain, stack=ran, beside=(*plain.beside, merger))


def _grid(f: Fields) -> tuple[int, int]:
    """Rows and columns of an image's patches."""
    (height, width), (tall, wide) = f.pair("image_size"), f.pair("patch_size")
    return height // tall, width // wide


def spark(f: Fields) -> Reading:
    """ViT's layers of which most attend within windows of so many patches a side."""
    full_only(f, ("full_attention", "window_attention"))
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder")
    types, layers, side = f.list("layer_types"), f.size("num_hidden_layers"), f.size("pos_emb_height")
    f.moot("pos_emb_width", "merge_size", "max_position_embeddings")
    if types is None:
        f.remark("layer_types", "every fourth layer and the last see the whole image")
    cut = types is None or "window_attention" in types
    gaps = (window_gap(f, "pos_emb_height", side**2),) if cut else ()
    embedded = any_size(f, depth="patch_temporal")
    return Reading(((layers, layer),), gaps=gaps, beside=embedded.beside)


def _reading(f: Fields, layer: Layer, embed: Embedding) -> Reading:
    """Layers of one kind behind an embedding."""
    embedded = embed(f)
    return Reading(((f.size("num_hidden_layers"), layer),), embedded.tokens, beside=embedded.beside)
