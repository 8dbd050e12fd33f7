"""A whole workload: every operator mapped and evaluated, and the results chained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from operator import add

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.gemm_mapping import map_gemm
from flat_plugin.mapspace.index_products import behind_choosing
from flat_plugin.model.estimate import Estimate, Kind
from flat_plugin.model.layer import (
    added,
    attention_estimate,
    joined,
    repeated,
    with_operators,
)
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.operator_work import Work, work_of
from flat_plugin.model.widths import width_notes
from flat_plugin.question.latent_forms import cost_of
from flat_plugin.question.question import Question
from flat_plugin.question.serving_memory import step_of
from flat_plugin.question.trace_answer import trace_answer
from flat_plugin.question.vector_work import VectorWork, noted
from flat_plugin.workload import Attention, Block
from flat_plugin.workload.block_steps import steps_of
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.prefixes import apart
from flat_plugin.workload.products import Counted
from flat_plugin.workload.requests import Requests
from flat_plugin.workload.resolve import Layers
from flat_plugin.workload.widths import EVERY, OF_ATTENTION, PARTS, part_of

# An operator, its mapping and the dimensions of the loops it shares -> the mapping that counts (the
# one given, or a better one that was searched for) and its result.
Evaluate = Callable[[Einsum, OperatorMapping, tuple[str, ...]], tuple[OperatorMapping, OperatorResult]]


Mapped = Callable[[Attention], FusedMapping]
"""The fused mapping of an attention layer."""


def estimate_layers(question: Question, mapped: Mapped, evaluate: Evaluate) -> Estimate:
    """Cycles, energy and traffic of a workload whose attention layers are mapped as ``mapped`` says.

    Raises:
        InvalidMapping: what must be on chip together does not fit.
        FlatError: a block or model is asked for and the workload is only an attention layer.
    """
    workload, level = question.workload, question.level
    if workload.trace is not None and level == "attention":
        return trace_answer(question, workload.trace)
    if level != "attention" and workload.block is None:
        raise FlatError(
            "a block or model is needed for this level", path="level", value=level, expected="attention"
        )
    whole = _Whole(question, cache(mapped), evaluate)
    if workload.block is None:
        answer = whole.attention(workload.attention)
    elif level == "attention":
        answer = whole.attentions(workload.block)
    elif level == "block":
        answer = whole.block(workload.block)
    else:
        answer = whole.model(workload)
    answer = replace(answer, notes=(*workload.notes, *answer.notes, *_of_products(workload, level)))
    answer = noted(answer, question, whole.vector) if level != "attention" else answer
    return _of_requests(answer, question) if len(workload.requests) > 1 else answer


def counted_products(
    question: Question, counted: Sequence[Counted], mapped: Mapped, evaluate: Evaluate
) -> list[Work]:
    """Products beside a question's attention, one by one."""
    return _Whole(question, mapped, evaluate).products(counted, question.workload.attention)


def _of_requests(answer: Estimate, question: Question) -> Estimate:
    """The answer of several kinds of requests: it has the mapping of the first kind alone, which names it."""
    name = question.dataflow.name if question.dataflow else answer.dataflow
    note = f"the mapping and its capacity are of the attention of {question.workload.requests[0]}"
    return replace(answer, dataflow=name, notes=(*answer.notes, note))


def _noted(answer: Estimate, note: str) -> Estimate:
    return replace(answer, notes=(*answer.notes, note))


def _of_products(workload: Layers, level: str) -> Iterator[str]:
    """What to say of widths that only products around the attention have, unless all have one; and of parts
    of the weights that no block has."""
    widths = workload.attention.widths
    given = [name for name, bits in widths if name not in OF_ATTENTION and bits is not None]
    every = {*EVERY} <= widths.to_dict().keys()
    if level == "attention" and given and not every:
        yield f"widths of {' and '.join(given)} are of products around the attention: --level block has them"
    if workload.blocks and {*PARTS.values()} & {*given}:
        parts = {part_of(product.name) for _, block in workload.blocks for _, product in block.around()}
        if idle := [name for part, name in PARTS.items() if name in given and part not in parts]:
            yield f"without effect: no product has weights of the width {' or '.join(idle)}"


@dataclass(frozen=True)
class _Whole:
    """What the kinds of block of one workload have in common."""

    question: Question
    mapped: Mapped
    evaluate: Evaluate
    nests: dict[tuple[Einsum, Attention], OperatorMapping] = field(default_factory=dict)
    layers: dict[Attention, Estimate] = field(default_factory=dict)

    @property
    def architecture(self) -> Architecture:
        return self.question.platform.architecture

    @property
    def energies(self) -> EnergyTable:
        return self.question.platform.energies

    @property
    def vector(self) -> VectorWork:
        """Who does what is element-wise."""
        return VectorWork(self.question.platform, self.question.setting)

    def attention(self, attention: Attention) -> Estimate:
        """One attention layer; kinds of layer that attend alike are evaluated once."""
        if attention not in self.layers:
            evaluated = self._sharing if attention.mask.shared else self._attention
            self.layers[attention] = evaluated(attention)
        return self.layers[attention]

    def _sharing(self, attention: Attention) -> Estimate:
        """Requests that share keys: as one sequence, or each for itself where that costs less."""
        each = self._attention(apart(attention))
        if self.question.searched:
            return _noted(each, "each request fetches the shared keys by itself: searches know no other way")
        try:
            whole = self._attention(attention)
        except InvalidMapping as error:
            return _noted(each, f"each request fetches the shared keys by itself: together {error}")
        if cost_of(whole) <= cost_of(each):
            return whole
        ratio = cost_of(whole) / cost_of(each)
        measure = "cycles" if each.energy_pj is None else "energy-delay"
        note = f"each request fetches the shared keys by itself: together takes {ratio:.2f}× the {measure}"
        return _noted(replace(each, limits=whole.limits), note)

    def _attention(self, attention: Attention) -> Estimate:
        """One attention layer; under a mask engines evaluate what touches most of it."""
        counted = self.question.counted(attention)
        fused = self.mapped(counted)
        shared = tuple(d for d, _ in fused.trips) if fused.dataflow.fused else ()
        widest = masked_layer(counted, self.architecture, fused, self.energies).widest
        answers = {e.name: self.evaluate(e, fused[e.name], shared) for e in widest.einsums(fused.held)}
        fused = replace(fused, operators=tuple((name, mapping) for name, (mapping, _) in answers.items()))
        results = [result for _, result in answers.values()]
        name, setting = self.question.workload.name, self.question.setting
        beside = (self.architecture, fused, results, self.energies, setting)
        answer = attention_estimate(name, attention, *beside)
        return behind_choosing(answer, counted, fused, self.architecture, self.energies)

    def attentions(self, block: Block) -> Estimate:
        """The attention of a block, of all requests of a step one after the other."""
        parts = [self.attention(each) for each in block.attentions]
        limits = reduce(add, (part.limits for part in parts))
        return replace(joined(parts, self.architecture), limits=limits)

    def block(self, block: Block) -> Estimate:
        """An attention layer, and the products around it one after the other."""
        around = self.around(block)
        answer = with_operators(self.attentions(block), around, self.architecture)
        return self._noted(answer, block.around(), block.attention)

    def _noted(self, answer: Estimate, counted: Sequence[Counted], beside: Attention) -> Estimate:
        """The answer with what is to be said of the widths of products around the attention."""
        einsums = [beside.widths.product(einsum) for _, einsum in counted]
        notes = width_notes(einsums, self.architecture.compute, self.energies)
        return replace(answer, notes=tuple(dict.fromkeys((*answer.notes, *notes))))

    def model(self, workload: Layers) -> Estimate:
        """All kinds of block, and the sections beside them."""
        kinds = workload.blocks
        stacks = [repeated(self.block(block), times, self.architecture) for times, block in kinds]
        stacks = _told(stacks, workload.kinds)
        parts = [
            part
            for name, (times, block), stack in zip(workload.kinds, kinds, stacks, strict=True)
            for part in self._kinds(name, times, block, stack, workload.requests)
        ]
        answer = added(stacks, self.architecture)
        for section, counted in workload.beside:
            attention = workload.attention
            if section.wide:
                attention = replace(attention, widths=replace(attention.widths, W=None))
            works = self.products(counted, attention)
            parts.append(Kind.of(section.name, section.times, works))
            answer = with_operators(answer, works, self.architecture)
            answer = self._noted(answer, counted, attention)
        if norms := self.vector.works(workload.norms, workload.attention.widths):
            parts.append(Kind.of("norms beside the layers", len(norms), norms))
            answer = with_operators(answer, norms, self.architecture)
        if workload.requests:
            step = step_of(workload, self.architecture, self.question.understood)
            answer = replace(answer, step=step)
        return replace(answer, kinds=tuple(parts))

    def _kinds(
        self, name: str, times: int, block: Block, stack: Estimate, requests: Sequence[Requests]
    ) -> Iterator[Kind]:
        """What a kind of layer takes; of a step of serving, its requests and its products apart."""
        if not requests:
            yield Kind.of(name, times, stack.operators.values(), stack.cycles)
            return
        for each, attention in zip(requests, block.attentions, strict=True):
            own = repeated(self.attention(attention), times, self.architecture)
            yield Kind.of(f"{name}, attention of {each}", times, own.operators.values(), own.cycles)
        works = [work * times for work in self.around(block)]
        yield Kind.of(f"{name}, products", times, works)

    def around(self, block: Block) -> list[Work]:
        """Everything around the attention of a block: products, and what is element-wise."""
        steps = self.vector.works(steps_of(block), block.attention.widths)
        return [*self.products(block.around(), block.attention), *steps]

    def products(self, counted: Sequence[Counted], beside: Attention) -> list[Work]:
        """Products one by one, under what the architecture fixes of them and of the attention beside."""
        works = []
        for times, product in counted:
            einsum = beside.widths.product(product)
            _, result = self.evaluate(einsum, self._nest(einsum, beside), ())
            works.append(work_of(result, self.architecture) * times)
        return works

    def _nest(self, einsum: Einsum, beside: Attention) -> OperatorMapping:
        """The mapping of a product, which is that of all products of its shape."""
        shape = (replace(einsum, name="product"), beside)
        if shape not in self.nests:
            fixed = of_architecture(einsum, self.architecture, beside.einsums())
            gemm = map_gemm(einsum, self.architecture, self.energies, fixed)
            self.nests[shape] = gemm[einsum.name]
        return self.nests[shape]


def _told(stacks: Sequence[Estimate], names: Sequence[str]) -> list[Estimate]:
    """Stacks of layers whose notes say which layers they are of, unless they are of all."""
    common = set(stacks[0].notes).intersection(*(stack.notes for stack in stacks))
    return [
        replace(stack, notes=tuple(n if n in common else f"{name}: {n}" for n in stack.notes))
        for name, stack in zip(names, stacks, strict=True)
    ]


def evaluated_by(name: str, tool: str, answer: Estimate, *notes: str) -> Estimate:
    """The estimate with the engine that evaluated its operators, and what is to be said of that."""
    if name == "native":
        return answer
    return replace(answer, engine=name, notes=(*answer.notes, f"operators evaluated by {tool}", *notes))
