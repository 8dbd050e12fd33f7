"""Encoders of text (BERT and its kin), and other stacks of plain layers."""

from __future__ import annotations

import re
from dataclasses import replace

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import (
    Reading,
    full_only,
    head_dim_of,
    heads_of,
    kv_heads_of,
    never,
    plain_layer,
    window_gap,
)
from flat_plugin.workload.configurations.windows import (
    SLIDING,
    all_but_every,
    around_and_first,
    behind,
    gathered,
    halved,
    slides,
)
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Convolution, Linear
from flat_plugin.workload.size_checks import LARGEST

_CROSS = "cross attention to another model's states is not modelled"


def bert(f: Fields, *, offset: bool = False, decodes: bool = True, without: tuple[str, ...] = ()) -> Reading:
    """Plain layers with two feed-forward products.

    Args:
        offset: positions begin behind the padding token's, as in RoBERTa, so that fewer tokens fit.
        decodes: whether ``is_decoder`` makes it causal.
        without: flags of further layers, which are not modelled.
    """
    for flag in without:
        f.only(flag, (None, False), "layers of another kind are not modelled")
    causal = decodes and f.flag("is_decoder")
    gaps = (never(f, "add_cross_attention", _CROSS, "block"),) if f.flag("add_cross_attention") else ()
    layer = plain_layer(f, f.size("intermediate_size"), kind="decoder" if causal else "encoder")
    stack = ((f.size("num_hidden_layers"), layer),)
    return Reading(stack, positions(f, offset), gaps=gaps)


def positions(f: Fields, offset: bool) -> int | None:
    """Tokens that the table of positions has room for."""
    size = f.size("max_position_embeddings") if f.has("max_position_embeddings") else None
    if not offset or size is None:
        return size
    if f.any("pad_token_id") is None:
        raise f.error("pad_token_id", "positions begin behind the padding's, which is missing", "a token")
    padding = f.count("pad_token_id")
    if size <= padding + 1:
        raise f.error(
            "max_position_embeddings", "no position is left behind the padding's", f"above {padding + 1}"
        )
    return size - padding - 1


def clip_text(f: Fields, *, causal: bool = True) -> Reading:
    """Text towers of CLIP and its kin."""
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder", causal=causal)
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"))


def altclip_text(f: Fields) -> Reading:
    """RoBERTa's layers, and a product to the width that text and images share."""
    plain = bert(f, offset=True, decodes=False)
    beside = (
        Section("transformation", (Linear("transformation", f.size("hidden_size"), f.size("project_dim")),)),
    )
    return Reading(plain.stack, plain.tokens, beside=beside)


def albert(f: Fields) -> Reading:
    """Groups of layers share their weights: all layers run, and few are distinct."""
    layers, groups, inner = (
        f.size("num_hidden_layers"),
        f.size("num_hidden_groups"),
        f.size("inner_group_num"),
    )
    if groups > layers:
        raise f.error("num_hidden_groups", f"more groups than the {layers} layers", f"at most {layers}")
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder")
    return Reading(
        ((layers * inner, layer),),
        positions(f, False),
        distinct=groups * inner,
        notes=(f"the {layers * inner} layers that run share the weights of {groups * inner}",),
    )


def mobilebert(f: Fields) -> Reading:
    """Layers narrower than the stream, between bottlenecks, with several feed-forward pairs."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    bottleneck = f.flag("use_bottleneck")
    narrow = f.size("intra_bottleneck_size")
    f.moot("true_hidden_size")  # follows from the other two
    if not bottleneck:
        f.moot("intra_bottleneck_size", "use_bottleneck_attention", "key_query_shared_bottleneck")
    width = narrow if bottleneck else hidden
    of_bottleneck, shared = f.flag("use_bottleneck_attention"), f.flag("key_query_shared_bottleneck")
    if width % heads:
        raise f.error(
            "num_attention_heads", f"the width {width} is not a multiple of them", f"a divisor of {width}"
        )
    feed_forward, pairs = f.size("intermediate_size"), f.size("num_feedforward_networks")
    others = []
    if bottleneck:
        # One for the stream, and where queries and keys do not take that one, another for them.
        others.append(Linear("bottleneck", hidden, width, times=2 if shared else 1))
        others.append(Linear("output_bottleneck", width, hidden))
    if pairs > 1:
        others.append(Linear("further_ff_up", width, feed_forward, times=pairs - 1))
        others.append(Linear("further_ff_down", feed_forward, width, times=pairs - 1))
    layer = Layer(
        heads,
        width,
        width // heads,
        feed_forward,
        kind="encoder",
        value_hidden=width if of_bottleneck else hidden,
        others=tuple(others),
    )
    gaps: tuple[Gap, ...] = ()
    if bottleneck and not (shared or of_bottleneck):
        why = "queries and keys that are projected from the wide stream are not modelled"
        gaps = (never(f, "key_query_shared_bottleneck", why, "block"),)
    return Reading(((f.size("num_hidden_layers"), layer),), positions(f, False), gaps=gaps)


def modern(f: Fields, *, decoder: bool = False) -> Reading:
    """ModernBERT: gated, and most layers attend within a window to both sides."""
    sliding = slides(f, all_but_every(3, "global_attn_every_n_layers", first=True), "local_attention")
    if f.list("layer_types") is not None:
        f.moot("global_attn_every_n_layers")
    kind = "decoder" if decoder else "encoder"
    layer = plain_layer(f, f.size("intermediate_size"), gated=True, kind=kind)
    if not any(sliding):
        return Reading(gathered([layer] * len(sliding)), f.size("max_position_embeddings"))
    # A window reaches half of it to either side; within that, every key is reached.
    half = f.size("local_attention") // 2
    mask = behind(half + 1) if decoder else halved(f, "local_attention")
    stack = gathered(replace(layer, own=mask) if slide else layer for slide in sliding)
    return Reading(stack, f.size("max_position_embeddings"))


def gated_encoder(f: Fields, *, causal: bool = False) -> Reading:
    """Llama's layers that see the keys on both sides."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    layer = Layer(
        heads,
        hidden,
        head_dim_of(f, hidden, heads),
        f.size("intermediate_size"),
        kv_heads_of(f, heads),
        gated=True,
        kind="encoder",
        causal=causal,
    )
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"))


def nomic(f: Fields) -> Reading:
    """nomic-bert; its own files name the fields as GPT-2 does, and the activation says the gate."""
    activation = f.text("activation_function")
    if activation not in ("", "swiglu", "geglu", "glu", "gelu", "relu", "gelu_new"):
        raise f.error("activation_function", "unknown activation", "swiglu, geglu, glu, gelu or relu")
    gated = not activation or "glu" in activation
    hidden, heads = f.size("hidden_size"), heads_of(f)
    width = f.size_or("intermediate_size", 4 * hidden)
    layer = Layer(heads, hidden, head_dim_of(f, hidden, heads), width, gated=gated, kind="encoder")
    return Reading(((f.size("num_hidden_layers"), layer),), f.size("max_position_embeddings"))


def approximate(f: Fields, *, name: str, why: str, offset: bool = False) -> Reading:
    """BERT's layers whose attention is not the softmax of all products."""
    plain = bert(f, offset=offset)
    return Reading(plain.stack, plain.tokens, gaps=(*plain.gaps, never(f, name, why)))


def esm(f: Fields) -> Reading:
    """Proteins: positions of a table begin behind the padding's, and rotary ones do not."""
    kind = f.text("position_embedding_type")
    f.only("is_folding_model", (None, False), "the folding trunk is not modelled")
    f.moot("esmfold_config", "vocab_list")
    return bert(f, offset=kind == "absolute")


def longformer(f: Fields) -> Reading:
    """Windows, and global tokens with projections of their own."""
    plain = bert(f, offset=True, decodes=False)
    windows = f.any("attention_window")
    layers = f.size("num_hidden_layers")
    sizes = windows if isinstance(windows, list) else [windows] * layers
    if len(sizes) != layers or not all(isinstance(w, int) and w > 0 and not w % 2 for w in sizes):
        raise f.error(
            "attention_window", "not an even window for every layer", f"a size, or a list of {layers}"
        )
    (_, layer), *_ = plain.stack
    return Reading(around_and_first(f, [(layer, window) for window in sizes]), plain.tokens)


def big_bird(f: Fields) -> Reading:
    """Blocks of keys at random, unless the attention is the original one."""
    plain = bert(f)
    kind = f.text("attention_type")
    if kind not in ("block_sparse", "original_full"):
        raise f.error("attention_type", "unknown kind of attention", "block_sparse or original_full")
    block, random = f.size("block_size"), f.count("num_random_blocks")
    # The model falls back to full attention up to (5 + 2 random) blocks.
    reach = (5 + 2 * random) * block
    gaps = (window_gap(f, "attention_type", reach),) if kind == "block_sparse" else ()
    return Reading(plain.stack, plain.tokens, gaps=(*plain.gaps, *gaps))


def deberta(f: Fields) -> Reading:
    """Relative attention adds products of positions to the scores."""
    plain = bert(f, decodes=False)
    gaps: tuple[Gap, ...] = ()
    if f.flag("relative_attention"):
        why = "the products of queries and keys with relative positions are not modelled"
        gaps = (never(f, "relative_attention", why),)
    # They shape the products of the gap, and do nothing without it.
    f.moot("pos_att_type", "max_relative_positions", "position_buckets", "share_att_key", "norm_rel_ebd")
    if f.count("conv_kernel_size"):
        gaps += (
            never(f, "conv_kernel_size", "the convolution beside the first layer is not modelled", "block"),
        )
    return Reading(plain.stack, plain.tokens, gaps=(*plain.gaps, *gaps))


def neomme(f: Fields) -> Reading:
    """Llama's heads with a gate, plain feed-forward layers, and windows that differ by layer."""
    full_only(f)
    hidden, heads, layers = f.size("hidden_size"), heads_of(f), f.size("num_hidden_layers")
    head_dim = head_dim_of(f, hidden, heads)
    gate = Linear("attention_gate", hidden, heads * head_dim)
    width, kv_heads = f.size("intermediate_size"), kv_heads_of(f, heads)
    layer = Layer(heads, hidden, head_dim, width, kv_heads, kind="encoder", others=(gate,))
    f.moot("patch_size")  # of images among the tokens
    sides = _sides(f, layers)
    stack = gathered(replace(layer, own=Mask(window=(side, side))) if side else layer for side in sides)
    rank = Linear("token_embedding", f.size("embedding_rank"), hidden)
    beside = (Section("token embedding", (rank,), sort="embedding"),)
    return Reading(stack, f.size("max_position_embeddings"), beside=beside)


def _sides(f: Fields, layers: int) -> list[int]:
    """Keys to either side of a query that each layer reaches; 0 for all of them."""
    types, name = f.list("layer_types"), "per_layer_config"
    if types is None:
        f.remark("layer_types", "every sixth layer and the last see every key")
        full = [(i + 1) % 6 == 0 or i == layers - 1 for i in range(layers)]
    else:
        full = [kind != SLIDING for kind in types]
    sliding, given = [i for i in range(layers) if not full[i]], f.any(name)
    if given is None:
        f.remark(name, f"every other layer that slides has {_LONG_WINDOW} keys")
        given = {str(i): {_SIDE: _LONG_WINDOW} for i in sliding[1::2]}
    if not isinstance(given, dict) or not all(
        re.fullmatch("[0-9]{1,4}", str(n)) and int(n) < layers and isinstance(e, dict) and set(e) == {_SIDE}
        for n, e in given.items()
    ):
        raise f.error(name, "not windows of layers", "sliding_window by the number of a layer")
    sides = dict.fromkeys(sliding, f.any(_SIDE)) | {int(n): entry[_SIDE] for n, entry in given.items()}
    for side in (sides[i] for i in sliding):
        if isinstance(side, bool) or not isinstance(side, int) or not 0 < side <= LARGEST:
            raise f.error(_SIDE, "a layer that slides has no window", "1 or more")
    f.remark(_SIDE, "this many keys on either side")
    return [0 if full[i] else sides[i] for i in range(layers)]


_SIDE, _LONG_WINDOW = "sliding_window", 1024


def canine(f: Fields) -> Reading:
    """Characters: a layer that sees chunks of them, deep layers with one position for several, and one that
    sees all characters."""
    rate, characters = f.size("downsampling_rate"), f.size("max_position_embeddings")
    layer = plain_layer(f, f.size("intermediate_size"), kind="encoder")
    hidden, chunk = layer.hidden, f.size("local_transformer_stride")
    f.remark("downsampling_rate", f"tokens are characters; the deep layers have one position for {rate}")
    stack = (
        (1, replace(layer, own=Mask(chunk=(chunk, 0)))),
        (f.size("num_hidden_layers"), replace(layer, per=rate)),
        (1, layer),
    )
    fewer = Convolution("downsample", hidden, hidden, (rate,), (rate,))
    back = Convolution("upsample", 2 * hidden, hidden, (f.size("upsampling_kernel_size"),))
    beside = (
        Section("to fewer positions", (fewer,), sort="convolution", per=rate),
        Section("to characters", (back,), sort="convolution"),
    )
    return Reading(stack, characters, beside=beside)


def qformer(f: Fields) -> Reading:
    """Queries that attend to each other, and in every so many layers to an image."""
    layers, every = f.size("num_hidden_layers"), f.size("cross_attention_frequency")
    layer = plain_layer(f, f.size("intermediate_size"), kind="decoder", causal=False)
    cross = Layer(
        layer.heads, layer.hidden, layer.head_dim, kind="cross", kv_hidden=f.size("encoder_hidden_size")
    )
    times = -(-layers // every)
    f.remark("cross_attention_frequency", f"{times} of {layers} layers attend to the image")
    gaps: tuple[Gap, ...] = ()
    if f.flag("use_qformer_text_input"):
        why = "feed-forward layers of text beside those of queries are not modelled"
        gaps = (never(f, "use_qformer_text_input", why, "block"),)
    f.moot("max_position_embeddings")
    return Reading(((layers, layer), (times, cross)), gaps=gaps)


def ultrabert(f: Fields) -> Reading:
    """Llama's layers that see the keys on both sides, most within a window."""
    plain = gated_encoder(f)
    sliding = slides(f, all_but_every(3))
    if not any(sliding):
        return plain
    ((_, layer),) = plain.stack
    local = replace(layer, own=halved(f))
    stack = gathered(local if slide else layer for slide in sliding)
    return replace(plain, stack=stack)
