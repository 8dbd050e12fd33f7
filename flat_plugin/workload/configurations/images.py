"""Encoders of images, videos and sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.rules import (
    Reading,
    even_head_dim,
    head_dim_of,
    heads_of,
    kv_heads_of,
    never,
    patches_of,
    plain_layer,
)
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer, Linear
from flat_plugin.workload.sizes import LARGEST

Tokens = Callable[[Fields], int | None]


def vit(f: Fields, *, tokens: Tokens, feed_forward: str = "intermediate_size") -> Reading:
    """ViT's layers: two feed-forward products."""
    layer = plain_layer(f, f.size(feed_forward), kind="encoder")
    return Reading(((f.size("num_hidden_layers"), layer),), tokens(f))


def ratio_vit(f: Fields, *, tokens: Tokens) -> Reading:
    """The feed-forward width as a multiple of the stream's; gated (SwiGLU) it is two thirds of that."""
    hidden = f.size("hidden_size")
    width = int(hidden * f.number("mlp_ratio"))
    gated = f.flag("use_swiglu_ffn")
    if gated:
        width = (int(width * 2 / 3) + 7) // 8 * 8
    layer = plain_layer(f, width, gated=gated, kind="encoder")
    return Reading(((f.size("num_hidden_layers"), layer),), tokens(f))


def gated_vit(f: Fields, *, tokens: Tokens, flag: str | None = None) -> Reading:
    """ViT's layers with gated feed-forward layers, where a field says so or always."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    gated = f.flag(flag) if flag else True
    head_dim = even_head_dim(f, hidden, heads)
    layer = Layer(heads, hidden, head_dim, f.size("intermediate_size"), gated=gated, kind="encoder")
    return Reading(((f.size("num_hidden_layers"), layer),), tokens(f))


def image(extra: int = 0, registers: str | None = None, classes: str | None = None) -> Tokens:
    """Patches, class tokens (a number or a field) and register tokens (a field)."""

    def count(f: Fields) -> int:
        added = extra + (f.count(classes) if classes else 0) + (f.count(registers) if registers else 0)
        return patches_of(f) + added

    return count


def field(name: str) -> Tokens:
    """A number of tokens, or none."""
    return lambda f: f.size_or_none(name)


def patched(f: Fields) -> int | None:
    """The number of patches, whatever their size."""
    f.moot("patch_size", "spatial_merge_size", "image_size")
    return f.size_or_none("num_patches")


def none(f: Fields) -> None:
    """No length of its own."""


def kept(f: Fields) -> int:
    """ViT-MAE drops a share of the patches before its encoder; a class token stays."""
    share = f.any("mask_ratio")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise f.error("mask_ratio", "not a share", "0 or more and below 1")
    left = int(patches_of(f) * (1 - share))
    f.remark("mask_ratio", f"{left} of the patches are left")
    return left + 1


def video(extra: int = 0) -> Tokens:
    """Tubelets of a video: a depth and the patch, or depth, height and width."""

    def count(f: Fields) -> int:
        frames, tubelet = f.size("num_frames"), f.any("tubelet_size")
        if isinstance(tubelet, list):
            if len(tubelet) != 3 or not all(isinstance(n, int) and n > 0 for n in tubelet):
                raise f.error("tubelet_size", "not depth, height and width", "three sizes")
            height, width = f.pair("image_size")
            depth, patches = tubelet[0], (height // tubelet[1]) * (width // tubelet[2])
            if height % tubelet[1] or width % tubelet[2]:
                f.remark("image_size", "whole patches only, the rest of the image is cut off")
        else:
            depth, patches = f.size("tubelet_size"), patches_of(f)
        if depth > frames or not patches:
            raise f.error("tubelet_size", "larger than the video", f"at most {frames} frames")
        if frames % depth:
            f.remark("num_frames", f"{frames // depth} whole tubelets of {depth}, the rest is cut off")
        return frames // depth * patches + extra

    return count


def spectrogram(f: Fields) -> int:
    """Overlapping patches of a spectrogram, and two class tokens."""
    patch = f.size("patch_size")
    across = []
    for size, stride in (("num_mel_bins", "frequency_stride"), ("max_length", "time_stride")):
        if patch > f.size(size):
            raise f.error("patch_size", "a patch is larger than the spectrogram", f"at most {f.size(size)}")
        if (f.size(size) - patch) % f.size(stride):
            f.remark(size, f"the last {(f.size(size) - patch) % f.size(stride)} are cut off")
        across.append((f.size(size) - patch) // f.size(stride) + 1)
    return across[0] * across[1] + 2


def with_text(f: Fields) -> int:
    """ViLT: the text's positions, the patches and a class token."""
    return f.size("max_position_embeddings") + patches_of(f) + 1


def pooled(f: Fields, *, tokens: Tokens, head: str, gated: bool = False) -> Reading:
    """ViT's layers, and behind them a pooling by the attention of one query."""
    plain = gated_vit(f, tokens=tokens) if gated else vit(f, tokens=tokens)
    gaps = (never(f, head, "pooling by attention is not modelled", "model"),) if f.flag(head) else ()
    return Reading(plain.stack, plain.tokens, gaps=gaps)


def windowed(f: Fields) -> Reading:
    """ViT's layers of which most attend within square windows of the image."""
    layers, whole = f.size("num_hidden_layers"), f.list("global_attn_indexes") or ()
    plain = vit(f, tokens=image())
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
        return Reading(plain.stack, plain.tokens, gaps=(gap,))
    cut = replace(layer, split=(rows * columns // window**2, window**2))
    stack = ((layers - len(whole), cut), *(((len(whole), layer),) if whole else ()))
    return Reading(stack, plain.tokens)


def timesformer(f: Fields) -> Reading:
    """Frames attend by themselves, and each patch to itself in the other frames."""
    f.only("attention_type", ("divided_space_time",), "space and time that are not divided are not modelled")
    patches, frames = patches_of(f), f.size("num_frames")
    space = plain_layer(f, f.size("intermediate_size"), kind="encoder", split=(frames, patches + 1))
    dense = Linear("temporal_dense", space.hidden, space.hidden)
    time = plain_layer(f, None, kind="encoder", split=(patches, frames), others=(dense,))
    gap = never(f, "attention_type", "a class token that frames have copies of is not modelled", "block")
    layers = f.size("num_hidden_layers")
    return Reading(((layers, space), (layers, time)), patches * frames + 1, gaps=(gap,))


def speech(f: Fields, *, tokens: Tokens = none) -> Reading:
    """wav2vec 2.0's layers; the convolutions before them are not part of a block."""
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder")
    gaps: tuple[Gap, ...] = ()
    if f.any("adapter_attn_dim") is not None:
        gaps = (never(f, "adapter_attn_dim", "adapters in the layers are not modelled", "block"),)
    notes: tuple[str, ...] = ()
    if f.flag("add_adapter"):
        notes = ("the convolutions that add_adapter puts behind the layers are not counted",)
    sizes = f.list("conv_dim")
    if not sizes or not all(isinstance(size, int) and 0 < size <= LARGEST for size in sizes):
        raise f.error("conv_dim", "not the widths of convolutions", "a list of sizes")
    f.remark("conv_dim", "the features of the last convolution are projected; the others are not counted")
    beside = (Linear("feature_projection", sizes[-1], layer.hidden),)
    stack = ((f.size("num_hidden_layers"), layer),)
    return Reading(stack, tokens(f), gaps=gaps, notes=notes, beside=beside)


def audio(f: Fields, *, tokens: Tokens, shared_heads: bool = False, own_head_dim: bool = False) -> Reading:
    """Whisper's encoder by itself, under the common names."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    kv_heads = kv_heads_of(f, heads) if shared_heads else heads
    if f.size_or("num_key_value_heads", heads) != kv_heads:
        raise f.error("num_key_value_heads", "the class has a key/value head for each query head", str(heads))
    head_dim = head_dim_of(f, hidden, heads, "head_dim" if own_head_dim else None)
    layer = Layer(heads, hidden, head_dim, f.size("intermediate_size"), kv_heads, kind="encoder")
    return Reading(((f.size("num_hidden_layers"), layer),), tokens(f))


def merging(f: Fields) -> Reading:
    """ViT's layers; in between four tokens are merged into one."""
    plain = vit(f, tokens=image())
    why = "layers on merged tokens, and what merges them, are not modelled"
    f.moot("window_kernel_size")
    return Reading(plain.stack, plain.tokens, gaps=(never(f, "insert_layer_id", why, "block"),))


def fun_asr(f: Fields) -> Reading:
    """Plain layers, each with a convolution beside its attention."""
    plain = vit(f, tokens=field("max_position_embeddings"))
    why = "the convolution in every layer is not modelled"
    return Reading(plain.stack, plain.tokens, gaps=(never(f, "fsmn_kernel_size", why, "block"),))
