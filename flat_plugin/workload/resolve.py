"""What a workload consists of, however it is given."""

from __future__ import annotations

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.model import Model
from flat_plugin.workload.zoo import find_model


def resolve(
    workload: Attention | Block | Model | str, seq: int | None = None, batch: int = 1
) -> tuple[str, Attention, Block | None, int]:
    """A workload's name, attention layer, block (where it has one) and number of layers.

    Args:
        seq: tokens of a model; its own number if not given.
        batch: sequences of a model.

    Raises:
        FlatError: no such model, or a ``seq`` or ``batch`` beside sizes that have their own.
    """
    if isinstance(workload, str):
        workload = find_model(workload)
    if isinstance(workload, Attention | Block):
        _check_own_sizes(seq, batch)
    if isinstance(workload, Attention):
        return "attention", workload, None, 1
    if isinstance(workload, Block):
        return "block", workload.attention, workload, 1
    block = workload.block(seq, batch)
    return workload.name, block.attention, block, workload.layers


def _check_own_sizes(seq: int | None, batch: int) -> None:
    for name, value, default, letters in (("seq", seq, None, "M and N"), ("batch", batch, 1, "B")):
        if value != default:
            raise FlatError(
                "a layer that is given by its sizes has its own",
                path=name,
                value=value,
                expected=f"{letters} among the sizes, and no {name}",
            )
