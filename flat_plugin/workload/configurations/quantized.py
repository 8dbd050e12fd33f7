"""Widths of weights and of cached keys and values that a configuration's ``quantization_config`` states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.converted import ROUTER, Rule, bits_of_parts
from flat_plugin.workload.layer_stacks import Stack
from flat_plugin.workload.widths import PARTS, Widths

FIELDS = ("quantization_config", "compression_config")
_SKIPPED = (
    *("modules_to_not_convert", "llm_int8_skip_modules", "ignore", "ignored_layers", "exclude_modules"),
    *("linear_weights_not_to_quantize",),
)
_UNKNOWN = "are counted as words of the architecture's width, unless bits of W are given (--bits W=4)"
_SOME = "only some layers' weights have fewer bits: they are counted as words of the architecture's width"
_CACHED = ("kv_cache_scheme", "kv_cache_quant_algo")
_UNKNOWN_CACHE = "cached keys and values are counted as words of the architecture's width"
_NAMED = {"WA": "projections", "WF": "feed-forward layers", "WE": "experts"}
_MODELOPT = {"FP8": 8, "NVFP4": 4 + 8 / 16}  # a scale of 8 bits for every 16


@dataclass(frozen=True)
class Quantized:
    """What is understood of it.

    Args:
        widths: of W or its parts, and of K and V where a cache has its own.
        note: a sentence on it; empty where nothing is stated.
    """

    widths: Widths = Widths()
    note: str = ""


def quantized(values: Mapping[str, Any], stack: Stack, prefix: str = "") -> Quantized:
    """The widths of a configuration; what is not understood is said, and changes nothing.

    Args:
        stack: the layers, of which lists of modules may name some.
    """
    name = next((name for name in FIELDS if values.get(name)), None)
    if name is None:
        return Quantized()
    given, path = values[name], f"{prefix}{name}"
    if not isinstance(given, Mapping):
        return Quantized(note=f"{path}: {_unknown(given)}")
    rules, cache = _rules(given), _cache(given)
    try:
        weights = None if rules is None else _weights(rules, stack)
        widths = Widths(K=cache, V=cache, **(weights or {}))
    except FlatError:  # a width that words cannot have
        return Quantized(note=f"{path}: {_unknown(given)}")
    said = [_unknown(given) if rules is None else _SOME] if weights is None else _said(weights)
    if any(given.get(name) for name in _CACHED):
        said.append(_UNKNOWN_CACHE if cache is None else f"{cache:g} bits a word of K and V")
    return Quantized(widths, f"{path}: {'; '.join(said)}")


def _unknown(given: object) -> str:
    """What is said of a way to store weights that is not known here."""
    method = given.get("quant_method") if isinstance(given, Mapping) else given
    return (
        f"weights of fewer bits ({method}) {_UNKNOWN}" if isinstance(method, str) else f"weights {_UNKNOWN}"
    )


def _weights(rules: Sequence[Rule], stack: Stack) -> dict[str, float] | None:
    """Bits of W where all products have them, else of its parts; None where no widths say it."""
    bits = bits_of_parts(rules, stack)
    if bits is None:
        return None
    parts = {part: width for part, width in bits.items() if part != ROUTER}
    (first, *others), more = set(parts.values()), any(layer.others for _, layer in stack)
    if not others and (more or bits.get(ROUTER, first) == first):  # a router is small beside the rest
        return {} if first is None else {"W": first}
    return None if more else {PARTS[part]: width for part, width in parts.items() if width is not None}


def _said(weights: Mapping[str, float]) -> list[str]:
    if "W" in weights:
        return [f"{weights['W']:g} bits a weight, but for those of embeddings and output head"]
    some = [f"{bits:g} bits a weight of {_NAMED[name]}" for name, bits in weights.items()]
    return [f"{', '.join(some)}; the others as they are"] if some else ["all weights as they are"]


def _rules(given: Mapping[str, Any]) -> list[Rule] | None:
    """Which modules have weights of how many bits, with their share of the scales; None where the method is
    not known."""
    skipped = [given.get(name) or () for name in _SKIPPED]
    if not all(isinstance(each, list | tuple) for each in skipped):
        return None
    kept = tuple(name for each in skipped for name in each)
    rules = _method(given)
    if rules is None or not all(isinstance(name, str) for name in kept):
        return None
    return [*rules, Rule(None, kept)]


def _method(given: Mapping[str, Any]) -> list[Rule] | None:
    method = given.get("quant_method")
    if method == "compressed-tensors":
        return _groups(given.get("config_groups"))
    if method == "mxfp4":  # a scale of 8 bits for every 32; the class converts experts alone
        return [Rule(None), Rule(4 + 8 / 32, ("mlp.experts",))]
    bits, exceptions = _bits(method, given), _exceptions(given)
    return None if bits is None or exceptions is None else [Rule(bits), *exceptions]


def _bits(method: object, given: Mapping[str, Any]) -> float | None:
    if method in ("fp8", "fbgemm_fp8"):
        return 8  # scales are of blocks of 128 × 128, or of rows
    if method in ("gptq", "awq"):
        return _grouped(
            given.get("bits", given.get("w_bit")), given.get("group_size", given.get("q_group_size"))
        )
    if method == "modelopt":
        return _MODELOPT.get(str(given.get("quant_algo")))
    if method == "bitsandbytes" or "load_in_4bit" in given or "load_in_8bit" in given:
        if given.get("load_in_8bit"):
            return 8
        scale = 8 if given.get("bnb_4bit_use_double_quant") else 32
        return 4 + scale / 64 if given.get("load_in_4bit") else None  # one for every 64
    return None


def _exceptions(given: Mapping[str, Any]) -> list[Rule] | None:
    """GPTQ's ``dynamic``: expressions of modules that are left (``-:``), or have settings of their own; None
    where these are not known."""
    dynamic = given.get("dynamic") or {}
    if not isinstance(dynamic, Mapping):
        return None
    found = []
    for name, own in dynamic.items():
        settings = {**given, **own} if isinstance(own, Mapping) else given
        left = name.startswith("-:")
        bits = None if left else _bits("gptq", settings)
        if bits is None and not left:
            return None
        found.append(Rule(bits, (f"re:{name.removeprefix('-:').removeprefix('+:')}",)))
    return found


def _grouped(bits: Any, group: Any, zero: bool = True, scale: int = 16) -> float | None:
    """With a scale, and a zero point, for every group."""
    if not _whole(bits):
        return None
    if group is None or group == -1:
        return int(bits)
    return bits + (scale + (bits if zero else 0)) / group if _whole(group) else None


def _groups(groups: Any) -> list[Rule] | None:
    """Groups of modules with widths of their own: all linear layers, or those that are named."""
    if not isinstance(groups, Mapping) or not groups:
        return None
    found = [Rule(None)]
    for group in groups.values():
        weights = group.get("weights") if isinstance(group, Mapping) else None
        targets = group.get("targets", ["Linear"]) if isinstance(group, Mapping) else None
        if not isinstance(weights, Mapping) or not isinstance(targets, list):
            return None
        narrow = weights.get("type") == "float" and weights.get("num_bits") == 4  # NVFP4, MXFP4
        zero = weights.get("symmetric", True) is not True
        bits = _grouped(weights.get("num_bits"), weights.get("group_size"), zero, 8 if narrow else 16)
        if bits is None or not all(isinstance(name, str) for name in targets):
            return None
        found.append(Rule(bits, None if "Linear" in targets else tuple(targets)))
    return found


def _cache(given: Mapping[str, Any]) -> float | None:
    """Bits of a cached word of K or V, with its share of the scales; None where they are not known."""
    if given.get("kv_cache_quant_algo"):
        return _MODELOPT.get(str(given["kv_cache_quant_algo"]))
    scheme = given.get("kv_cache_scheme")
    bits = scheme.get("num_bits") if isinstance(scheme, Mapping) else None
    return bits if _whole(bits) else None


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
