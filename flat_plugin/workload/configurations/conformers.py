"""Conformers (arXiv 2005.08100): encoders of sound with a convolution beside attention, between two
feed-forward pairs, and scores of relative positions."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.workload.configurations import classes, sounds
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.mixers import Products, depthwise
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    head_dim_of,
    heads_of,
    kv_heads_of,
    plain_layer,
)
from flat_plugin.workload.configurations.windows import gathered
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.positions import Count, PositionProjection, PositionScores
from flat_plugin.workload.products import Convolution, Linear


def parakeet(f: Fields, *, streams: bool = False) -> Reading:
    """Fast Conformer (arXiv 2305.05084): convolutions over a spectrogram make one token of several frames.

    Args:
        streams: whether convolutions reach back only, and queries see chunks of so many tokens.
    """
    hidden, heads = f.size("hidden_size"), heads_of(f)
    if f.size_or("num_key_value_heads", heads) != heads:
        raise f.error("num_key_value_heads", "the class has a key/value head for each query head", str(heads))
    head_dim, width = head_dim_of(f, hidden, heads), f.size("intermediate_size")
    layer = Layer(
        heads,
        hidden,
        head_dim,
        width,
        kind="encoder",
        own=_chunks(f) if streams else None,
        others=(
            *_first_pair(hidden, width),
            *relative_positions(hidden, heads, head_dim),
            *_convolution(hidden, f.size("conv_kernel_size")),
        ),
    )
    beside = (_subsampling(f, hidden, streams),)
    tokens, gap = f.size_or_none("max_position_embeddings"), positions_gap(f)
    return Reading(((f.size("num_hidden_layers"), layer),), tokens, gaps=(gap,), beside=beside)


def wav2vec2(f: Fields) -> Reading:
    """wav2vec 2.0 with conformer layers, whose positions are relative, rotary or none."""
    hidden, kernel = f.size("hidden_size"), f.size("conv_depthwise_kernel_size")
    if not kernel % 2:
        raise f.error("conv_depthwise_kernel_size", "an even kernel, which the class refuses", "an odd one")
    kind = f.any("position_embeddings_type")
    if kind not in ("relative", "rotary", None):
        raise f.error("position_embeddings_type", "unknown kind of positions", "relative, rotary or null")
    plain = plain_layer(f, f.size("intermediate_size"), kind="encoder")
    products = (*_first_pair(hidden, plain.feed_forward or 0), *_convolution(hidden, kernel))
    gaps: tuple[Gap, ...] = sounds.adapters(f)
    if kind == "relative":
        products = (*products, *relative_positions(hidden, plain.heads, plain.head_dim))
        gaps += (positions_gap(f),)
    stack = ((f.size("num_hidden_layers"), replace(plain, others=products)),)
    # A convolution that the class makes and never runs; tables of positions that grow.
    f.moot("num_conv_pos_embeddings", "num_conv_pos_embedding_groups", "max_source_positions")
    return Reading(stack, gaps=gaps, beside=sounds.waveform(f, hidden))


def transcriber(f: Fields) -> Reading:
    """A Fast Conformer, and a decoder that attends to what it gives, at the decoder's width."""
    inner, aliases = classes.class_fields(f.file, "parakeet_encoder")
    part = f.nested("encoder_config", {**inner, **_TRANSCRIBER}, aliases)
    part.only("model_type", (None, "parakeet_encoder"), "another encoder is not modelled")
    encoder = parakeet(part)
    hidden, heads, width = f.size("hidden_size"), heads_of(f), f.size("intermediate_size")
    head_dim, kv_heads = head_dim_of(f, hidden, heads), kv_heads_of(f, heads)
    f.only("is_encoder_decoder", (None, True), "the decoder alone is not modelled")
    ((times, layer),) = encoder.stack
    layers = f.size("num_hidden_layers")
    stack = (
        (times, layer),
        (layers, Layer(heads, hidden, head_dim, width, kv_heads, kind="decoder")),
        (layers, Layer(heads, hidden, head_dim, kv_heads=kv_heads, kind="cross")),
    )
    projection = Section("projection", (Linear("encoder_projection", layer.hidden, hidden),), kind="encoder")
    beside, tokens = (*encoder.beside, projection), f.size_or_none("max_position_embeddings")
    return Reading(stack, tokens, encoder.tokens, gaps=encoder.gaps, beside=beside)


# What the class of the whole gives its encoder, other than the encoder's own.
_TRANSCRIBER = {"hidden_size": 1280, "num_hidden_layers": 48, "intermediate_size": 5120, "num_mel_bins": 128}


def granite(f: Fields) -> Reading:
    """Granite Speech: chunks that attend by themselves, and layers that make one token of two."""
    hidden, heads, width = f.size("hidden_size"), heads_of(f), f.size("intermediate_size")
    head_dim, layers = head_dim_of(f, hidden, heads), f.size("num_hidden_layers")
    context, most = f.size("context_size"), f.size("max_position_embeddings")
    if context > most:
        raise f.error("context_size", "more tokens than positions", f"at most {most}")
    f.remark("max_position_embeddings", "positions of a table, not a length")
    if f.size_or("num_key_value_heads", heads) != heads:
        raise f.error("num_key_value_heads", "the class has a key/value head for each query head", str(heads))
    inner = f.size("conv_expansion_factor") * hidden
    scores = PositionScores("position_scores", heads, head_dim, (0, context))
    ahead = (*_first_pair(hidden, width), scores, Linear("conv_in", hidden, 2 * inner))
    layer = Layer(heads, hidden, head_dim, width, kind="encoder", own=Mask(chunk=(context, 0)))
    kernel, behind = f.size("conv_kernel_size"), Linear("conv_out", inner, hidden)
    whole = replace(layer, others=(*ahead, depthwise("depthwise_conv", inner, kernel), behind))
    conv = Convolution("depthwise_conv", inner, inner, (kernel,), (2,), groups=inner)
    pair = (Linear("second_ff_up", hidden, width), Linear("second_ff_down", width, hidden))
    halving, stack, beside = _halving_layers(f, layers), list[Layer](), list[Section]()
    for i in range(layers):
        per = 2 ** sum(j < i for j in halving)
        if i in halving:
            stack.append(replace(layer, feed_forward=None, others=ahead, per=per))
            beside.append(Section("halving", (conv, behind, *pair), per=2 * per))
        else:
            stack.append(replace(whole, per=per))
    beside += _granite_ends(f, hidden, 2 ** sum(j < layers // 2 for j in halving), layers)
    return Reading(gathered(stack), gaps=(positions_gap(f),), beside=tuple(beside))


def _granite_ends(f: Fields, hidden: int, per: int, layers: int) -> list[Section]:
    """The product that reads frames, and the scores over the vocabulary in the middle that are read again."""
    vocabulary = f.size("vocab_size")
    frames = Section("frames", (Linear("frame_projection", 4 * f.size("num_mel_bins"), hidden),))
    if layers < 2:
        return [frames]
    f.remark("num_mel_bins", "four times as many values make a token: pairs of frames, and their differences")
    scores = Linear("middle_scores", hidden, vocabulary), Linear("middle_read", vocabulary, hidden)
    return [frames, Section("middle scores", scores, per=per)]


def _halving_layers(f: Fields, layers: int) -> set[int]:
    """Layers that make one token of two: the first two where nothing is said."""
    given = f.list("subsample_layers")
    if given is None:
        f.remark("subsample_layers", "the first two layers")
        given = [i for i in (0, 1) if i < layers]
    if len(set(map(repr, given))) < len(given) or not all(type(i) is int and 0 <= i < layers for i in given):
        raise f.error("subsample_layers", "not layers of the model", f"numbers below {layers}, once each")
    return set(given)


def positions_gap(f: Fields) -> Gap:
    """Scores of relative positions, which are products of a block beside its attention."""
    reason = "scores of relative positions are counted beside the attention, as products of the block"
    return Gap(reason, "attention", f.prefix + "model_type", f.values.get("model_type"), above=False)


def relative_positions(hidden: int, heads: int, head_dim: int) -> Products:
    """The projection of the distances, and every query's product with each."""
    return (
        PositionProjection("position_projection", hidden, heads * head_dim),
        PositionScores("position_scores", heads, head_dim),
    )


def _first_pair(hidden: int, width: int) -> Products:
    """The feed-forward layers before attention; those behind it are the layer's own."""
    return (Linear("first_ff_up", hidden, width), Linear("first_ff_down", width, hidden))


def _convolution(hidden: int, kernel: int) -> Products:
    """The convolution of neighbours, between two of single tokens, of which the first is gated."""
    return (
        Convolution("conv_in", hidden, 2 * hidden, (1,)),
        depthwise("depthwise_conv", hidden, kernel),
        Convolution("conv_out", hidden, hidden, (1,)),
    )


def _chunks(f: Fields) -> Mask:
    """Queries see their own chunk, whose last token is so far ahead, and the whole chunks behind it that the
    window reaches."""
    size, reach = f.count("default_num_lookahead_tokens") + 1, f.size("sliding_window") - 1
    before = reach // size
    f.remark("sliding_window", f"chunks of {size} tokens, each with the {before} before it")
    return Mask(chunk=(size, before))


def _subsampling(f: Fields, hidden: int, streams: bool) -> Section:
    """Convolutions over time and bands, each of which divides both; all but the first channel by channel."""
    kernel, stride = f.size("subsampling_conv_kernel_size"), f.size("subsampling_conv_stride")
    channels, factor = f.size("subsampling_conv_channels"), f.size("subsampling_factor")
    count = factor.bit_length() - 1
    if count < 1:
        raise f.error("subsampling_factor", "no convolution divides the frames", "2 or more")
    padding = kernel + stride - 2 if streams else (kernel - 1) // 2 * 2
    bands, heights = f.size("num_mel_bins"), list[int]()
    for _ in range(count):
        bands = (bands + padding - kernel) // stride + 1
        heights.append(bands)
    if bands < 1 or (not streams and bands != f.size("num_mel_bins") // stride**count):
        raise f.error("num_mel_bins", "its bands do not fit the product behind the convolutions")
    f.remark("subsampling_factor", f"{count} convolutions with a stride of {stride}")
    f.remark("num_mel_bins", f"{bands} bands are left behind them")
    products, lengths = list[Convolution | Linear](), _lengths(count, kernel, stride, padding)
    for i, (height, length) in enumerate(zip(heights, lengths, strict=True)):
        outputs, first = (length[0] * height, length[1] * height), i == 0
        into, groups = (1, 1) if first else (channels, channels)
        sizes = ((kernel, kernel), (stride, stride), groups, outputs, height)
        products.append(Convolution(f"subsampling{i + 1}", into, channels, *sizes))
        if not first:
            point = ((1, 1), (1, 1), 1, outputs, height)
            products.append(Convolution(f"subsampling{i + 1}_mix", channels, channels, *point))
    products.append(Linear("subsampling_out", channels * bands, hidden))
    return Section("subsampling", tuple(products), kind="encoder")


def _lengths(count: int, kernel: int, stride: int, padding: int) -> list[Count]:
    """Outputs of the convolutions along time, of the most frames that give the tokens."""
    found = [(1, 0)]
    for _ in range(count - 1):
        scale, more = found[-1]
        found.append((stride * scale, stride * more + kernel - padding - 1))
    return found[::-1]
