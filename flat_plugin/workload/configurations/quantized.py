"""Widths of weights and of cached keys and values that a configuration's ``quantization_config`` states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.widths import Widths

FIELDS = ("quantization_config", "compression_config")
_SKIPPED = ("modules_to_not_convert", "llm_int8_skip_modules", "ignore")
_WIDE = ("lm_head", "embed", "output")  # what most leave as it is: what turns tokens into vectors and back
_UNKNOWN = "weights of fewer bits are counted as words of the architecture's width"


@dataclass(frozen=True)
class Quantized:
    """What is understood of it.

    Args:
        widths: of W, and of K and V where a cache has its own.
        note: a sentence on it; empty where nothing is stated.
    """

    widths: Widths = Widths()
    note: str = ""


def quantized(values: Mapping[str, Any], prefix: str = "") -> Quantized:
    """The widths of a configuration; what is not understood is said, and changes nothing."""
    name = next((name for name in FIELDS if values.get(name)), None)
    if name is None:
        return Quantized()
    given, path = values[name], f"{prefix}{name}"
    weights = _weights(given) if isinstance(given, Mapping) and _everywhere(given) else None
    cache = _cache(given) if isinstance(given, Mapping) else None
    try:
        widths = Widths(W=weights, K=cache, V=cache)
    except FlatError:  # a width that words cannot have
        return Quantized(note=f"{path}: {_UNKNOWN}")
    if not widths:
        return Quantized(note=f"{path}: {_UNKNOWN}")
    said = (
        [] if weights is None else [f"{weights:g} bits a weight, but for those of embeddings and output head"]
    )
    said += [_UNKNOWN] if weights is None else []
    said += [] if cache is None else [f"{cache:g} bits a word of K and V"]
    return Quantized(widths, f"{path}: {'; '.join(said)}")


def _everywhere(given: Mapping[str, Any]) -> bool:
    """Whether all layers' weights are converted."""
    skipped = [module for name in _SKIPPED for module in given.get(name) or ()]
    return all(isinstance(each, str) and any(part in each for part in _WIDE) for each in skipped)


def _weights(given: Mapping[str, Any]) -> float | None:
    """Bits of a weight with its share of the scales; None where the method is not known."""
    method = given.get("quant_method")
    if method in ("fp8", "fbgemm_fp8"):
        return 8  # scales are of blocks of 128 × 128, or of rows
    if method in ("gptq", "awq"):
        return _grouped(
            given.get("bits", given.get("w_bit")), given.get("group_size", given.get("q_group_size"))
        )
    if method == "bitsandbytes" or "load_in_4bit" in given or "load_in_8bit" in given:
        if given.get("load_in_8bit"):
            return 8
        scale = 8 if given.get("bnb_4bit_use_double_quant") else 32
        return 4 + scale / 64 if given.get("load_in_4bit") else None  # one for every 64
    if method == "compressed-tensors":
        return _compressed(given.get("config_groups"))
    return None


def _grouped(bits: Any, group: Any, zero: bool = True) -> float | None:
    """With a scale of 16 bits, and a zero point, for every group."""
    if not _whole(bits):
        return None
    if group is None or group == -1:
        return int(bits)
    return bits + (16 + (bits if zero else 0)) / group if _whole(group) else None


def _compressed(groups: Any) -> float | None:
    """Of one group of layers, which is all of them."""
    if not isinstance(groups, Mapping) or len(groups) != 1:
        return None
    (only,) = groups.values()
    weights = only.get("weights") if isinstance(only, Mapping) else None
    if not isinstance(weights, Mapping):
        return None
    symmetric = weights.get("symmetric", True) is True
    return _grouped(weights.get("num_bits"), weights.get("group_size"), zero=not symmetric)


def _cache(given: Mapping[str, Any]) -> float | None:
    """Bits of a cached word of K or V."""
    scheme = given.get("kv_cache_scheme")
    bits = scheme.get("num_bits") if isinstance(scheme, Mapping) else None
    return bits if _whole(bits) else None


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
