"""Models of several parts: an encoder of images or sound, and a decoder of text that reads its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.quantized import FIELDS as QUANTIZED
from flat_plugin.workload.configurations.unused import UNUSED

PARTS = ("text", "vision")


@dataclass(frozen=True)
class Part:
    """The settings that are read.

    Args:
        model_type: of the part, or of the whole file.
        values: its fields.
        prefix: where they stand in the file.
        around: the fields of the whole file that say something of the part too.
        notes: what is to be said of the fields around it.
    """

    model_type: str
    values: Mapping[str, Any]
    prefix: str = ""
    around: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def _all(names: str, text: str | None, vision: str | None) -> dict[str, tuple[str | None, str | None]]:
    return dict.fromkeys(names.split(), (text, vision))


# What the parts are where the file does not say; None where there is no such part, or none that is known. A
# wrapper stands here if its text part is the plain model: image tokens are tokens among the others.
WRAPPERS: Mapping[str, tuple[str | None, str | None]] = {
    **_all("llava llava_next llava_next_video video_llava vipllava", "llama", "clip_vision_model"),
    **_all("idefics3", "llama", "idefics3_vision"),
    **_all("smolvlm", "llama", "smolvlm_vision"),
    **_all("paligemma", "gemma", "siglip_vision_model"),
    **_all("llava_onevision", "qwen2", "siglip_vision_model"),
    **_all("aya_vision cohere2_vision", "cohere2", "siglip_vision_model"),
    **_all("gemma3 shieldgemma2", "gemma3_text", "siglip_vision_model"),
    **_all("internvl", "qwen2", "internvl_vision"),
    **_all("mistral3", "mistral", "pixtral"),
    **_all("lfm2_vl", "lfm2", "siglip2_vision_model"),
    **_all("qwen2_vl", "qwen2_vl_text", None),
    **_all("qwen2_5_vl", "qwen2_5_vl_text", None),
    **_all("qwen3_vl", "qwen3_vl_text", None),
    **_all("qwen3_5", "qwen3_5_text", None),
    **_all("glm4v glm46v", "glm4v_text", None),
    **_all("llama4", "llama4_text", None),
    **_all("glm_ocr", "glm_ocr_text", None),
    **_all("blip-2 instructblip instructblipvideo", "opt", "blip_2_vision_model"),
    **_all("qwen2_audio voxtral audioflamingo3 musicflamingo", "llama", None),
    **_all("clip", "clip_text_model", "clip_vision_model"),
    **_all("clipseg", "clipseg_text_model", "clipseg_vision_model"),
    **_all("metaclip_2", "metaclip_2_text_model", "metaclip_2_vision_model"),
    **_all("chinese_clip", "chinese_clip_text_model", "chinese_clip_vision_model"),
    **_all("altclip", "altclip_text_model", "altclip_vision_model"),
    **_all("siglip", "siglip_text_model", "siglip_vision_model"),
    **_all("siglip2", "siglip2_text_model", "siglip2_vision_model"),
    **_all("owlvit", "owlvit_text_model", "owlvit_vision_model"),
    **_all("owlv2", "owlv2_text_model", "owlv2_vision_model"),
    **_all("tipsv2", "tipsv2_text_model", "tipsv2_vision_model"),
    **_all("vision-text-dual-encoder", "bert", "vit"),
    **_all("groupvit", "groupvit_text_model", None),
    **_all("xclip", "xclip_text_model", None),
}


def part_of(file: Path, values: Mapping[str, Any], part: str | None) -> Part:
    """The part that is asked for: the text, where there is one, if nothing is.

    Raises:
        FlatError: no such part, or a part that is no object.
    """
    if part is not None and part not in PARTS:
        raise FlatError("no such part", path="part", value=part, expected=PARTS)
    whole = _type(file, values, "")
    if whole not in WRAPPERS:
        if part is not None:
            raise FlatError("a model of one part", file=file, path="part", value=part, expected="no part")
        return Part(whole, values)
    text, vision = WRAPPERS[whole]
    chosen = part or "text"
    default = text if chosen == "text" else vision
    settings, prefix = _settings(file, values, chosen)
    model_type = (
        _type(file, settings, prefix) if settings.get("model_type") is not None and prefix else default
    )
    if not model_type:
        raise FlatError(
            f"the {chosen} part of {whole} is not known",
            file=file,
            path="part",
            value=chosen,
            expected="text",
        )
    around = values if chosen == "text" else {}
    said = f"the {chosen} part of {whole}; the other parts, and what joins them, are not counted"
    return Part(model_type, settings, prefix, around, (said, *_around(values, whole, bool(prefix), chosen)))


def _settings(file: Path, values: Mapping[str, Any], part: str) -> tuple[Mapping[str, Any], str]:
    """A part's fields and their place: an object of their own, or the file's own fields for the text.

    Raises:
        FlatError: they are no object, or two objects that differ.
    """
    name = f"{part}_config"
    found = [(key, values[key]) for key in (name, f"{name}_dict") if values.get(key) is not None]
    for key, value in found:
        if not isinstance(value, dict):
            raise FlatError("not an object", file=file, path=key, value=value, expected="{…}")
    if len(found) == 2:
        (_, first), (other, second) = found
        odd = next((key for key in second if first.get(key, second[key]) != second[key]), None)
        if odd is not None:
            raise FlatError(f"differs from {name}", file=file, path=f"{other}.{odd}", value=second[odd])
        return {**second, **first}, f"{name}."
    if found:
        return found[0][1], f"{found[0][0]}."
    if part == "text" and "hidden_size" in values:
        return {key: value for key, value in values.items() if not key.endswith("_config")}, ""
    raise FlatError("missing field", file=file, path=name, expected="the settings of the part")


def _around(values: Mapping[str, Any], whole: str, nested: bool, part: str) -> tuple[str, ...]:
    """A note on the wrapper's own fields, of which none shapes a part."""
    if not nested:
        return ()
    parts = (
        "text_config",
        "vision_config",
        "audio_config",
        "text_config_dict",
        "vision_config_dict",
        "qformer_config",
    )
    read = QUANTIZED if part == "text" else ()
    odd = [name for name in values if name not in UNUSED and name not in (*parts, *read)]
    return (f"not understood of {whole}, and not used: {', '.join(odd)}",) if odd else ()


def _type(file: Path, values: Mapping[str, Any], prefix: str) -> str:
    value = values.get("model_type")
    if value is not None and not isinstance(value, str):
        raise FlatError("wrong type", file=file, path=f"{prefix}model_type", value=value, expected="a text")
    return value or ""
