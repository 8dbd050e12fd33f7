"""Encoders of sound, and the convolutions that turn it into tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    head_dim_of,
    heads_of,
    kv_heads_of,
    never,
    plain_layer,
)
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Convolution, Linear
from flat_plugin.workload.size_checks import LARGEST

Beside = Callable[[Fields, int], Section]  # of the fields and the stream's width


def halved(f: Fields, hidden: int) -> Section:
    """Whisper's two convolutions over the bands of a spectrogram, of which the second halves the length."""
    bands = f.size("num_mel_bins")
    first = Convolution("conv1", bands, hidden, (3,), outputs=(2, 0))
    second = Convolution("conv2", hidden, hidden, (3,), (2,))
    return Section("convolutions", (first, second), sort="convolution", kind="encoder")


def stacked(f: Fields, hidden: int) -> Section:
    """Stacked frames of a spectrogram, projected to the stream."""
    frames = f.size("subsampling_factor")
    product = Linear("frame_projection", frames * f.size("num_mel_bins"), hidden)
    return Section("frame projection", (product,), sort="embedding")


def gated_halvings(f: Fields, hidden: int) -> Section:
    """Speech to text: convolutions that each halve the length, and gates that halve their channels."""
    kernels, count = sizes(f, "conv_kernel_sizes"), f.size("num_conv_layers")
    if len(kernels) != count:
        raise f.error("conv_kernel_sizes", f"{len(kernels)} kernels for {count} layers", f"a list of {count}")
    inner = f.size("conv_channels")
    widths = [f.size("input_feat_per_channel") * f.size("input_channels"), *[inner // 2] * (count - 1)]
    outs = [*[inner] * (count - 1), 2 * hidden]
    products = tuple(
        Convolution(f"conv{i + 1}", widths[i], outs[i], (kernel,), (2,), outputs=(2 ** (count - 1 - i), 0))
        for i, kernel in enumerate(kernels)
    )
    return Section("convolutions", products, sort="convolution", kind="encoder")


def unpadded(
    channels: Sequence[int], kernels: Sequence[int], strides: Sequence[int]
) -> tuple[Convolution, ...]:
    """Convolutions of a waveform, without padding: of ``(tokens - 1) · stride + kernel`` inputs each.

    Args:
        channels: of what each reads, and of what the last one gives.
    """
    found, outputs = list[Convolution](), (1, 0)
    for i in reversed(range(len(kernels))):
        name = f"conv{i + 1}"
        conv = Convolution(name, channels[i], channels[i + 1], (kernels[i],), (strides[i],), outputs=outputs)
        found.append(conv)
        scale, more = outputs
        outputs = (scale * strides[i], (more - 1) * strides[i] + kernels[i])
    return tuple(reversed(found))


def sizes(f: Fields, name: str) -> Sequence[int]:
    """A list of sizes, of one convolution each.

    Raises:
        FlatError: it is none.
    """
    found = f.list(name)
    if not found or not all(type(size) is int and 0 < size <= LARGEST for size in found):
        raise f.error(name, "not the sizes of convolutions", "a list of sizes")
    return found


def speech(f: Fields, *, repeated: bool = False) -> Reading:
    """wav2vec 2.0: convolutions over the waveform, a projection, positions by a convolution, plain layers.

    Args:
        repeated: whether the convolution of positions is there several times, with a kernel of its own field.
    """
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder")
    hidden, groups = layer.hidden, f.size("num_conv_pos_embedding_groups")
    kernel, times = f.size("num_conv_pos_embeddings"), 1
    if repeated:
        kernel, times = f.size("conv_pos_kernel_size"), kernel
    if hidden % groups:
        raise f.error("num_conv_pos_embedding_groups", "groups do not divide the channels evenly")
    positions = Convolution("position_conv", hidden, hidden, (kernel,), groups=groups, times=times)
    stack = ((f.size("num_hidden_layers"), layer),)
    return Reading(stack, gaps=adapters(f), beside=waveform(f, hidden, positions))


def adapters(f: Fields) -> tuple[Gap, ...]:
    """What some models of this family have in or behind their layers."""
    gaps: tuple[Gap, ...] = ()
    if f.any("adapter_attn_dim") is not None:
        gaps = (never(f, "adapter_attn_dim", "adapters in the layers are not modelled", "block"),)
    if f.flag("add_adapter"):
        why = "the convolutions that it puts behind the layers are not modelled"
        gaps += (replace(never(f, "add_adapter", why, "model"), linear=False),)
    return gaps


def waveform(f: Fields, hidden: int, *further: Convolution) -> tuple[Section, ...]:
    """Convolutions over the waveform, those over the tokens, and the projection of their channels."""
    channels, kernels, strides = (sizes(f, name) for name in ("conv_dim", "conv_kernel", "conv_stride"))
    if not len(channels) == len(kernels) == len(strides):
        raise f.error("conv_kernel", f"{len(kernels)} kernels for {len(channels)} convolutions")
    products = (*unpadded((1, *channels), kernels, strides), *further)
    return (
        Section("convolutions", products, sort="convolution"),
        Section("feature projection", (Linear("feature_projection", channels[-1], hidden),)),
    )


def audio(
    f: Fields, *, tokens: str, beside: Beside = halved, shared_heads: bool = False, own_head_dim: bool = False
) -> Reading:
    """Whisper's encoder by itself, under the common names.

    Args:
        tokens: the field of its length.
        beside: what turns a spectrogram into tokens.
    """
    hidden, heads = f.size("hidden_size"), heads_of(f)
    kv_heads = kv_heads_of(f, heads) if shared_heads else heads
    if f.size_or("num_key_value_heads", heads) != kv_heads:
        raise f.error("num_key_value_heads", "the class has a key/value head for each query head", str(heads))
    head_dim = head_dim_of(f, hidden, heads, "head_dim" if own_head_dim else None)
    layer = Layer(heads, hidden, head_dim, f.size("intermediate_size"), kv_heads, kind="encoder")
    stack = ((f.size("num_hidden_layers"), layer),)
    return Reading(stack, f.size_or_none(tokens), beside=(beside(f, hidden),))


def fun_asr(f: Fields) -> Reading:
    """Plain layers with a convolution of the values beside attention; the first reads stacked frames."""
    hidden, kernel = f.size("hidden_size"), f.size("fsmn_kernel_size")
    frames = f.size("num_mel_bins") * f.size("num_stacked_frames")
    beside = Convolution("values_conv", hidden, hidden, (kernel,), groups=hidden)
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder", others=(beside,))
    first = replace(layer, query_hidden=frames, kv_hidden=frames, value_hidden=frames)
    layers = f.size("num_hidden_layers")
    stack = ((1, first), *(((layers - 1, layer),) if layers > 1 else ()))
    return Reading(stack, f.size_or_none("max_position_embeddings"))
