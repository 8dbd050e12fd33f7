"""What several families share: heads, widths, gaps, lengths of images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import Stack
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear, Product


@dataclass(frozen=True)
class Reading:
    """What a configuration means.

    Args:
        stack: the layers that attend.
        tokens: the longest sequence; None where the model sets none.
        source_tokens: the encoder's, where it differs.
        gaps: what is not modelled.
        notes: what else is to be said.
        distinct: distinct layers of the stack, where several share their weights.
        beside: what the model computes outside those layers.
    """

    stack: Stack
    tokens: int | None = None
    source_tokens: int | None = None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    distinct: int | None = None
    beside: tuple[Section, ...] = ()


def heads_of(f: Fields, name: str = "num_attention_heads") -> int:
    return f.size(name)


def head_dim_of(f: Fields, hidden: int, heads: int, name: str | None = "head_dim") -> int:
    """The field where it has a value; else the width shared out evenly.

    Raises:
        FlatError: the width is no multiple of the heads.
    """
    if name is not None and f.any(name) is not None:
        return f.size(name)
    if hidden % heads:
        width = f.spelled("hidden_size").removeprefix(f.prefix)
        message = f"{width} {hidden} is not a multiple of the number of heads"
        raise f.error("num_attention_heads", message, f"a divisor of {hidden}")
    return hidden // heads


def even_head_dim(f: Fields, hidden: int, heads: int) -> int:
    """The width shared out evenly, of a class that takes nothing else.

    Raises:
        FlatError: a field says something else.
    """
    even = head_dim_of(f, hidden, heads, None)
    if f.size_or("head_dim", even) != even:
        raise f.error("head_dim", "the class shares the width out among the heads", str(even))
    return even


def kv_heads_of(f: Fields, heads: int, name: str = "num_key_value_heads") -> int:
    """The field where it has a value, else one for each query head.

    Raises:
        FlatError: the query heads do not share them evenly.
    """
    kv_heads = f.size_or(name, heads)
    if heads % kv_heads:
        query = f.spelled("num_attention_heads").removeprefix(f.prefix)
        message = f"{query} {heads} is not a multiple of the number of key/value heads"
        raise f.error(name, message, f"a divisor of {heads}")
    return kv_heads


class LayerOptions(TypedDict, total=False):
    """What a plain layer may have besides its sizes, as of :class:`Layer`."""

    kind: str
    causal: bool | None
    gated: bool
    kv_heads: int | None
    others: tuple[Product, ...]
    split: tuple[int, int] | None


def plain_layer(f: Fields, feed_forward: int | None, **options: Unpack[LayerOptions]) -> Layer:
    """As many key/value heads as query heads, and the width shared out among them."""
    hidden, heads = f.size("hidden_size"), heads_of(f)
    return Layer(heads, hidden, head_dim_of(f, hidden, heads, None), feed_forward, **options)


def window_gap(f: Fields, name: str, reach: int, expected: str | None = None) -> Gap:
    """Queries that reach no further than ``reach`` keys, their own included."""
    reason = "windows are not modelled, and there are more keys than a query reaches"
    return Gap(reason, "attention", f.spelled(name), f.any(name), window=reach, expected=expected)


def never(f: Fields, name: str, reason: str, level: str = "attention") -> Gap:
    """A gap at every length."""
    return Gap(reason, level, f.spelled(name), f.any(name))


def full_only(f: Fields, kinds: Iterable[str] = ("full_attention", "sliding_attention")) -> None:
    """Check that every layer attends, as this reader expects of the type.

    Raises:
        FlatError: a layer of another kind, or as many kinds as there are layers no more.
    """
    types = f.list("layer_types")
    if types is None:
        return
    allowed = tuple(kinds)
    odd = next((kind for kind in types if kind not in allowed), None)
    if odd is not None:
        raise f.error("layer_types", f"layers of the kind {odd!r} are not known here", " or ".join(allowed))
    layers = f.size("num_hidden_layers")
    if len(types) != layers:
        raise f.error("layer_types", f"{len(types)} kinds for {layers} layers", f"a list of {layers}")


def experts_gap(f: Fields, name: str) -> Gap:
    """The feed-forward layers of a type with experts, whatever shapes them."""
    f.moot(*_OF_EXPERTS)
    return never(f, name, "mixtures of experts are not modelled", "block")


_OF_EXPERTS = (
    *("num_experts_per_tok", "moe_intermediate_size", "shared_expert_intermediate_size", "n_shared_experts"),
    *("num_shared_experts", "decoder_sparse_step", "mlp_only_layers", "mlp_layer_types"),
    *("norm_topk_prob", "n_group", "topk_group", "topk_method", "scoring_func", "routed_scaling_factor"),
    *("moe_k", "moe_topk", "moe_num_experts", "moe_num_shared_experts", "moe_layer_start_index"),
    *("moe_layer_end_index", "moe_layer_interval", "moe_norm_min", "moe_layer_freq", "ep_size", "seq_aux"),
    *("num_local_experts", "num_experts", "n_routed_experts", "router_bias", "first_k_dense_replace"),
)


def others_gap(f: Fields, name: str, count: int, kind: str) -> Gap:
    """Layers that do not attend."""
    return never(f, name, f"{count} layers are {kind} layers, which are not modelled", "block")


def patches_of(f: Fields, image: str = "image_size", patch: str = "patch_size") -> int:
    """Whole patches of an image.

    Raises:
        FlatError: a patch is larger than the image.
    """
    height, width = f.pair(image)
    patch_height, patch_width = f.pair(patch)
    if patch_height > height or patch_width > width:
        raise f.error(patch, "a patch is larger than the image", f"at most {min(height, width)}")
    rows, columns = height // patch_height, width // patch_width
    if height % patch_height or width % patch_width:
        f.remark(image, f"{rows} x {columns} whole patches, the rest of the image is cut off")
    return rows * columns


def with_head(f: Fields, reading: Reading) -> Reading:
    """The reading with the output head of its decoder: the next token's scores over the vocabulary.

    A file whose ``architectures`` are models without one (``MistralModel``, a classifier) has none.
    """
    decoder = next((layer for _, layer in reading.stack if layer.kind == "decoder"), None)
    classes = f.list("architectures") or ("LM",)
    writes = any(word in str(name) for name in classes for word in ("LM", "Generation"))
    if decoder is None or not writes or not f.has("vocab_size"):
        return reading
    width = f.size_or("word_embed_proj_dim", decoder.hidden) if f.known("word_embed_proj_dim") else None
    product = Linear("output_head", width or decoder.hidden, f.size("vocab_size"))
    head = Section("output head", (product,), sort="head", kind="decoder", last=True)
    return replace(reading, beside=(*reading.beside, head))


def matching(f: Fields, name: str, values: Sequence[object], layers: int) -> None:
    """Check that a list has an entry for every layer."""
    if len(values) != layers:
        raise f.error(name, f"{len(values)} entries for {layers} layers", f"a list of {layers}")
