"""From operators to a layer, a block and a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flat_plugin import defaults
from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping, check_choice
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.capacity import Requirement, meeting_level, misfit, requirements
from flat_plugin.model.chain import (
    Latency,
    fused_latency,
    total_busy,
    total_energy,
    total_traffic,
    unfused_latency,
)
from flat_plugin.model.estimate import Estimate, Scored
from flat_plugin.model.first_and_last_tiles import way_in_and_out
from flat_plugin.model.limits import Limits, attention_limits
from flat_plugin.model.masked import masked_layer, masked_works
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.operator_work import Work, work_of
from flat_plugin.model.selection_cost import bounded, selection_notes
from flat_plugin.model.shared_registers import lent_notes
from flat_plugin.model.softmax import MODES, softmax_of
from flat_plugin.model.softmax_site import Site, check_joined, fused_site, unfused_site
from flat_plugin.model.spill import spilled_share, spilled_work
from flat_plugin.model.unused import unused_notes
from flat_plugin.model.widths import softmax_notes, width_notes
from flat_plugin.plain import known
from flat_plugin.workload.attention import Attention

OVERFLOWS = ("reject", "spill")
SKIPS = ("tiles", "none")
ELEMENTWISE = ("unit", "none")


@dataclass(frozen=True)
class Setting:
    """How to chain the operators of a layer.

    Args:
        softmax: ``free``, ``serial``, ``overlapped`` or ``array``.
        overflow: ``reject`` what does not fit, or ``spill`` of S what does not.
        skip: what the hardware leaves out under a mask: ``tiles`` that no row needs, or ``none``.
        elementwise: who does norms, activations and additions around the attention: the softmax ``unit``, or
            ``none``, and they are not counted.

    Raises:
        FlatError: another value than these.
    """

    softmax: str = defaults.SOFTMAX
    overflow: str = defaults.OVERFLOW
    skip: str = defaults.SKIP
    elementwise: str = defaults.ELEMENTWISE

    def __post_init__(self) -> None:
        check_choice("softmax", self.softmax, MODES)
        check_choice("overflow", self.overflow, OVERFLOWS)
        check_choice("skip", self.skip, SKIPS)
        check_choice("elementwise", self.elementwise, ELEMENTWISE)


@dataclass(frozen=True)
class Frame:
    """What the levels of one estimate have in common."""

    architecture: Architecture
    mapping: FusedMapping
    limits: Limits
    requirement: Requirement
    requirements: tuple[Requirement, ...]
    energy_source: str
    notes: tuple[str, ...] = ()
    softmax: str = "serial"


def attention_estimate(
    name: str,
    attention: Attention,
    architecture: Architecture,
    mapping: FusedMapping,
    results: Sequence[OperatorResult],
    energies: EnergyTable,
    setting: Setting,
) -> Estimate:
    """Chain an attention layer's operators, whichever engine evaluated them.

    Raises:
        InvalidMapping: what must be on chip together does not fit; the message is the inequality.
    """
    whole = attention if setting.skip == "tiles" else attention.unskipped()
    parts = masked_layer(whole, architecture, mapping, energies)
    dense = parts.widest
    einsums = {einsum.name: einsum for einsum in dense.einsums(mapping.held)}
    needs = requirements(einsums, mapping, architecture)
    fused, meeting = mapping.dataflow.fused, architecture.memories[meeting_level(mapping)].name
    need = next(need for need in needs if need.buffer == meeting)
    share = spilled_share(need) if setting.overflow == "spill" and fused else 0.0
    _check_fits(mapping, tuple(other for other in needs if other is not need or not share))
    site = fused_site(dense, mapping) if fused else unfused_site(dense, architecture)
    check_joined(site, setting.softmax, mapping, architecture, results)
    if parts.kinds is None:
        works = _dense_works(dense, architecture, energies, setting, site, results, share if fused else 1.0)
    else:
        works = masked_works(parts, setting.softmax, share)
    if share:
        works.insert(1, spilled_work(dense, share, architecture, energies))
    ends = (parts.first, mapping, architecture, parts.last, attention.mask.select)
    edges = way_in_and_out(*ends) if fused else 0.0
    latency = _latency(works, architecture, mapping, setting, edges)
    limits = attention_limits(
        attention,
        architecture,
        energies,
        softmax=setting.softmax,
        online=mapping.dataflow.online,
        innermost=mapping.scores,
    )
    notes = list(architecture.notes)
    notes += [f"{share:.2%} of S overflows to {architecture.memories[0].name}"] if share else []
    notes += lent_notes(dense, architecture, mapping)
    notes += unused_notes(architecture, mapping, results, works)
    notes += width_notes(einsums.values(), architecture.compute, energies)
    notes += softmax_notes(attention, architecture, setting.softmax)
    notes += attention.mask.notes(attention.queries, attention.keys)
    notes += selection_notes(attention, parts.split.rows)
    notes += energies.notes
    frame = Frame(architecture, mapping, limits, need, needs, energies.source, tuple(notes), setting.softmax)
    return replace(
        _estimate(name, "attention", frame, works, latency),
        scores=Scored(attention.needed_scores, parts.scores, bounded(attention, parts.split.rows)),
    )


def _check_fits(mapping: FusedMapping, needs: tuple[Requirement, ...]) -> None:
    if refused := misfit(needs):
        raise InvalidMapping(
            f"{mapping.dataflow.name} does not fit: {refused}",
            level=refused.buffer,
            tile=refused.words,
            capacity=int(refused.capacity),
        )


def _dense_works(
    attention: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    setting: Setting,
    site: Site,
    results: Sequence[OperatorResult],
    through_dram: float,
) -> list[Work]:
    """Logit, softmax if it costs anything, and attend of a layer that is one dense problem."""
    works = [work_of(result, architecture) for result in results]
    if setting.softmax != "free":
        on_array = setting.softmax == "array"
        softmax = softmax_of(
            attention, architecture, energies, site, through_dram=through_dram, on_array=on_array
        )
        works.insert(1, softmax)
    return works


def chained_works(
    one: Estimate, works: Sequence[Work], latency: Latency, architecture: Architecture
) -> Estimate:
    """These works together, in the frame (mapping, capacity, limits) of one layer of them."""
    return _estimate(one.model, "attention", _frame(one, architecture), works, latency)


def preceded(attention: Estimate, works: Sequence[Work], architecture: Architecture) -> Estimate:
    """An attention layer behind operators that choose its keys, one after the other."""
    works = [_prefixed(work) for work in works]
    before = unfused_latency(works)
    bound = attention.bound if attention.cycles >= before.cycles else before.bound
    latency = Latency(attention.cycles + before.cycles, bound)
    everything = [*works, *attention.operators.values()]
    whole = _estimate(attention.model, "attention", _frame(attention, architecture), everything, latency)
    return replace(whole, scores=attention.scores)


def with_operators(attention: Estimate, others: Sequence[Work], architecture: Architecture) -> Estimate:
    """The block: attention and the operators around it, one after the other.

    The model too: its layers, and the operators before and behind them.
    """
    works = [_prefixed(work) for work in others]
    around = unfused_latency(works)
    bound = attention.bound if attention.cycles >= around.cycles else around.bound
    latency = Latency(attention.cycles + around.cycles, bound)
    everything = _by_name([*attention.operators.values(), *works])
    level = "model" if attention.level == "model" else "block"
    whole = _estimate(attention.model, level, _frame(attention, architecture), everything, latency)
    return replace(whole, layers=attention.layers, scores=attention.scores)


def repeated(block: Estimate, layers: int, architecture: Architecture) -> Estimate:
    """The model: ``layers`` times the block."""
    works = [work * layers for work in block.operators.values()]
    latency = Latency(block.cycles * layers, block.bound)
    scores = block.scores * layers if block.scores else None
    whole = _estimate(block.model, "model", _frame(block, architecture), works, latency)
    return replace(whole, layers=layers, scores=scores)


def added(models: Sequence[Estimate], architecture: Architecture) -> Estimate:
    """Stacks of different layers, one after the other: operators of one name are added up.

    What belongs to one layer (mapping, requirement, limits) is that of the first stack.
    """
    whole = joined(models, architecture)
    return replace(whole, layers=sum(model.layers for model in models))


def joined(models: Sequence[Estimate], architecture: Architecture) -> Estimate:
    """Estimates of one level, one after the other: attention layers of a step, or stacks."""
    first, *rest = models
    if not rest:
        return first
    works = _by_name(work for model in models for work in model.operators.values())
    slowest = max(models, key=lambda model: model.cycles)
    latency = Latency(sum(model.cycles for model in models), slowest.bound)
    notes = tuple(dict.fromkeys(note for model in models for note in model.notes))
    whole = _estimate(first.model, first.level, _frame(first, architecture), works, latency)
    scores = [model.scores for model in models if model.scores]
    return replace(
        whole,
        notes=notes,
        fits=all(model.fits for model in models),
        scores=sum(scores[1:], scores[0]) if len(scores) == len(models) else None,
    )


def _by_name(works: Iterable[Work]) -> list[Work]:
    """Works of one name added up."""
    found: dict[str, Work] = {}
    for work in works:
        found[work.name] = found[work.name] + work if work.name in found else work
    return list(found.values())


def _latency(
    works: Sequence[Work],
    architecture: Architecture,
    mapping: FusedMapping,
    setting: Setting,
    edges: float,
) -> Latency:
    if not mapping.dataflow.fused:
        return unfused_latency(works)
    serial = setting.softmax == "serial"
    return fused_latency(works, architecture, softmax_serial=serial, edges=edges)


def _frame(estimate: Estimate, architecture: Architecture) -> Frame:
    return Frame(
        architecture,
        estimate.mapping,
        estimate.limits,
        estimate.requirement,
        estimate.requirements,
        estimate.energy_source,
        estimate.notes,
        estimate.softmax,
    )


def _estimate(name: str, level: str, frame: Frame, works: Sequence[Work], latency: Latency) -> Estimate:
    energy = total_energy(works)
    computes = sum(work.computes for work in works)
    return Estimate(
        model=name,
        architecture=frame.architecture.name,
        dataflow=frame.mapping.dataflow.name,
        level=level,
        cycles=latency.cycles,
        seconds=latency.cycles * frame.architecture.cycle_seconds,
        energy_pj=known(sum(energy.values())),
        utilization=computes / frame.architecture.compute.instances / latency.cycles,
        bound=latency.bound,
        fits=frame.requirement.fits,
        traffic=total_traffic(works),
        operators={work.name: work for work in works},
        energy={name: known(value) for name, value in energy.items()},
        busy=total_busy(works),
        limits=frame.limits,
        requirement=frame.requirement,
        requirements=frame.requirements,
        mapping=frame.mapping,
        energy_source=frame.energy_source,
        notes=frame.notes,
        softmax=frame.softmax,
        dram_word_bits=frame.architecture.memories[0].word_bits,
    )


def _prefixed(work: Work) -> Work:
    """Tensors of different projections are different tensors: ``project_q.W``."""
    traffic = {f"{work.name}.{tensor}": words for tensor, words in work.traffic.items()}
    return replace(work, traffic=traffic)
