"""Where every figure of an operator comes from: counts as tile × times it changes × distinct children,
everything else as a product too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum, isnan

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.model.cost import Costs, accessed, action_energy
from flat_plugin.model.counts import Counts, NestAnalysis
from flat_plugin.model.derived_figures import (
    Product,
    choosing_products,
    operator_products,
    overflow_products,
    softmax_products,
)
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.explain_masked import Iteration, iterations_of, masked_products
from flat_plugin.model.mapping_batch import MappingBatch, batch_of
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.mixed_mappings import costs_of_one
from flat_plugin.model.operator import result_of
from flat_plugin.model.operator_work import work_of
from flat_plugin.model.widths import rows_per_word
from flat_plugin.plain import plain
from flat_plugin.shown import Shown
from flat_plugin.wording import counted
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor

_ACTIONS = ("read", "write", "update")


@dataclass(frozen=True)
class Nest:
    """``tile`` words go to (or come from) each child, ``deliveries`` times, to ``scatter`` children that
    need different words, but for those ``forwarded`` by a neighbour; per instance."""

    tile: int
    deliveries: int
    scatter: int
    forwarded: int


@dataclass(frozen=True)
class Derivation:
    """One level's words of one tensor, per instance.

    ``accesses`` are the product of ``nest``, which is None where tiles differ: a sum over them is no product.
    ``block`` are words of the tensor in a row of the memory (a part of one, if a row is narrower).
    ``actions`` are (action, words, accesses of a block, pJ each: not a number
    without an energy table); their sum over ``instances`` (on average) is ``energy_pj``.
    """

    level: str
    tensor: str
    accesses: int
    nest: Nest | None
    block: float
    instances: float
    actions: tuple[tuple[str, int, int, float], ...]

    @property
    def energy_pj(self) -> float:
        return self.instances * sum(times * energy for _, _, times, energy in self.actions)

    def lines(self) -> list[str]:
        """The derivation in words and numbers."""
        lines = [f"{self.level} ↔ {self.tensor}: {self._product()}"]
        updated = any(action == "update" for action, *_ in self.actions)
        for action, words, times, energy in self.actions:
            first = self.accesses - words if updated and action == "read" else 0
            sums = f" (the first {counted(first, 'sum needs no read', 'sums need no read')})" if first else ""
            per_block = f"{words:,}{sums} / {self.block:g}" if self.block != 1 else f"{words:,}{sums}"
            instances = f" × {counted(self.instances, 'instance')}" if self.instances != 1 else ""
            if isnan(energy):
                lines.append(f"  {action}: {per_block}{instances}")
                continue
            total = times * energy * self.instances
            lines.append(f"  {action}: {per_block} × {energy:g} pJ{instances} = {total / 1e6:,.3f} µJ")
        return lines

    def _product(self) -> str:
        if self.nest is None:
            return f"{self.accesses:,} words, tile by tile: the last ones are smaller"
        nest = self.nest
        product = f"tile {nest.tile:,} × {counted(nest.deliveries, 'time')} × {nest.scatter:,} distinct"
        passed = f" − {nest.forwarded:,} from neighbours" if nest.forwarded else ""
        return f"{product}{passed} = {self.accesses:,} words"


@dataclass(frozen=True)
class Steps:
    """All figures of one operator, or of what goes on between two: counts, and the other products."""

    name: str
    counts: tuple[Derivation, ...]
    products: tuple[Product, ...]

    @property
    def energy_pj(self) -> float:
        """What the lines add up to; not a number without energies."""
        spent = [product.value for product in self.products if product.unit == "pJ"]
        return fsum([*spent, *(count.energy_pj for count in self.counts)])

    def lines(self) -> list[str]:
        """Each derivation in words and numbers."""
        return [line for count in self.counts for line in count.lines()] + [p.line for p in self.products]


@dataclass(frozen=True, repr=False)
class Explanation(Shown):
    """An estimate, and the steps to it; their energies add up to the estimate's.

    ``iterations`` are those that a mask leaves, where they differ.
    """

    estimate: Estimate
    steps: tuple[Steps, ...]
    iterations: tuple[Iteration, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat explain --json`` prints."""
        return self.estimate.to_dict() | {
            "nest": fused_text(self.estimate.mapping),
            "iterations": plain(self.iterations),
            "derivations": {step.name: plain(step.counts) for step in self.steps},
            "products": {step.name: plain(step.products) for step in self.steps},
        }


_PRODUCTS = {"softmax": softmax_products, "overflow": overflow_products}


def explanation_of(
    answer: Estimate, attention: Attention, architecture: Architecture, energies: EnergyTable
) -> Explanation:
    """The steps to an estimate of an attention layer, as it is counted, by the native engine."""
    layer = masked_layer(attention, architecture, answer.mapping, energies)
    einsums = {einsum.name: einsum for einsum in layer.widest.einsums(answer.mapping.held)}
    steps = []
    for name, work in answer.operators.items():
        if name in einsums and layer.kinds is not None:
            found = masked_products(work, answer.mapping, architecture)
            steps.append(Steps(name, (), _with_figures(found)))
        elif name in einsums:
            steps.append(_operator_steps(einsums[name], architecture, answer.mapping[name], energies))
        else:
            products = _PRODUCTS.get(name, choosing_products)
            steps.append(Steps(name, (), _with_figures(products(work, architecture, energies))))
    return Explanation(answer, tuple(steps), iterations_of(layer))


def _operator_steps(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping, energies: EnergyTable
) -> Steps:
    batch = batch_of(einsum, architecture, [mapping])
    costs = costs_of_one(einsum, architecture, mapping, energies)
    result = result_of(batch, costs, 0)
    products = operator_products(einsum, result, work_of(result, architecture), architecture, energies)
    equal = einsum.plain and mapping.perfect
    return Steps(einsum.name, _derivations(batch, costs, energies, equal), _with_figures(products))


def _with_figures(products: Iterable[Product]) -> tuple[Product, ...]:
    """Products whose value is known: energies are not where there is no table."""
    return tuple(product for product in products if not isnan(product.value))


def _derivations(
    batch: MappingBatch, costs: Costs, energies: EnergyTable, equal_tiles: bool
) -> tuple[Derivation, ...]:
    """Every kept (level, tensor), outermost level first."""
    nest = NestAnalysis(batch) if equal_tiles else None
    found = []
    for i, memory in enumerate(batch.architecture.memories):
        for t, tensor in enumerate(batch.einsum.tensors):
            if batch.form.keep[i][t] and not _there(batch, i, t):
                words = dict(zip(_ACTIONS, _words(costs.counts, i, t), strict=True))
                own = _nest(nest, batch, i, t) if nest else None
                found.append(
                    Derivation(
                        memory.name,
                        tensor.name,
                        words["update" if tensor.output else "read"],
                        own,
                        _per_row(tensor, memory),
                        float(accessed(costs.counts, memory, i)[0]),
                        _actions(tensor, memory, words, energies),
                    )
                )
    return tuple(found)


def _there(batch: MappingBatch, level: int, t: int) -> bool:
    """Whether nothing passes a level because one inside it has the tensor's words already."""
    names = [memory.name for memory in batch.architecture.memories]
    inside = [names.index(name) for name in batch.einsum.tensors[t].inside]
    return any(level < place and batch.form.keep[place][t] for place in inside)


def _words(counts: Counts, level: int, tensor: int) -> tuple[int, ...]:
    return tuple(int(field[level, tensor, 0]) for field in (counts.reads, counts.fills, counts.updates))


def _nest(nest: NestAnalysis, batch: MappingBatch, level: int, tensor: int) -> Nest:
    last = _last_passed(batch.form.keep, level, tensor)
    scatter = nest.scatter[level : last + 1, tensor, 0].prod()
    tile, deliveries = nest.tiles[last + 1, tensor, 0], nest.deliveries[last, tensor, 0]
    forwarded = tile * deliveries * scatter - nest.accesses[level, tensor, 0]
    return Nest(int(tile), int(deliveries), int(scatter), int(forwarded))


def _per_row(tensor: Tensor, memory: Memory) -> float:
    """Words of a tensor in a row of a memory."""
    rows, words = rows_per_word(tensor.bits, memory)
    return words // rows if words % rows == 0 else words / rows


def _actions(
    tensor: Tensor, memory: Memory, words: dict[str, int], energies: EnergyTable
) -> tuple[tuple[str, int, int, float], ...]:
    rows, over = rows_per_word(tensor.bits, memory)
    return tuple(
        (action, count, -(-count * rows // over), action_energy(energies, memory.name, action))
        for action, count in words.items()
        if count
    )


def _last_passed(keep: tuple[tuple[bool, ...], ...], level: int, tensor: int) -> int:
    """The innermost level through which the words of ``level`` reach their next holder."""
    last = level
    while last + 1 < len(keep) and not keep[last + 1][tensor]:
        last += 1
    return last
