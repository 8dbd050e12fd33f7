"""Which layers a list of modules means: ``lm_head``, ``model.layers.3.mlp.gate``, ``re:.*self_attn.*``."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flat_plugin.workload.layer_stacks import Stack, count_layers

ROUTER = "router"
_RE = "re:"  # before expressions
Module = tuple[str, int]
"""The part that a module belongs to, and the number of its layer."""

# How modules of a layer are called; the first names where a list has none of them.
_ATTENTION = ("self_attn", "self_attention", "attention", "attn")
_FEED_FORWARD = ("mlp", "feed_forward", "block_sparse_moe")
_ROUTERS = ("router", "gate")
_SHARED = ("shared_experts", "shared_expert")
_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj")
_LATENT = (*_PROJECTIONS, "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj")
_LINEAR = ("gate_proj", "up_proj", "down_proj")
_BEFORE = ("", "model.layers.", "language_model.model.layers.", "model.language_model.layers.")
_OUTSIDE = re.compile(  # what turns tokens into vectors and back, other parts of a model, norms, extra layers
    r"lm_head|embed|output_layer|vision|visual|audio|projector|merger|connector|norm|mtp|eh_proj"
)


@dataclass(frozen=True)
class Rule:
    """Modules, and the bits of their weights; None leaves them as they are.

    Args:
        bits: of a weight.
        modules: names, or parts of names, with ``*`` or as ``re:`` and an expression; None is every module.
    """

    bits: float | None
    modules: tuple[str, ...] | None = None

    @property
    def inside(self) -> tuple[str, ...]:
        """Names that are not known to lie outside the layers; an expression may be of both."""
        return tuple(n for n in self.modules or () if n.startswith(_RE) or not _OUTSIDE.search(n))


def bits_of_parts(rules: Sequence[Rule], stack: Stack) -> dict[str, float | None] | None:
    """Bits of the weights of ``attention``, ``feed_forward``, ``experts`` and ``router``, as far as there are
    any; of several rules for a module the last counts.

    None where a rule is of modules that are not known, or where layers, or products of a part, differ.
    """
    listed = [name for rule in rules for name in rule.inside]
    modules = dict(_modules(listed, stack))
    bits: dict[str, float | None] = dict.fromkeys(modules)
    for rule in rules:
        if rule.modules is None:
            bits = dict.fromkeys(modules, rule.bits)
        for name in rule.inside:
            chosen = _chosen(name, modules)
            if chosen is None or not (chosen or _OUTSIDE.search(name)):
                return None
            bits |= dict.fromkeys(chosen, rule.bits)
    return _by_part(bits, modules, stack)


def _called(candidates: Sequence[str], listed: Iterable[str]) -> str:
    """The name that a list uses; the first where it uses none."""
    return next((name for name in candidates if any(name in each for each in listed)), candidates[0])


def _modules(listed: Sequence[str], stack: Stack) -> Iterator[tuple[str, Module]]:
    """The modules of every layer, by what follows ``layers.`` in their names."""
    attention, feed_forward = (_called(names, listed) for names in (_ATTENTION, _FEED_FORWARD))
    router, shared = (_called(names, listed) for names in (_ROUTERS, _SHARED))
    latent = any(layer.latent for _, layer in stack)
    last = max((layer.experts.number for _, layer in stack if layer.experts), default=1) - 1
    for i in range(count_layers(stack)):
        for leaf in _LATENT if latent else _PROJECTIONS:
            yield f"{i}.{attention}.{leaf}", ("attention", i)
        for leaf in _LINEAR:
            yield f"{i}.{feed_forward}.{leaf}", ("feed_forward", i)
            yield f"{i}.{feed_forward}.{shared}.{leaf}", ("shared", i)
            for expert in (0, last):
                yield f"{i}.{feed_forward}.experts.{expert}.{leaf}", ("experts", i)
        yield f"{i}.{feed_forward}.{router}", (ROUTER, i)
        yield f"{i}.{feed_forward}.shared_expert_gate", (ROUTER, i)


def _chosen(name: str, modules: Iterable[str]) -> list[str] | None:
    """The modules that a name of a list stands for: its own, and all that are inside it; None where that is
    not known."""
    if name.startswith(_RE):
        return _matched(name.removeprefix(_RE), modules)
    _, layers, behind = name.rpartition("layers.")
    if layers and "*" not in name:
        return [m for m in modules if f"{m}.".startswith(f"{behind}.")]
    anywhere = "" if layers else r"(.*\.)?"  # what names no layer is in each
    form = re.compile(anywhere + re.escape(behind).replace(r"\*", ".*") + r"(\..*)?$")
    return [m for m in modules if form.match(m)]


def _matched(text: str, modules: Iterable[str]) -> list[str] | None:
    """What stands before a layer's number is not known: what an expression excludes must not depend on it."""
    if (expression := _expression(text)) is None:
        return None
    found = {m: [bool(expression.match(before + m)) for before in _BEFORE] for m in modules}
    if re.search(r"\(\?<?!", text) and any(any(each) != all(each) for each in found.values()):
        return None
    return [m for m, each in found.items() if any(each)]


def _expression(text: str) -> re.Pattern[str] | None:
    """An expression that is quickly matched; None if it is not, or is none."""
    slow = len(re.findall(r"[*+{]", text)) > 3 or re.search(r"\)[*+{]|[*+}][*+{]", text)
    try:
        with warnings.catch_warnings(action="error"):  # what later versions of Python may read otherwise
            return None if len(text) > 200 or slow else re.compile(text)
    except (re.error, OverflowError, FutureWarning):
        return None


def _by_part(
    bits: Mapping[str, float | None], modules: Mapping[str, Module], stack: Stack
) -> dict[str, float | None] | None:
    layers: dict[str, dict[int, set[float | None]]] = {}
    for module, (part, i) in modules.items():
        layers.setdefault(part, {}).setdefault(i, set()).add(bits[module])
    found: dict[str, set[float | None]] = {}
    for part, times in _times(stack).items():
        each = list(layers[part].values())
        every = set().union(*each)
        alike = [bits for bits in every if each.count({bits}) == times]
        if len(every) > 1 and len(alike) == 1:
            every = set(alike)  # as many layers as have the part are those that have it
        found.setdefault("feed_forward" if part == "shared" else part, set()).update(every)
    if any(len(every) > 1 for part, every in found.items() if part != ROUTER):
        return None
    return {part: None if len(every) > 1 else next(iter(every)) for part, every in found.items()}


def _times(stack: Stack) -> dict[str, int]:
    """The number of layers that have each part; a router is small, and taken as if each had one."""
    layers = [(times, layer) for times, layer in stack if layer.kind != "cross"]
    found = {
        "attention": count_layers(stack),
        "feed_forward": sum(n for n, layer in layers if layer.feed_forward and not layer.experts),
        "shared": sum(n for n, layer in layers if layer.experts and layer.experts.shared),
        "experts": sum(n for n, layer in layers if layer.experts),
    }
    found[ROUTER] = found["experts"]
    return {part: times for part, times in found.items() if times}
