"""An encoder and a decoder with cross attention to it."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.workload.configurations.classes import class_fields
from flat_plugin.workload.configurations.decoders import llama
from flat_plugin.workload.configurations.embeddings import image, patch_embedding
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.images import vit
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    experts_gap,
    never,
    patches_of,
    plain_layer,
)
from flat_plugin.workload.configurations.sounds import Beside, unpadded
from flat_plugin.workload.configurations.windows import around, around_and_first
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import Stack
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear


def bart(
    f: Fields,
    *,
    source: str = "max_position_embeddings",
    target: str = "max_position_embeddings",
    halvings: str | None = None,
    beside: Beside | None = None,
    padded: bool = False,
) -> Reading:
    """BART and its kin: layers, heads and widths of their own for encoder and decoder.

    Args:
        source: the field of the encoder's length.
        target: the field of the decoder's length.
        halvings: the field with the number of convolutions that each halve the encoder's length.
        beside: what turns sound into the encoder's tokens.
        padded: whether the encoder's sequence always has its whole length.
    """
    f.only("is_encoder_decoder", (None, True), "the decoder alone is not modelled")
    f.only("is_decoder", (None, False), "the decoder alone is not modelled")
    if f.flag("use_prompt"):
        raise f.error("use_prompt", "prompts of keys and values are not modelled", "false")
    encoder = _side(f, "encoder")
    decoder = _side(f, "decoder")
    stack: Stack = (
        (f.size("encoder_layers"), encoder),
        (f.size("decoder_layers"), decoder),
        (f.size("decoder_layers"), Layer(decoder.heads, decoder.hidden, decoder.head_dim, kind="cross")),
    )
    frames = f.size(source)
    for _ in range(f.count(halvings) if halvings else 0):
        frames = (frames + 1) // 2
    sections: tuple[Section, ...] = () if beside is None else (beside(f, encoder.hidden),)
    if padded:
        f.remark(source, f"the encoder has {frames} tokens at every length: what is shorter is padded")
        stack = tuple((n, replace(e, fixed=frames) if e.kind != "decoder" else e) for n, e in stack)
        sections = tuple(replace(section, rows=frames) for section in sections)
    return Reading(stack, f.size(target), frames, beside=sections)


def _side(f: Fields, side: str) -> Layer:
    hidden, name = f.size("d_model"), f"{side}_attention_heads"
    heads = f.size(name)
    if hidden % heads:
        message = f"d_model {hidden} is not a multiple of the number of heads"
        raise f.error(name, message, f"a divisor of {hidden}")
    return Layer(heads, hidden, hidden // heads, f.size(f"{side}_ffn_dim"), kind=side)


def sparse_bart(f: Fields, *, name: str, why: str, dense: str | None = None) -> Reading:
    """The same, whose encoder does not attend to every key, unless a field says so.

    Args:
        name: the field that shapes the encoder's attention.
        why: what is not modelled.
        dense: the value of that field with which it attends to all.
    """
    plain = bart(f)
    gaps = () if dense is not None and f.any(name) == dense else (never(f, name, why),)
    return Reading(plain.stack, plain.tokens, plain.source_tokens, gaps=gaps)


def expert_bart(f: Fields) -> Reading:
    """The same, with experts in every so many layers."""
    plain = bart(f)
    f.moot("encoder_sparse_step", "decoder_sparse_step")
    gap = experts_gap(f, "num_experts")
    return Reading(plain.stack, plain.tokens, plain.source_tokens, gaps=(gap,))


def led(f: Fields) -> Reading:
    """Longformer's windows in BART's encoder."""
    plain = bart(f, source="max_encoder_position_embeddings", target="max_decoder_position_embeddings")
    given = f.any("attention_window")
    sizes = given if isinstance(given, list) else [given]
    if not all(isinstance(w, int) and w > 0 for w in sizes):
        raise f.error("attention_window", "not a window", "a size, or a list of them")
    (times, encoder), *rest = plain.stack
    if len(sizes) not in (1, times):
        raise f.error("attention_window", f"{len(sizes)} windows for {times} layers", "one a layer")
    windows = sizes if len(sizes) == times else sizes * times
    return replace(plain, stack=(*around_and_first(f, [(encoder, window) for window in windows]), *rest))


def t5(f: Fields, *, experts: str | None = None, gated: bool | None = None, images: bool = False) -> Reading:
    """T5: heads of a width of their own, positions as biases.

    Args:
        experts: the field with the number of experts, where the feed-forward layers have them.
        gated: whether they are gated, where no field says so.
        images: whether the patches of an image are in the encoder's sequence as well.
    """
    hidden, heads, head_dim = f.size("d_model"), f.size("num_heads"), f.size("d_kv")
    feed_forward, is_gated = f.size("d_ff"), _gated(f) if gated is None else gated
    layers = f.size("num_layers")
    behind = f.size_or("num_decoder_layers", layers)
    encoder = Layer(heads, hidden, head_dim, feed_forward, gated=is_gated, kind="encoder")
    decoder = Layer(heads, hidden, head_dim, feed_forward, gated=is_gated, kind="decoder")
    f.only("is_encoder_decoder", (None, True), "one side alone is not modelled: the class makes both")
    cross = Layer(heads, hidden, head_dim, kind="cross")
    stack = ((layers, encoder), (behind, decoder), (behind, cross))
    f.only("is_decoder", (None, False), "the decoder alone is not modelled")
    f.only("add_cross_attention", (None, False), "the decoder alone is not modelled")
    gaps: tuple[Gap, ...] = ()
    if experts is not None:
        f.moot("num_sparse_encoder_layers", "num_sparse_decoder_layers", "encoder_sparse_step")
        f.moot("decoder_sparse_step")
        gaps = (experts_gap(f, experts),)
    beside = (patch_embedding(f, rows=patches_of(f)),) if images else ()
    return Reading(stack, f.size_or_none("n_positions"), gaps=gaps, beside=beside)


_ACTIVATIONS = ("relu", "gelu", "gelu_new", "silu", "swish", "gelu_pytorch_tanh", "relu2")


def _gated(f: Fields) -> bool:
    """What ``feed_forward_proj`` says."""
    kind = f.text("feed_forward_proj") or "relu"
    parts = kind.split("-")
    if len(parts) > 2 or parts[-1] not in _ACTIVATIONS or (len(parts) == 2 and parts[0] != "gated"):
        raise f.error("feed_forward_proj", "unknown kind of feed-forward layers", "gated-gelu or relu, say")
    f.moot("is_gated_act")  # follows from it
    return len(parts) == 2


def longt5(f: Fields) -> Reading:
    """T5 whose encoder attends within blocks, or to averages as well."""
    plain = t5(f)
    kind = f.text("encoder_attention_type")
    if kind not in ("local", "transient-global"):
        raise f.error("encoder_attention_type", "unknown kind of attention", "local or transient-global")
    f.moot("global_block_size")
    if kind == "transient-global":
        f.moot("local_radius")
        return replace(
            plain, gaps=(never(f, "encoder_attention_type", "keys that are averages are not modelled"),)
        )
    (times, encoder), *rest = plain.stack
    local = replace(encoder, own=around(2 * f.size("local_radius")))
    return replace(plain, stack=((times, local), *rest))


def moonshine(f: Fields) -> Reading:
    """Speech: the same width, and heads of their own for encoder and decoder."""
    hidden, width = f.size("hidden_size"), f.size("intermediate_size")
    f.only("pad_head_dim_to_multiple_of", (None,), "padded heads are not modelled")
    layers = {}
    for side in ("encoder", "decoder"):
        heads = f.size(f"{side}_num_attention_heads")
        if hidden % heads:
            message = f"hidden_size {hidden} is not a multiple of the number of heads"
            raise f.error(f"{side}_num_attention_heads", message, f"a divisor of {hidden}")
        kv_heads = f.size_or(f"{side}_num_key_value_heads", heads)
        if heads % kv_heads:
            raise f.error(
                f"{side}_num_key_value_heads", f"{heads} heads do not share them", f"a divisor of {heads}"
            )
        layers[side] = Layer(
            heads, hidden, hidden // heads, width, kv_heads, gated=side == "decoder", kind=side
        )
        if layers["encoder"].heads != heads or layers["encoder"].kv_heads != kv_heads:
            raise f.error(f"{side}_num_attention_heads", "other heads than the encoder's are not modelled")
    decoder, times = layers["decoder"], f.size("decoder_num_hidden_layers")
    cross = Layer(decoder.heads, hidden, decoder.head_dim, kv_heads=decoder.kv_heads, kind="cross")
    stack = ((f.size("encoder_num_hidden_layers"), layers["encoder"]), (times, decoder), (times, cross))
    convolutions = unpadded((1, hidden, 2 * hidden, hidden), (127, 7, 3), (64, 3, 2))  # that the class has
    beside = Section("convolutions", convolutions, sort="convolution", kind="encoder")
    return Reading(stack, f.size("max_position_embeddings"), beside=(beside,))


def idefics(f: Fields) -> Reading:
    """Flamingo's way (arXiv 2204.14198): between a decoder's layers some that attend to one image, each with
    feed-forward layers of its own; and the encoder of that image."""
    plain = llama(f, shared_heads=False, own_head_dim=False)
    ((layers, layer),) = plain.stack
    every = f.size("cross_layer_interval")
    if layers % every:
        raise f.error("cross_layer_interval", f"not a divisor of the {layers} layers", "a divisor")
    inner, aliases = class_fields(f.file, "idefics_vision")
    images = vit(f.nested("vision_config", inner, aliases), embed=image(1))
    ((times, encoder),), tokens = images.stack, images.tokens
    cross = replace(layer, kind="cross", causal=False, kv_hidden=encoder.hidden, value_hidden=encoder.hidden)
    f.remark("vision_config", "one image; of several the keys follow each other")
    gaps = plain.gaps
    if f.flag("use_resampler"):
        why = "the resampler between images and layers is not modelled"
        gaps += (never(f, "use_resampler", why, "block"),)
    stack = (
        (times, replace(encoder, fixed=tokens)),
        (layers, layer),
        (layers // every, replace(cross, fixed=tokens)),
    )
    return Reading(stack, plain.tokens, gaps=gaps, beside=_of_images(images))


def git(f: Fields) -> Reading:
    """GIT (arXiv 2205.14100): BERT's layers over an image's tokens, which see each other, and text behind
    them; and the encoder of the image."""
    layer = plain_layer(f, f.size("intermediate_size"), kind="decoder")
    inner, aliases = class_fields(f.file, "git_vision_model")
    images = vit(f.nested("vision_config", inner, aliases), embed=image(1))
    ((times, encoder),), tokens = images.stack, images.tokens or 0
    f.only("num_image_with_embedding", (None,), "several images are not modelled")
    f.remark("max_position_embeddings", f"of the text, behind {tokens} tokens of an image")
    layer = replace(layer, own=Mask(causal=True, prefix=tokens))
    product = Linear("image_projection", encoder.hidden, layer.hidden)
    projection = Section("image projection", (product,), kind="encoder", rows=tokens)
    stack = ((times, replace(encoder, fixed=tokens)), (f.size("num_hidden_layers"), layer))
    length = f.size("max_position_embeddings") + tokens
    return Reading(stack, length, beside=(*_of_images(images), projection))


def _of_images(images: Reading) -> tuple[Section, ...]:
    """What makes an image's tokens, at every length of the text."""
    rows = images.tokens or 0
    return tuple(
        replace(section, kind="encoder", rows=rows - section.less, less=0) for section in images.beside
    )
