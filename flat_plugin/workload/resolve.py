"""What a workload consists of, however it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.wording import counted
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.elementwise import Elementwise
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask, parse_mask
from flat_plugin.workload.model import Model
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Counted
from flat_plugin.workload.requests import Requests
from flat_plugin.workload.trace import Trace
from flat_plugin.workload.widths import Widths
from flat_plugin.workload.zoo import find_model

Given = Attention | Block | Model | Trace
"""What a user may give."""


@dataclass(frozen=True)
class Layers:
    """The first kind of layer of a workload, and what else there is.

    Args:
        name: what the user calls it.
        attention: the attention layer, of the first kind of layer.
        block: the block around it, if any.
        layers: how often it is repeated.
        rest: the further kinds of block, with their number.
        kinds: what each kind of block is called, the first one's first.
        beside: the sections that do not attend, with their operators.
        notes: what is to be said of the workload, a sentence each.
        requests: of a step of serving; the layers have an attention for each.
        norms: before and behind all layers, with their number.
        trace: of which the attention layer is the widest one; None of what is no trace.
    """

    name: str
    attention: Attention
    block: Block | None = None
    layers: int = 1
    rest: tuple[tuple[int, Block], ...] = ()
    kinds: tuple[str, ...] = ()
    beside: tuple[tuple[Section, tuple[Counted, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    requests: tuple[Requests, ...] = ()
    norms: tuple[tuple[int, Elementwise], ...] = ()
    trace: Trace | None = None

    @property
    def blocks(self) -> tuple[tuple[int, Block], ...]:
        """Every kind of block, with its number; none of what is attention alone."""
        return () if self.block is None else ((self.layers, self.block), *self.rest)


def resolve(
    workload: Attention | Block | Model | Trace | str,
    seq: int | None = None,
    batch: int = 1,
    level: str = "attention",
) -> Layers:
    """The layers of a workload at these lengths.

    Args:
        seq: tokens of a model; its own number if not given.
        batch: sequences of a model.
        level: of the figures that are asked for.

    Raises:
        FlatError: no such model; a ``seq`` or ``batch`` beside sizes that have their own; or figures of this
            level would be wrong, because the model does what is not modelled.
    """
    if isinstance(workload, str):
        workload = find_model(workload)
    if isinstance(workload, Attention | Block):
        _check_own_sizes(
            seq, batch, "a layer that is given by its sizes has its own", "{} among the sizes, and no {}"
        )
    if isinstance(workload, Trace):
        _check_own_sizes(seq, batch, "the rows of a trace have their own", "no {1}")
        return Layers(workload.name, workload.widest, trace=workload)
    if isinstance(workload, Attention):
        return Layers("attention", workload)
    if isinstance(workload, Block):
        return Layers("block", workload.attention, workload)
    (times, block), *rest = workload.blocks(seq, batch)
    differ = any(other != block for _, other in rest)
    notes = (*workload.notes, *_unshared(workload, [block, *(other for _, other in rest)]))
    notes += _which(workload, level) if differ and level != "model" else ()
    kinds = kind_names([layer for _, layer in workload.stack])
    beside = workload.sections(seq, batch) if level == "model" else ()
    answer = Layers(
        workload.name,
        block.attention,
        block,
        times,
        tuple(rest),
        kinds,
        beside,
        notes,
        workload.requests,
        workload.outer_norms(seq, batch) if level == "model" else (),
    )
    gap = _touched(workload, answer, level)
    if gap is not None:
        raise gap.error()
    if level == "block" and differ:
        listed = ", ".join(_stacks(workload))
        raise FlatError(
            f"the blocks differ: {listed}", path="level", value=level, expected="attention or model"
        )
    return answer


def with_widths(workload: Given, given: Widths, others: Widths) -> Given:
    """The workload with these widths, else its own, else the others."""
    own = workload.attention.widths if isinstance(workload, Block) else workload.widths
    return replaced_widths(workload, given.over(own).over(others))


def replaced_widths(workload: Given, widths: Widths) -> Given:
    """The workload with these widths and no others."""
    if isinstance(workload, Block):
        return replace(workload, attention=replace(workload.attention, widths=widths))
    return replace(workload, widths=widths)


def masked(workload: Given | str, mask: Mask | str | Path) -> Given:
    """The workload with a mask in each of its layers (but cross attention) instead of its own.

    Raises:
        FlatError: no such mask or model, the mask is not one of these sizes, or the workload is a trace.
    """
    if isinstance(workload, Trace):
        message = "a trace has the keys that its rows fetch"
        raise FlatError(message, path="mask", value=str(mask), expected="no mask")
    value = mask if isinstance(mask, Mask) else parse_mask(mask)
    if isinstance(workload, str):
        workload = find_model(workload)
    if isinstance(workload, Model):
        return workload.masked(value)
    if isinstance(workload, Block):
        return replace(workload, attention=replace(workload.attention, mask=value))
    return replace(workload, mask=value)


_TELLING: tuple[tuple[Callable[[Layer], object], str], ...] = (
    (lambda layer: layer.own, "{} mask"),
    (lambda layer: "dense" if layer.experts is None else "experts", "{}"),
    (lambda layer: f"D {layer.head_dim}, {layer.kv_heads} KV heads", "{}"),
    (lambda layer: layer.heads, "{} heads"),
    (lambda layer: layer.feed_forward or "no", "{} feed-forward"),
    (lambda layer: layer.value_dim, "E {}"),
    (lambda layer: layer.hidden, "hidden {}"),
    (lambda layer: "gated" if layer.gated else "not gated", "{}"),
)


def kind_names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """What each kind of layer is called: ``decoder layers``, and what tells it from others of that name."""
    names: list[str] = []
    for layer in layers:
        alike, told = [other for other in layers if other.kind == layer.kind], []
        for of, said in _TELLING:
            others = [other for other in alike if of(other) == of(layer)]
            told += [said.format(of(layer))] if len(others) < len(alike) else []
            alike = others
        name = ", ".join((f"{layer.kind} layers", *told))
        names.append(f"{name}, kind {names.count(name) + 1}" if name in names else name)
    return tuple(names)


def _stacks(model: Model) -> list[str]:
    """``21 decoder layers (causal mask)``"""
    names = kind_names([layer for _, layer in model.stack])
    said = []
    for (times, _), name in zip(model.stack, names, strict=True):
        kind, _, told = name.partition(", ")
        said.append(f"{counted(times, kind.removesuffix('s'))}{f' ({told})' if told else ''}")
    return said


def _which(model: Model, level: str) -> tuple[str, ...]:
    """A note on the kind of layer that a level below the model's is of."""
    first, *others = _stacks(model)
    return (f"{level} of one of its {first}; it also has {', '.join(others)}",)


def _unshared(model: Model, blocks: Sequence[Block]) -> tuple[str, ...]:
    """A note on requests whose common prefix is counted for each of them."""
    alone = any(
        each.shared and not attention.mask.shared
        for block in blocks
        for each, attention in zip(model.requests, block.attentions, strict=False)
    )
    if not alone:
        return ()
    return (
        "where a mask selects keys or does not reach all, each request fetches the shared ones by itself",
    )


def _touched(model: Model, layers: Layers, level: str) -> Gap | None:
    """The first gap that figures of this level would be wrong without."""
    blocks = [layers.block] + [block for _, block in layers.rest if level == "model"]
    keys = max(attention.keys for block in blocks if block for attention in block.attentions)
    return next((gap for gap in model.gaps if gap.touches(level, keys)), None)


def _check_own_sizes(seq: int | None, batch: int, message: str, expected: str) -> None:
    for name, value, default, letters in (("seq", seq, None, "M and N"), ("batch", batch, 1, "B")):
        if value != default:
            raise FlatError(message, path=name, value=value, expected=expected.format(letters, name))
