"""The norms and activations of a type's layers, where they have been compared with those of the real module.

A type that is not here has norms as well: which ones is not known, and results say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.elementwise import Steps
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import Stack

_RMS, _LAYER = Steps("rms_norm", "silu"), Steps("layer_norm", "gelu")
_HEADS = replace(_RMS, heads="each")
_GEMMA = Steps("rms_norm", "gelu", each=2)
_UNBIASED = replace(_LAYER, norm="layer_norm_unbiased")


_T = TypeVar("_T")


def _all(names: str, value: _T) -> dict[str, _T]:
    return dict.fromkeys(names.split(), value)


KNOWN: Mapping[str, Steps] = {
    **_all(
        "llama mistral ministral3 mixtral qwen2 qwen2_moe qwen2_vl_text qwen2_5_vl_text phi3 granite "
        "granitemoe granitemoeshared internlm2 internlm3 seed_oss smollm3 exaone helium glm ernie4_5 "
        "ernie4_5_moe aria_text solar_open cwm iquestcoder deepseek_v2 deepseek_v3 kimi_k2 "
        "glm4_moe_lite minicpm3 youtu glm4_moe glm4v_moe_text llama4_text",
        _RMS,
    ),
    **_all("qwen3 qwen3_moe qwen3_vl_text qwen3_vl_moe_text exaone4 mellum", _HEADS),
    **_all("olmo2 olmo3 olmoe flex_olmo minimax_m2", replace(_RMS, heads="whole")),
    **_all("glm4 glm4v_text", replace(_RMS, each=2)),
    **_all("arcee", Steps("rms_norm", "relu2")),
    **_all("gpt_oss", Steps("rms_norm", "clamped_swiglu")),
    **_all("gemma vaultgemma", replace(_GEMMA, each=1)),
    **_all("gemma2", _GEMMA),
    **_all("gemma3_text", replace(_GEMMA, heads="each")),
    **_all("cohere cohere2", Steps("layer_norm_unbiased", "silu", once=True)),
    **_all("phimoe stablelm", replace(_LAYER, activation="silu")),
    **_all("gptj codegen phi falcon", replace(_LAYER, once=True)),
    **_all(
        "starcoder2 gpt2 gpt-sw3 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese xglm biogpt bert "
        "roberta camembert xlm-roberta bert-generation ernie data2vec-text layoutlm mpnet roc_bert "
        "roformer splinter distilbert deberta deberta-v2 xlm flaubert dinov2 dinov2_with_registers vit "
        "vit_msn deit ijepa audio-spectrogram-transformer whisper bart mvp plbart pegasus blenderbot "
        "blenderbot-small siglip_vision_model",
        _LAYER,
    ),
    **_all("bloom mbart openai-gpt marian", _LAYER),
    **_all("persimmon", replace(_LAYER, activation="relu2", heads="each")),
    **_all("opt m2m_100 speech_to_text nllb-moe fsmt ctrl", replace(_LAYER, activation="relu")),
    **_all("modernbert modernbert-decoder mpt", _UNBIASED),
    **_all("clip_text_model clip_vision_model", replace(_LAYER, activation="quick_gelu")),
    **_all("t5 mt5 umt5 longt5", Steps("rms_norm", "relu")),
}

# (before, behind) all layers; of the others (0, 1). Layers that norm behind their halves leave none to the
# end; ModernBERT's norm of embeddings stands for one that its first layer has less than the others.
_OUTSIDE: Mapping[str, tuple[int, int]] = {
    **_all(
        "bart bert bert-generation blenderbot-small camembert data2vec-text deberta deberta-v2 distilbert "
        "ernie flaubert layoutlm mpnet mvp plbart roberta roc_bert roformer splinter xlm xlm-roberta",
        (1, 0),
    ),
    **_all("bloom clip_vision_model mbart", (1, 1)),
    **_all("fsmt marian openai-gpt", (0, 0)),
}

_ACTIVATIONS = {
    **dict.fromkeys(
        ("gelu", "gelu_new", "gelu_fast", "gelu_python", "gelu_accurate", "gelu_pytorch_tanh"), "gelu"
    ),
    **{name: name for name in ("quick_gelu", "relu", "relu2", "silu", "tanh", "sigmoid")},
    "swish": "silu",
}
_FIELDS = ("hidden_activation", "hidden_act", "activation_function", "activation")
_FIXED = ("bloom", "gpt_oss", "mpt", "ctrl")  # whose class has an activation of its own


def with_steps(f: Fields, model_type: str, stack: Stack) -> Stack:
    """The layers with their norms and activations, where those of the type are known.

    Layers of one query (global tokens, pooling) have others than the rest, which are not known.
    """
    steps = _steps(f, model_type)
    if steps is None:
        return stack
    return tuple(
        (times, replace(layer, steps=_of(model_type, f, layer, steps)) if layer.kind in _KINDS else layer)
        for times, layer in stack
    )


_KINDS = ("self", "encoder", "decoder", "cross")


def _of(model_type: str, f: Fields, layer: Layer, steps: Steps) -> Steps:
    """Of a layer: Llama 4 norms queries and keys where they have rotary positions, in its chunks."""
    if model_type == "llama4_text" and layer.own.chunk and _given(f, "use_qk_norm", True):
        return replace(steps, heads="each", head_norm="l2_norm")
    return steps


def _steps(f: Fields, model_type: str) -> Steps | None:
    """Of the type; None where they, or the activation that the file names, are not known."""
    steps = KNOWN.get(model_type)
    if steps is None:
        return None
    steps = _outside(model_type, steps)
    if model_type in _RULES:
        steps = _RULES[model_type](f, steps)
    activation = steps.activation if model_type in _FIXED else _activation(f, steps.activation)
    return replace(steps, activation=activation) if activation else None


def _outside(model_type: str, steps: Steps) -> Steps:
    """With the norms beside the layers; at its end, CLIP's image encoder norms the class token alone."""
    before, behind = _OUTSIDE.get(model_type, (0, 1))
    return replace(steps, before=before, behind=behind, pooled=model_type == "clip_vision_model")


def _activation(f: Fields, own: str | None) -> str | None:
    for name in _FIELDS:
        if f.given(name) and (value := f.any(name)) is not None:
            return _ACTIVATIONS.get(value) if isinstance(value, str) else None
    return own


def _given(f: Fields, name: str, otherwise: bool) -> bool:
    """A field that the file has; else what the class has it at."""
    return f.flag(name) if f.given(name) else otherwise


def _t5(f: Fields, steps: Steps) -> Steps:
    """``gated-gelu`` is GELU in its tanh form."""
    given = f.text("feed_forward_proj") or "relu"
    return replace(steps, activation=_ACTIVATIONS.get(given.rpartition("-")[2]))


def _falcon(f: Fields, steps: Steps) -> Steps:
    """One norm for both halves beside each other, or one for each in the later generation."""
    if _given(f, "new_decoder_architecture", False):
        both = f.any("num_ln_in_parallel_attn") if f.given("num_ln_in_parallel_attn") else None
        return replace(steps, once=both == 1)
    return replace(steps, once=_given(f, "parallel_attn", True))


def _heads(name: str) -> Callable[[Fields, Steps], Steps]:
    """Queries and keys are normed where a field says so."""
    return lambda f, steps: replace(steps, heads="each") if _given(f, name, False) else steps


def _opt(f: Fields, steps: Steps) -> Steps:
    """Norms behind the halves leave none to be taken at the end."""
    ends = _given(f, "do_layer_norm_before", True) and not _given(f, "_remove_final_layer_norm", False)
    return replace(steps, behind=int(ends))


def _stablelm(f: Fields, steps: Steps) -> Steps:
    return replace(_heads("qk_layernorm")(f, steps), once=_given(f, "use_parallel_residual", False))


def _persimmon(f: Fields, steps: Steps) -> Steps:
    return steps if _given(f, "qk_layernorm", True) else replace(steps, heads=None)


_RULES: Mapping[str, Callable[[Fields, Steps], Steps]] = {
    **dict.fromkeys(("t5", "mt5", "umt5", "longt5"), _t5),
    **dict.fromkeys(("glm4_moe", "glm4v_moe_text", "cohere"), _heads("use_qk_norm")),
    "falcon": _falcon,
    "opt": _opt,
    "persimmon": _persimmon,
    "phi": _heads("qk_layernorm"),
    "stablelm": _stablelm,
}
