"""Hugging Face ``config.json`` files as :class:`Model`.

Each family of models has its own names for the same sizes; a :class:`_Family` is one such set
of names. What the shape alone cannot describe (mixtures of experts, latent attention) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.workload.config_file import ConfigFile, read_config_file
from flat_plugin.workload.model import Model


@dataclass(frozen=True)
class _Family:
    """The names of the fields, and the ``model_type`` values that use them."""

    types: tuple[str, ...]
    hidden: str
    heads: str
    layers: str
    feed_forward: str | None = None  # None, and an absent optional one: four times the width
    feed_forward_optional: bool = False
    head_dim: str | None = None
    head_dim_optional: bool = True
    tokens: tuple[str, ...] = ("max_position_embeddings",)


_T5 = _Family(
    ("t5", "mt5", "umt5"),
    hidden="d_model",
    heads="num_heads",
    layers="num_layers",
    feed_forward="d_ff",
    head_dim="d_kv",
    head_dim_optional=False,
    tokens=("n_positions",),
)
_GPT2 = _Family(
    ("gpt2", "gptj", "gpt_bigcode", "openai-gpt", "codegen"),
    hidden="n_embd",
    heads="n_head",
    layers="n_layer",
    feed_forward="n_inner",
    feed_forward_optional=True,
    tokens=("n_positions", "n_ctx"),
)
# The encoder only: its layers all run at the length of the source.
_ENCODER = _Family(
    ("whisper", "bart", "mbart", "marian", "pegasus"),
    hidden="d_model",
    heads="encoder_attention_heads",
    layers="encoder_layers",
    feed_forward="encoder_ffn_dim",
    tokens=("max_source_positions", "max_position_embeddings"),
)
_XLM = _Family(("xlm", "flaubert"), hidden="emb_dim", heads="n_heads", layers="n_layers")
_TRANSFORMER_XL = _Family(
    ("transfo-xl", "xlnet"),
    hidden="d_model",
    heads="n_head",
    layers="n_layer",
    feed_forward="d_inner",
    head_dim="d_head",
    tokens=(),
)
# BERT, ViT, Llama, Mistral and most others.
_COMMON = _Family(
    (),
    hidden="hidden_size",
    heads="num_attention_heads",
    layers="num_hidden_layers",
    feed_forward="intermediate_size",
    head_dim="head_dim",
)

_BY_TYPE = {
    model_type: family
    for family in (_T5, _GPT2, _ENCODER, _XLM, _TRANSFORMER_XL)
    for model_type in family.types
}
# For files without a known model_type: a field that only one family has.
_BY_FIELD = {
    "d_kv": _T5,
    "n_embd": _GPT2,
    "encoder_attention_heads": _ENCODER,
    "emb_dim": _XLM,
    "d_head": _TRANSFORMER_XL,
}

_GATED_TYPES = frozenset(
    (
        "llama",
        "mistral",
        "ministral",
        "qwen2",
        "qwen3",
        "gemma",
        "gemma2",
        "gemma3_text",
        "phi3",
        "olmo",
        "olmo2",
        "cohere",
        "cohere2",
        "stablelm",
        "granite",
        "internlm2",
        "smollm3",
        "modernbert",
    )
)

_REFUSED = {
    "num_local_experts": "mixtures of experts are not modelled",
    "num_experts": "mixtures of experts are not modelled",
    "n_routed_experts": "mixtures of experts are not modelled",
    "kv_lora_rank": "latent attention is not modelled",
}

_WITHOUT_ATTENTION = frozenset(
    ("mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm", "hyena", "fnet")
    + ("resnet", "regnet", "convnext", "convnextv2", "efficientnet", "mobilenet_v1", "mobilenet_v2")
)


def read_config(path: str | Path) -> Model:
    """Read a model's ``config.json`` (or the folder that holds it).

    Sequence length is the longest the file allows: its position embeddings, or the patches of
    its image and a class token. T5 decoder layers count as further self-attention blocks.
    Sliding windows are not modelled.

    Raises:
        FlatError: the file is missing, not JSON, or a field is missing, mistyped or negative.
    """
    config = read_config_file(path)
    _refuse_unmodelled(config)
    family = _family(config)
    hidden, heads = config.size(family.hidden), config.size(family.heads)
    try:
        return Model(
            _name(config),
            layers=_layers(config, family),
            heads=heads,
            hidden=hidden,
            head_dim=_head_dim(config, family, hidden, heads),
            feed_forward=_feed_forward(config, family, hidden),
            kv_heads=_kv_heads(config, family, heads),
            gated=_gated(config, family),
            tokens=_tokens(config, family),
            source=f"Hugging Face {config.file.name}, model_type {_type(config) or 'not given'}",
        )
    except FlatError as error:
        raise error.located(config.file) from None


def _refuse_unmodelled(config: ConfigFile) -> None:
    for field, message in _REFUSED.items():
        value = config.fields.get(field)
        # Dense models of such families say 0, 1 or null.
        if isinstance(value, int) and value > 1:
            raise FlatError(message, file=config.file, path=field, value=value)
    if _type(config) in _WITHOUT_ATTENTION:
        raise FlatError(
            "a model without attention: there is nothing to fuse",
            file=config.file,
            path="model_type",
            value=_type(config),
            expected="a transformer",
        )


def _type(config: ConfigFile) -> str:
    return config.text("model_type").lower()


def _family(config: ConfigFile) -> _Family:
    known = _BY_TYPE.get(_type(config))
    if known is not None:
        return known
    found = (family for field, family in _BY_FIELD.items() if config.has(field))
    # The common names win: some files of that family carry a foreign field as well.
    return _COMMON if config.has(_COMMON.hidden) else next(found, _COMMON)


def _name(config: ConfigFile) -> str:
    """The published name, or else that of the file's folder."""
    published = config.text("_name_or_path").rstrip("/").rpartition("/")[2]
    return published or config.file.resolve().parent.name or _type(config) or "model"


def _layers(config: ConfigFile, family: _Family) -> int:
    layers = config.size(family.layers)
    if family is _T5 and config.flag("is_encoder_decoder", True):
        # A T5 file that does not say has as many decoder layers as encoder layers.
        return layers + config.size_or("num_decoder_layers", layers)
    return layers


def _head_dim(config: ConfigFile, family: _Family, hidden: int, heads: int) -> int:
    if family.head_dim is not None and (config.has(family.head_dim) or not family.head_dim_optional):
        return config.size(family.head_dim)
    if hidden % heads:
        raise FlatError(
            f"{family.hidden} {hidden} is not a multiple of the number of heads",
            file=config.file,
            path=family.heads,
            value=heads,
            expected=f"a divisor of {hidden}",
        )
    return hidden // heads


def _feed_forward(config: ConfigFile, family: _Family, hidden: int) -> int:
    if family.feed_forward is None or family.feed_forward_optional:
        return config.size_or(family.feed_forward, 4 * hidden)
    return config.size(family.feed_forward)


def _kv_heads(config: ConfigFile, family: _Family, heads: int) -> int:
    if config.has("num_key_value_heads"):
        kv_heads = config.size("num_key_value_heads")
        if heads % kv_heads:
            raise FlatError(
                f"{family.heads} {heads} is not a multiple of the number of key/value heads",
                file=config.file,
                path="num_key_value_heads",
                value=kv_heads,
                expected=f"a divisor of {heads}",
            )
        return kv_heads
    return 1 if config.flag("multi_query", False) else heads


def _gated(config: ConfigFile, family: _Family) -> bool:
    if family is _T5:
        return config.text("feed_forward_proj").startswith("gated-")
    # In models of the common names, SiLU appears as the gate of a gated layer.
    return _type(config) in _GATED_TYPES or (family is _COMMON and config.text("hidden_act") == "silu")


def _tokens(config: ConfigFile, family: _Family) -> int | None:
    for field in family.tokens:
        if config.has(field):
            return config.size(field)
    if config.has("image_size") and config.has("patch_size"):
        return _image_tokens(config)
    return None


def _image_tokens(config: ConfigFile) -> int:
    """Whole patches of a square image, and the class token (DeiT has a distillation token too)."""
    image, patch = config.size("image_size"), config.size("patch_size")
    if patch > image:
        raise FlatError(
            "a patch is larger than the image",
            file=config.file,
            path="patch_size",
            value=patch,
            expected=f"at most {image}",
        )
    return (image // patch) ** 2 + (2 if _type(config) == "deit" else 1)
