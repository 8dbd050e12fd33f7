"""Decoders of text: Llama and its kin, and the families before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flat_plugin.workload.configurations import mixtures
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.indexed_keys import indexed
from flat_plugin.workload.configurations.mixtures import Mixture
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    even_head_dim,
    experts_gap,
    full_only,
    head_dim_of,
    heads_of,
    kv_heads_of,
    matching,
    never,
    plain_layer,
)
from flat_plugin.workload.configurations.windows import (
    CHUNKED,
    SLIDING,
    Rule,
    behind,
    everywhere,
    gathered,
    in_chunks,
    in_windows,
    slides,
)
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.latent import Latent
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear

_CROSS = "cross attention to another model's states is not modelled"
_GATE, FULL = "attention_gate", "full_attention"


def llama(
    f: Fields,
    *,
    gated: bool = True,
    gate: bool = False,
    shared_heads: bool = True,
    own_head_dim: bool = True,
    experts: str | None = None,
    mixture: Mixture | None = None,
    windows: Rule | None = everywhere,
    square: bool = False,
    chunks: bool = False,
    besides: str | None = None,
    checked: bool = False,
) -> Reading:
    """Llama's layers.

    Args:
        gated: whether the feed-forward layers are.
        gate: whether a product as wide as the queries gates what attention gives.
        shared_heads: whether query heads may share key/value heads.
        own_head_dim: whether the width of a head is a field.
        experts: the field with the number of experts, of feed-forward layers that are not modelled.
        mixture: the fields of the experts, where the feed-forward layers are.
        windows: which layers have a window where no list says so; None where the type has none.
        square: whether the heads must make up the width of the stream.
        chunks: whether layers may attend within chunks, instead of windows.
        besides: the field of what a block has beside these layers, which is not modelled.
        checked: whether the kinds of the layers have been checked.
    """
    if not checked:
        full_only(f)
    hidden, heads = f.size("hidden_size"), heads_of(f)
    head_dim = head_dim_of(f, hidden, heads) if own_head_dim else even_head_dim(f, hidden, heads)
    if square and heads * head_dim != hidden:
        message = f"{heads} heads of this width are not hidden_size {hidden}"
        raise f.error("head_dim", message, str(hidden // heads))
    width = (
        f.size_or_none("intermediate_size") if experts else None if mixture else f.size("intermediate_size")
    )
    layer = Layer(
        heads,
        hidden,
        head_dim,
        width,
        kv_heads_of(f, heads) if shared_heads else heads,
        gated=gated,
        kind="decoder",
        others=(Linear(_GATE, hidden, heads * head_dim),) if gate else (),
    )
    sliding = slides(f, windows) if windows else (False,) * f.size("num_hidden_layers")
    gaps: tuple[Gap, ...] = ()
    if experts is not None:
        gaps += (experts_gap(f, experts),)
    if besides is not None and f.size(besides):
        gaps += (never(f, besides, "what a block has besides is not modelled", "block"),)
    layers = mixture.layers(f, layer) if mixture else [layer] * len(sliding)
    masked = in_chunks(f, layers) if chunks else in_windows(f, layers, sliding)
    return Reading(gathered(masked), f.size_or_none("max_position_embeddings"), gaps=gaps)


def dory(f: Fields) -> Reading:
    """Llama's layers with a gate, of which those in the middle run several times, with the same weights."""
    own, before, within = _looped(f)
    hidden, heads, loops = f.size("hidden_size"), heads_of(f), f.size("n_recurrent_loops")
    head_dim = head_dim_of(f, hidden, heads)
    gate = Linear(_GATE, hidden, heads * head_dim)
    width, kv_heads = f.size("intermediate_size"), kv_heads_of(f, heads)
    layer = Layer(heads, hidden, head_dim, width, kv_heads, gated=True, kind="decoder", others=(gate,))
    f.moot("recurrent_kv_cache_mode")  # which loops write to the cache
    f.remark("n_recurrent_loops", f"{within} layers run {loops} times")
    ran = [*own[: before + within], *own[before : before + within] * (loops - 1), *own[before + within :]]
    stack = gathered(in_windows(f, [layer] * len(ran), [kind == SLIDING for kind in ran]))
    return Reading(stack, f.size("max_position_embeddings"), distinct=len(own))


def _looped(f: Fields) -> tuple[list[str], int, int]:
    """The kind of every layer; the layers before those that run several times, and these."""
    names = ("num_hidden_layers", "n_input_layers", "n_output_layers", "n_recurrent_layers")
    types, kinds = f.list("layer_types"), (FULL, SLIDING)
    each = 2 if types and "mlp" in types else 1  # files may list both halves of a layer
    for name in names:
        if f.count(name) % each:
            raise f.error(name, "an odd number of halves of layers", "an even number")
    layers, before, behind_, given = (f.count(name) // each for name in names)
    if types is None:
        f.remark("layer_types", "every fourth layer sees every key")
        types = [kinds[(i + 1) % 4 != 0] for i in range(layers)]
    matching(f, "layer_types", types, layers * each)
    if not set(types[::each]) <= set(kinds) or (each == 2 and set(types[1::2]) != {"mlp"}):
        message = "not the kinds of layers, or of their halves in turn"
        raise f.error("layer_types", message, " or ".join((*kinds, "mlp")))
    within = given if f.has(names[3]) else layers - before - behind_
    if before + within + behind_ != layers or within < 0:
        message = f"not the sum of {', '.join(names[1:])}"
        raise f.error(names[0], message, str(each * (before + within + behind_)))
    return list(types[::each]), before, within


def gpt2(f: Fields, *, inner: str | None = "n_inner", fixed: str | None = None) -> Reading:
    """GPT-2's layers: four times the width where nothing else is said.

    Args:
        inner: the field of the width between the feed-forward layers, which may be empty.
        fixed: the same, of a field that must have a value.
    """
    width = 4 * f.size("hidden_size")
    feed_forward = f.size(fixed) if fixed else (f.size_or(inner, width) if inner else width)
    kv_heads = _multi_query(f)
    layer = plain_layer(f, feed_forward, kv_heads=kv_heads, kind="decoder")
    gaps = (never(f, "add_cross_attention", _CROSS, "block"),) if f.flag("add_cross_attention") else ()
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"), gaps=gaps)


def _multi_query(f: Fields) -> int | None:
    """One key/value head where the file says so, in either of two spellings."""
    kind = f.text("attention_head_type")
    if kind not in ("", "multihead", "multiquery"):
        raise f.error("attention_head_type", "unknown kind of heads", "multihead or multiquery")
    if f.known("multi_query"):
        f.moot("num_key_value_heads")  # follows from it
        return 1 if f.flag("multi_query") else None
    return 1 if kind == "multiquery" else None


def gpt_neo(f: Fields) -> Reading:
    """Every other layer attends within a window."""
    layer = plain_layer(f, f.size_or("intermediate_size", 4 * f.size("hidden_size")), kind="decoder")
    kinds = f.any("attention_types")
    listed = f.list("attention_layers")
    name = "attention_types" if listed is None else "attention_layers"
    listed = _expanded(f, kinds) if listed is None else listed
    if len(listed) != f.size("num_hidden_layers") or any(kind not in ("global", "local") for kind in listed):
        raise f.error(name, "not the kind of every layer", "global or local, one a layer")
    window = f.size("window_size")
    stack = gathered(replace(layer, own=behind(window)) if kind == "local" else layer for kind in listed)
    return Reading(stack, f.size("max_position_embeddings"))


def _expanded(f: Fields, kinds: Any) -> list[str]:
    """``[[["global", "local"], 12]]`` as the kind of every layer."""
    try:
        return [kind for each, times in kinds for _ in range(times) for kind in each]
    except (TypeError, ValueError):
        raise f.error("attention_types", "not kinds of layers", "[[[kinds], times], …]") from None


def gpt_neox_japanese(f: Fields) -> Reading:
    layer = plain_layer(f, f.size("intermediate_multiple_size") * f.size("hidden_size"), kind="decoder")
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"))


def bloom(f: Fields) -> Reading:
    """Its positions are biases, so that the length is what it was trained at: 2048 (arXiv 2211.05100)."""
    layer = plain_layer(f, 4 * f.size("hidden_size"), kind="decoder")
    return Reading(((f.size("num_hidden_layers"), layer),), f.size_or("seq_length", 2048))


def falcon(f: Fields) -> Reading:
    """Which field gives the key/value heads depends on the generation."""
    heads = heads_of(f)
    if f.flag("new_decoder_architecture"):
        f.moot("multi_query")
        kv_heads = kv_heads_of(f, heads, "num_kv_heads")
    else:
        f.moot("num_kv_heads")
        kv_heads = 1 if f.flag("multi_query") else heads
    width = f.size_or("ffn_hidden_size", 4 * f.size("hidden_size"))
    layer = plain_layer(f, width, kv_heads=kv_heads, kind="decoder")
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"))


def mpt(f: Fields) -> Reading:
    hidden = f.size("hidden_size")
    f.only("expansion_ratio", (None, 4), "the class takes four times the width, whatever this says")
    settings = f.any("attn_config")
    kind = settings.get("attn_type", "multihead_attention") if isinstance(settings, dict) else None
    if settings is not None and kind != "multihead_attention":
        raise f.error(
            "attn_config", "another kind of attention is not modelled", "attn_type multihead_attention"
        )
    if isinstance(settings, dict) and settings.get("prefix_lm"):
        message = "a prefix whose tokens see each other, of a length that no field has, is not modelled"
        raise f.error("attn_config", message, "prefix_lm false, and --mask causal,prefix=P")
    layer = plain_layer(f, 4 * hidden, kind="decoder")
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_seq_len"))


def opt(f: Fields, *, feed_forward: str = "ffn_dim", narrow: str | None = None) -> Reading:
    """Fairseq's layers.

    Args:
        feed_forward: the field of the width between the feed-forward layers.
        narrow: the field of an embedding's width, which is projected to and from the stream's if it differs.
    """
    layer = plain_layer(f, f.size(feed_forward), kind="decoder")
    gaps = (never(f, "add_cross_attention", _CROSS, "block"),) if f.flag("add_cross_attention") else ()
    width = f.size_or(narrow, layer.hidden) if narrow else layer.hidden
    beside: tuple[Section, ...] = ()
    if width != layer.hidden:
        into, out = Linear("project_in", width, layer.hidden), Linear("project_out", layer.hidden, width)
        beside = (Section("embedding projections", (into, out)),)
    stack = ((f.size("num_hidden_layers"), layer),)
    return Reading(stack, f.size("max_position_embeddings"), gaps=gaps, beside=beside)


def xlm(f: Fields) -> Reading:
    """Four times the width; causal where it says so."""
    f.only("is_encoder", (True,), "the decoder's cross attention is not modelled")
    causal = f.flag("causal")
    layer = plain_layer(f, 4 * f.size("hidden_size"), kind="decoder" if causal else "encoder")
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"))


def relative(f: Fields, *, head_dim: str = "d_head", causal: bool = True) -> Reading:
    """Transformer-XL and XLNet: scores have a further product with the relative positions."""
    heads, hidden = heads_of(f), f.size("hidden_size")
    width = head_dim_of(f, hidden, heads, head_dim)
    kind = "decoder" if causal else "encoder"
    layer = Layer(heads, hidden, width, f.size("d_inner"), kind=kind)
    why = "the products of queries with relative positions are not modelled"
    gap = Gap(why, "attention", f.prefix + "model_type", f.values.get("model_type"))
    memory = f.count("mem_len")
    gaps: tuple[Gap, ...] = (gap, replace(gap, level="block"))
    if memory:
        gaps += (never(f, "mem_len", "the keys of a memory are not modelled"),)
    return Reading(((f.size("num_hidden_layers"), layer),), gaps=gaps)


def latent(f: Fields, *, mixture: Mixture | None = None, even_values: bool = False) -> Reading:
    """Latent attention, with the sizes of its expanded form.

    Args:
        even_values: whether heads of values share the width of the stream out where no field has theirs.
    """
    heads, hidden, rope = heads_of(f), f.size("hidden_size"), f.size("qk_rope_head_dim")
    f.moot("num_key_value_heads", "head_dim", "qk_head_dim")
    layer = Layer(
        heads,
        hidden,
        f.size("qk_nope_head_dim") + rope,
        None if mixture else f.size("intermediate_size"),
        value_dim=head_dim_of(f, hidden, heads, "v_head_dim") if even_values else f.size("v_head_dim"),
        gated=True,
        kind="decoder",
        latent=Latent(f.size("kv_lora_rank"), rope, f.size_or_none("q_lora_rank")),
    )
    layer = indexed(f, layer)
    layers = mixture.layers(f, layer) if mixture else [layer] * f.size("num_hidden_layers")
    return Reading(gathered(layers), f.size_or_none("max_position_embeddings"))


def speech(f: Fields) -> Reading:
    """Decoders of speech, whose prompts and latents are projected to the width of the stream."""
    plain = llama(f, gated=False)
    hidden = f.size("hidden_size")
    beside = [Linear("audio_latent_proj", f.size("latent_dim"), hidden)]
    beside.append(Linear("audio_prompt_proj", f.size_or("audio_prompt_dim", f.size("latent_dim")), hidden))
    if f.has("num_speakers_embedding_dim"):
        beside.append(Linear("num_speakers_proj", f.size("num_speakers_embedding_dim"), hidden))
        beside.append(Linear("duration_delta_proj", f.size("duration_delta_embedding_dim"), hidden))
    return Reading(
        plain.stack, plain.tokens, gaps=plain.gaps, beside=(Section("projections", tuple(beside)),)
    )


def timesfm(f: Fields, *, narrow: bool = True) -> Reading:
    """Decoders of time series: a token is a patch of values.

    Args:
        narrow: whether patches pass through the feed-forward width on their way into the stream.
    """
    hidden, heads = f.size("hidden_size"), heads_of(f)
    patch, context = f.size("patch_length"), f.size("context_length")
    if context % patch:
        f.remark("context_length", f"{context // patch} whole patches, the rest is cut off")
    kv_heads, width = kv_heads_of(f, heads), f.size("intermediate_size")
    layer = Layer(heads, hidden, head_dim_of(f, hidden, heads), width, kv_heads, kind="decoder")
    f.moot("max_position_embeddings")
    inner = width if narrow else hidden
    products = (
        Linear("input_layer", 2 * patch, inner),
        Linear("output_layer", inner, hidden),
        Linear("residual_layer", 2 * patch, hidden),
    )
    beside = (Section("embedding of patches", products),)
    return Reading(((f.size("num_hidden_layers"), layer),), max(context // patch, 1), beside=beside)


def csm(f: Fields) -> Reading:
    """A backbone, and behind it a small decoder that runs once for every frame."""
    plain = llama(f)
    gap = never(f, "num_codebooks", "the decoder of a frame's codes is not modelled", "model")
    return Reading(plain.stack, plain.tokens, gaps=(*plain.gaps, gap))


def cpmant(f: Fields) -> Reading:
    """Gated layers, with heads and widths under other names; positions are biases."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    layer = Layer(heads, hidden, f.size("dim_head"), f.size("dim_ff"), gated=True, kind="decoder")
    return Reading(((f.size("num_hidden_layers"), layer),))


def llama4(f: Fields) -> Reading:
    """Experts beside a shared one, and in most layers attention within chunks of the sequence."""
    full_only(f, (FULL, CHUNKED))
    mixture = Mixture(always=1, dense=mixtures.interleaved, dense_width="intermediate_size_mlp")
    return llama(f, windows=None, chunks=True, mixture=mixture, checked=True)
