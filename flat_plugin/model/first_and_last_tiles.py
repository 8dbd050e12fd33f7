"""The first tiles' way in and the last ones' way out, which nothing overlaps."""

from __future__ import annotations

from collections.abc import Mapping

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.capacity import spread
from flat_plugin.model.gathered_rows import GATHERED, rows_over_words
from flat_plugin.model.operator_work import edge_cycles
from flat_plugin.model.widths import share
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.selection import Select

_IN, _OUT = ("Q", "K"), ("O",)


def way_in_and_out(
    einsums: Mapping[str, Einsum],
    mapping: FusedMapping,
    architecture: Architecture,
    last: Mapping[str, Einsum] | None = None,
    select: Select | None = None,
) -> float:
    """Cycles until the memory of the scores has its first tiles of Q and K, and from its last tile of O
    until that is in the outermost memory.

    At every memory on the way the tile crosses the ports of the next one outwards that keeps the tensor,
    once for all children that need the same words.

    Args:
        einsums: of the layer, or of its first iteration.
        last: those of its last iteration, where they are others.
        select: how keys are selected, which then come as whole rows.
    """
    into = _way(einsums, mapping, architecture, _IN, select)
    return into + _way(last or einsums, mapping, architecture, _OUT)


def _way(
    einsums: Mapping[str, Einsum],
    mapping: FusedMapping,
    architecture: Architecture,
    names: tuple[str, ...],
    select: Select | None = None,
) -> float:
    cycles = 0.0
    for name, operator in mapping.operators:
        einsum = einsums[name]
        for tensor in einsum.tensors:
            if tensor.name in names:
                gathered = select if tensor.name in GATHERED else None
                cycles += _tensor_cycles(einsum, operator, tensor, mapping.scores, architecture, gathered)
    return cycles


def _tensor_cycles(
    einsum: Einsum,
    operator: OperatorMapping,
    tensor: Tensor,
    innermost: int,
    architecture: Architecture,
    select: Select | None,
) -> float:
    kept = [i for i in range(innermost + 1) if tensor.name not in operator.levels[i].bypass]
    cycles = 0.0
    for outer, inner in zip(kept, kept[1:], strict=False):
        memory = architecture.memories[outer]
        words = spread(einsum, operator, tensor, outer, inner).words * share(tensor.bits, memory)
        if select and outer == 0:
            words *= rows_over_words(einsum, tensor, operator, architecture, select)
        into, out = (words, 0.0) if tensor.name in _IN else (0.0, words)
        cycles += edge_cycles(memory, into, out)
    return cycles
