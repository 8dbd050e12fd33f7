"""Codecs of sound: convolutions down to frames, layers, codes, layers, and convolutions up again."""

from __future__ import annotations

from math import ceil, prod

from flat_plugin.workload.configurations.decoders import llama
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import Reading
from flat_plugin.workload.configurations.sounds import sizes
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Convolution, Linear


def mimi(f: Fields) -> Reading:
    """Mimi (arXiv 2410.00037): causal layers behind an encoder's convolutions, and before a decoder's.

    A token is a frame of the layers; where codes are fewer than these, each stands for several frames.
    """
    plain = llama(f, gated=False)
    (times, layer), *_ = plain.stack
    f.remark("num_hidden_layers", f"{times} layers in the encoder, and {times} in the decoder")
    ratios, hidden = _ratios(f), f.size("hidden_size")
    stride = _stride(f, ratios)
    down, up = _down(f, ratios, hidden), _up(f, ratios, hidden)
    beside = [
        Section(name, products, sort="convolution") for name, products in (("encoder", down), ("decoder", up))
    ]
    if stride > 1:
        groups = f.size("upsample_groups")
        if hidden % groups:
            raise f.error("upsample_groups", f"{hidden} channels do not share them evenly")
        fewer = Convolution("downsample", hidden, hidden, (2 * stride,), (stride,))
        # What a transposed convolution adds up: every input with the whole kernel.
        more = Convolution("upsample", hidden, 2 * stride * hidden, (1,), groups=groups)
        beside.append(Section("between frames and codes", (fewer, more), sort="convolution", per=stride))
    return Reading(
        ((2 * times, layer),), plain.tokens, gaps=plain.gaps, beside=(*beside, *_codes(f, hidden, stride))
    )


def _ratios(f: Fields) -> tuple[int, ...]:
    """What the convolutions divide the waveform's length by, from the decoder's first."""
    if not f.any("upsampling_ratios"):
        f.remark("upsampling_ratios", "8, 6, 5, 4, as the class has them")
        return (8, 6, 5, 4)
    return tuple(sizes(f, "upsampling_ratios"))


def _stride(f: Fields, ratios: tuple[int, ...]) -> int:
    """Frames of the layers to one of the codes: two, or what a rate in the file says."""
    if f.any("frame_rate") is None and f.any("_frame_rate") is None:
        return 2
    rate = f.number("frame_rate") if f.any("frame_rate") is not None else f.number("_frame_rate")
    stride = int(ceil(f.size("sampling_rate") / prod(ratios)) / rate)
    if stride < 1:
        raise f.error("frame_rate", "more codes than frames of the layers")
    return stride


def _down(f: Fields, ratios: tuple[int, ...], hidden: int) -> tuple[Convolution, ...]:
    """From the waveform to the frames of the layers."""
    rate, width = prod(ratios), f.size("num_filters")
    found = [_conv("encode_in", f.size("audio_channels"), width, f.size("kernel_size"), rate)]
    for i, ratio in enumerate(reversed(ratios)):
        found += _residual(f, f"encode{i + 1}", width, rate)
        rate //= ratio
        step = Convolution(f"encode{i + 1}_down", width, 2 * width, (2 * ratio,), (ratio,), outputs=(rate, 0))
        found.append(step)
        width *= 2
    return (*found, _conv("encode_out", width, hidden, f.size("last_kernel_size"), rate))


def _up(f: Fields, ratios: tuple[int, ...], hidden: int) -> tuple[Convolution, ...]:
    """And back: a transposed convolution adds up the products of every input with its whole kernel."""
    rate, width = 1, 2 ** len(ratios) * f.size("num_filters")
    found = [_conv("decode_in", hidden, width, f.size("kernel_size"), rate)]
    for i, ratio in enumerate(ratios):
        found.append(_conv(f"decode{i + 1}_up", width, width // 2 * 2 * ratio, 1, rate))
        rate, width = rate * ratio, width // 2
        found += _residual(f, f"decode{i + 1}", width, rate)
    return (*found, _conv("decode_out", width, f.size("audio_channels"), f.size("last_kernel_size"), rate))


def _residual(f: Fields, name: str, width: int, rate: int) -> list[Convolution]:
    """Pairs of convolutions through fewer channels; how far apart their inputs stand changes no product."""
    narrow, kernel, times = (
        width // f.size("compress"),
        f.size("residual_kernel_size"),
        f.count("num_residual_layers"),
    )
    if times and not narrow:
        raise f.error("compress", f"no channel is left of {width}", f"at most {width}")
    pair = [(f"{name}_in", width, narrow, kernel), (f"{name}_out", narrow, width, 1)]
    if f.flag("use_conv_shortcut"):
        pair.append((f"{name}_past", width, width, 1))
    return [_conv(*sizes, rate, times) for sizes in pair] if times else []


def _conv(name: str, into: int, out: int, kernel: int, rate: int, times: int = 1) -> Convolution:
    return Convolution(name, into, out, (kernel,), outputs=(rate, 0), times=times)


def _codes(f: Fields, hidden: int, stride: int) -> tuple[Section, ...]:
    """The distances of every frame to the entries of every code book, and the way there and back."""
    width, first, count = f.size("codebook_dim"), f.size("num_semantic_quantizers"), f.size("num_quantizers")
    inner = f.size("vector_quantization_hidden_dimension")
    if inner != width:
        raise f.error("codebook_dim", "not as wide as what is compared with it", str(inner))
    if first >= count:
        raise f.error("num_semantic_quantizers", "as many as all", f"below {count}")
    books = Linear("code_distances", width, f.size("codebook_size"), times=count)
    found = [Section("code books", (books,), sort="embedding", per=stride)]
    if inner != hidden:
        ways = (
            Convolution("codes_in", hidden, inner, (1,), times=2),
            Convolution("codes_out", inner, hidden, (1,), times=2),
        )
        found.append(Section("code projections", ways, sort="convolution", per=stride))
    return tuple(found)
