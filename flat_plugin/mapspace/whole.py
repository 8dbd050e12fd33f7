"""A whole workload: every operator mapped and evaluated, and the results chained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.dataflow import map_gemm
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.layer import Setting, attention_estimate, repeated, with_operators
from flat_plugin.model.operator import OperatorResult
from flat_plugin.workload import Attention, Block
from flat_plugin.workload.einsum import Einsum

LEVELS = ("attention", "block", "model")
OVERFLOWS = ("reject", "spill")

# An operator, its mapping and the dimensions of the loops it shares -> the mapping that counts (the
# one given, or a better one that was searched for) and its result.
Evaluate = Callable[[Einsum, OperatorMapping, tuple[str, ...]], tuple[OperatorMapping, OperatorResult]]


@dataclass(frozen=True)
class Layers:
    """The attention layer of a workload, the block around it (if any) and how often it is repeated."""

    name: str
    attention: Attention
    block: Block | None = None
    layers: int = 1


def estimate_layers(
    workload: Layers,
    architecture: Architecture,
    fused: FusedMapping,
    energies: EnergyTable,
    setting: Setting,
    level: str,
    evaluate: Evaluate,
) -> Estimate:
    """Cycles, energy and traffic of a workload whose attention is mapped as ``fused`` says.

    Raises:
        InvalidMapping: what must be on chip together does not fit.
        FlatError: a block or model is asked for and the workload is only an attention layer.
    """
    if level != "attention" and workload.block is None:
        raise FlatError(
            "a block or model is needed for this level", path="level", value=level, expected="attention"
        )
    shared = tuple(d for d, _ in fused.trips) if fused.dataflow.fused else ()
    attention = workload.attention
    answers = {e.name: evaluate(e, fused[e.name], shared) for e in attention.einsums()}
    fused = replace(fused, operators=tuple((name, mapping) for name, (mapping, _) in answers.items()))
    results = [result for _, result in answers.values()]
    answer = attention_estimate(workload.name, attention, architecture, fused, results, energies, setting)
    if level == "attention" or workload.block is None:
        return answer
    around = [e for e in workload.block.operators() if e.name not in answers]
    others = []
    for einsum in around:
        fixed = of_architecture(einsum, architecture, attention.einsums())
        gemm = map_gemm(einsum, architecture, energies, fixed)
        others.append(evaluate(einsum, gemm[einsum.name], ())[1])
    whole = with_operators(answer, others, architecture)
    return whole if level == "block" else repeated(whole, workload.layers, architecture)


def searched_notes(fused: FusedMapping, energies: EnergyTable) -> tuple[str, ...]:
    """What to say of a mapping that :func:`map_dataflow` has searched for."""
    if not fused.dataflow.searched or energies.known:
        return ()
    return ("the mapping is the best by latency, and not by energy-delay as with energies",)


def evaluated_by(name: str, tool: str, answer: Estimate, *notes: str) -> Estimate:
    """The estimate with the engine that evaluated its operators, and what is to be said of that."""
    if name == "native":
        return answer
    return replace(answer, engine=name, notes=(*answer.notes, f"operators evaluated by {tool}", *notes))
