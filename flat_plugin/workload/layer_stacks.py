"""The layers of a model as (times, layer), from a stack or from the sizes of layers that are all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.layer import ONE_QUERY, Layer
from flat_plugin.workload.size_checks import check_size

Stack = tuple[tuple[int, Layer], ...]


def count_layers(stack: Stack) -> int:
    """Blocks; cross attention is a part of the decoder's, and a pooling is none."""
    return sum(times for times, layer in stack if layer.kind not in ("cross", *ONE_QUERY))


def stream_ends(stack: Stack) -> Iterator[tuple[Layer, bool]]:
    """The first layer of the encoder, and True, and its last, and False; then those of the decoder."""
    layers = [layer for _, layer in stack if layer.kind not in ONE_QUERY]
    for encoding in (True, False):
        if own := [layer for layer in layers if (layer.kind == "encoder") == encoding]:
            yield own[0], True
            yield own[-1], False


def stack_of(name: str, stack: Stack, layers: int | None, sizes: dict[str, Any]) -> Stack:
    """A stack with what is given beside it, or that of layers which are all alike.

    Args:
        sizes: of every layer; None is not given.
    """
    given = {field: size for field, size in sizes.items() if size is not None}
    return _changed(name, stack, layers, given) if stack else _uniform(name, layers, given)


def _uniform(name: str, layers: int | None, sizes: dict[str, Any]) -> Stack:
    """The stack of one kind that sizes give."""
    check_size(f"{name}.layers", layers)
    for field in ("heads", "hidden", "head_dim", "feed_forward"):
        check_size(f"{name}.{field}", sizes.get(field))
    return ((layers or 0, _checked(name, lambda: Layer(**sizes))),)


def _changed(name: str, stack: Stack, layers: int | None, changes: dict[str, Any]) -> Stack:
    """A stack with what is given beside it."""
    for times, _ in stack:
        check_size(f"{name}.layers", times)
    if layers is None and not changes:
        return stack
    if len(stack) > 1:
        raise FlatError(
            "its layers differ", path=f"{name}.{next(iter(changes), 'layers')}", expected="a stack of its own"
        )
    times, layer = stack[0]
    if layers is not None:
        check_size(f"{name}.layers", layers)
        times = layers
    return ((times, _checked(name, lambda: replace(layer, **changes))),)


def _checked(name: str, make: Callable[[], Layer]) -> Layer:
    """A layer; its errors name the model that it belongs to."""
    try:
        return make()
    except FlatError as error:
        path = f"{name}.{error.path}"
        raise FlatError(error.message, path=path, value=error.value, expected=error.expected) from None
