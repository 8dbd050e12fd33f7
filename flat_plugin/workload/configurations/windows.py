"""Which layers attend within a window, and the mask of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import full_only, matching
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import Stack
from flat_plugin.workload.mask import Mask

CAUSAL = Mask(causal=True)
SLIDING, CHUNKED = "sliding_attention", "chunked_attention"

Rule = Callable[[Fields, int], bool]
"""Whether the layer of a number has a window, where no field has the kind of every layer."""


def everywhere(f: Fields, i: int) -> bool:
    """Every layer has; where a field says that the first so many see every key, the others."""
    return i >= f.count("max_window_layers") if f.has("max_window_layers") else True


def nowhere(f: Fields, i: int) -> bool:
    """No layer has."""
    return False


def all_but_every(period: int, field: str | None = None, first: bool = False) -> Rule:
    """One layer of every period sees every key: the last of it, or the first.

    Args:
        field: that may give another period, or a pattern of L and G.
    """

    def rule(f: Fields, i: int) -> bool:
        given = f.any(field) if field else None
        if isinstance(given, str) and given and set(given) <= {"L", "G"}:
            return given[i % len(given)] == "L"
        length = f.size_or(field, period) if field else period
        return i % length != 0 if first else (i + 1) % length != 0

    return rule


def odd_first(f: Fields, i: int) -> bool:
    """Every other layer of the first so many."""
    return (i + 1) % 2 != 0 and i < f.size("max_window_layers")


def slides(f: Fields, rule: Rule = everywhere, window: str = "sliding_window") -> Sequence[bool]:
    """Of every layer whether it has a window.

    Raises:
        FlatError: a list of kinds that is not understood.
    """
    full_only(f)
    f.moot("_sliding_window_pattern")
    layers, types = f.size("num_hidden_layers"), f.list("layer_types")
    used = not f.has("use_sliding_window") or f.flag("use_sliding_window")
    if not used or not f.count(window):
        f.moot(*((window, "max_window_layers") if not used else ("use_sliding_window", "max_window_layers")))
        f.moot("sliding_window_pattern")
        if used and f.given(window) and f.any(window) == 0:
            f.remark(window, "0 is no window")
        return (False,) * layers
    found = [rule(f, i) for i in range(layers)] if types is None else [kind == SLIDING for kind in types]
    if types is not None:
        f.moot("max_window_layers", "sliding_window_pattern")
    if not any(found):
        f.moot(window)
    return found


def in_windows(f: Fields, layers: Iterable[Layer], sliding: Sequence[bool]) -> list[Layer]:
    """Every layer with the mask that it has."""
    window = f.count("sliding_window") if any(sliding) else 0
    pairs = zip(layers, sliding, strict=True)
    return [replace(layer, own=behind(window)) if slides else layer for layer, slides in pairs]


def in_chunks(f: Fields, layers: Sequence[Layer]) -> list[Layer]:
    """Every layer with the mask that it has, of those that see their own chunk of the sequence: the layers
    that a list says so of, or else those with rotary positions, by another list or all but every so many."""
    types, size = f.list("layer_types"), f.count("attention_chunk_size")
    if types is not None:
        f.moot("no_rope_layers", "no_rope_layer_interval")
        chunked = [kind == CHUNKED for kind in types]
    elif rotary := f.list("no_rope_layers"):
        f.moot("no_rope_layer_interval")
        matching(f, "no_rope_layers", rotary, len(layers))
        chunked = [bool(each) for each in rotary]
    else:
        every = f.size("no_rope_layer_interval")
        f.remark("no_rope_layer_interval", f"all layers but every {every} attend within chunks")
        chunked = [(i + 1) % every != 0 for i in range(len(layers))]
    if not size or not any(chunked):
        f.moot("attention_chunk_size")
        return list(layers)
    own = Mask(causal=True, chunk=(size, 0))
    return [replace(layer, own=own) if cut else layer for layer, cut in zip(layers, chunked, strict=True)]


def gathered(layers: Iterable[Layer]) -> Stack:
    """Layers in the order they run as kinds, each with its number."""
    return tuple((times, layer) for layer, times in Counter(layers).items())


def behind(window: int) -> Mask:
    """The keys up to so many, the query's own among them."""
    return Mask(causal=True, window=(window - 1, 0))


def halved(f: Fields, name: str = "sliding_window") -> Mask:
    """The window of a field, half of it to either side."""
    window = f.size(name)
    f.remark(name, f"{window // 2} keys on either side")
    return around(window)


def around_and_first(f: Fields, layers: Sequence[tuple[Layer, int]]) -> Stack:
    """Layers with windows beside a global token (Longformer, arXiv 2004.05150): every query sees the first
    token too, and that one sees every key, by projections of its own, in place of what its window gave."""
    f.remark("attention_window", "one global token, the first; what marks others is the input, not the file")
    local = (replace(layer, own=replace(around(window), sinks=1)) for layer, window in layers)
    plain = replace(layers[0][0], feed_forward=None, kind="global", output_projection=False)
    return (*gathered(local), (len(layers), plain))


def around(window: int) -> Mask:
    """The keys at most half of the window away on either side."""
    return Mask(window=(window // 2, window // 2))
