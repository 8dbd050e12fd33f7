"""What a trace of fetched keys and values costs: every step and layer as unfused operators of its heads.

Heads of a step and layer that fetch alike run as one layer of these heads, with one query: logit over the
keys, softmax, attend over the values. Where a row computes its scores once more with further bits of its
keys, so do the operators (``logit_again``, ``softmax_again``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.platform import Platform
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.model.chain import total_busy, total_energy, unfused_latency
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.model.operator_work import Work
from flat_plugin.model.widths import softmax_notes, width_notes
from flat_plugin.plain import known
from flat_plugin.shown import Shown
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.trace import FULL_BITS, Fetched, Trace
from flat_plugin.workload.widths import OF_ATTENTION, Widths

AGAIN = "_again"


@dataclass(frozen=True)
class Counted:
    """Keys, values, their bits, and multiply-accumulates; ``dense`` ones are of all keys, not quantised.

    Attributes:
        keys, values: that are fetched.
        kv_bits, macs: fetched and computed, each key once.
        again_bits, again_macs: of keys of which further bits are fetched, and the scores computed once more.
    """

    keys: int
    values: int
    kv_bits: float
    dense_kv_bits: float
    macs: int
    dense_macs: int
    again_bits: int
    again_macs: int

    @property
    def bits_ratio(self) -> float:
        return self.kv_bits / self.dense_kv_bits

    @property
    def macs_ratio(self) -> float:
        return self.macs / self.dense_macs

    def to_dict(self) -> dict[str, float]:
        return {**asdict(self), "kv_bits_ratio": self.bits_ratio, "macs_ratio": self.macs_ratio}


def counted(heads: Mapping[Fetched, int], full: tuple[float, float]) -> Counted:
    """The figures of these heads; ``full`` are bits of a key's and of a value's word, not quantised."""
    rows = list(heads.items())
    return Counted(
        sum(times * head.keys for head, times in rows),
        sum(times * head.values for head, times in rows),
        sum(times * head.bits(full) for head, times in rows),
        sum(times * head.dense_bits(full) for head, times in rows),
        sum(times * head.macs for head, times in rows),
        sum(times * head.dense_macs for head, times in rows),
        sum(times * head.again_bits for head, times in rows),
        sum(times * head.again_macs for head, times in rows),
    )


@dataclass(frozen=True)
class Cost:
    """All steps: cycles and seconds, energy in pJ (None without a table), bytes of the outermost memory."""

    cycles: float
    seconds: float
    energy_pj: float | None
    dram_bytes: float


@dataclass(frozen=True, repr=False)
class TraceEstimate(Shown):
    """A trace on an architecture.

    Attributes:
        trace: name of its file.
        full_bits: of a key's and of a value's word where the table says that it is not quantised.
        total: keys, values, bits and multiply-accumulates of all rows; ``layers`` those of each layer.
        cost: what it takes; ``dense`` what all keys and values, not quantised, take.
        operators: the parts of the cost, by name; their words are of several widths, and are not added up.
        dram_bytes: read from and written to the outermost memory, by tensor.
        bound: the component that most cycles wait for.
    """

    trace: str
    architecture: str
    steps: int
    heads: int
    full_bits: tuple[float, float]
    total: Counted
    layers: Mapping[int, Counted]
    cost: Cost
    dense: Cost
    operators: Mapping[str, Work]
    dram_bytes: Mapping[str, float]
    bound: str
    softmax: str
    energy_source: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat estimate --trace FILE --json`` prints."""
        works = self.operators.values()
        busy = total_busy(works)
        return {
            "trace": self.trace,
            "architecture": self.architecture,
            "softmax": self.softmax,
            "steps": self.steps,
            "heads": self.heads,
            "full_bits": dict(zip(("K", "V"), self.full_bits, strict=True)),
            **self.total.to_dict(),
            **asdict(self.cost),
            "bound": self.bound,
            "dense": asdict(self.dense),
            "layers": {str(layer): found.to_dict() for layer, found in self.layers.items()},
            "tensors": {name: {"dram_bytes": moved} for name, moved in self.dram_bytes.items()},
            "operators": {name: _operator(work) for name, work in self.operators.items()},
            "components": {
                name: {"energy_pj": known(energy), "busy_cycles": busy.get(name, 0.0)}
                for name, energy in total_energy(works).items()
            },
            "energy_source": self.energy_source,
            "notes": list(self.notes),
        }


def _operator(work: Work) -> dict[str, object]:
    return {"cycles": work.cycles, "energy_pj": known(work.energy_pj), "computes": work.computes}


def traced(trace: Trace, platform: Platform, softmax: str, widths: Widths) -> TraceEstimate:
    """A trace's cost.

    Args:
        widths: bits of words; of Q, K and V those that the table leaves as they are, 12 if not given.

    Raises:
        InvalidMapping: a row does not fit the memories.
        FlatError: a width of what a trace has not, or the architecture has no softmax unit that it needs.
    """
    widths = trace_widths(widths)
    runner, full = Runner(platform, softmax, widths), (widths.K or 0.0, widths.V or 0.0)
    works, dense = list(runner.works(trace)), list(runner.works(trace, dense=True))
    if not works:
        raise FlatError("no key is fetched", path=trace.name, expected="a row with 1 key or more")
    operators, hardware = summed(works), platform.architecture
    by_layer = {
        layer: counted(_together(c for (_, own), c in trace.heads.items() if own == layer), full)
        for layer in trace.layers
    }
    everything = _together(trace.heads.values())
    return TraceEstimate(
        trace.name,
        hardware.name,
        trace.steps,
        everything.total(),
        full,
        counted(everything, full),
        by_layer,
        runner.cost(works),
        runner.cost(dense),
        operators,
        _dram_bytes(works, hardware),
        unfused_latency(works).bound,
        softmax,
        platform.energies.source,
        (*runner.notes(), *remarks(trace)),
    )


def trace_widths(given: Widths) -> Widths:
    """Of words that a table leaves as they are: those that are given, and 12 bits of Q, K and V.

    Raises:
        FlatError: a width of what a trace has not.
    """
    for name, bits in given:
        if name not in OF_ATTENTION and bits is not None:
            message = "a trace has no products around the attention"
            raise FlatError(message, path=f"bits.{name}", value=bits, expected="widths of Q, K, V, S and O")
    return given.over(Widths(Q=FULL_BITS, K=FULL_BITS, V=FULL_BITS))


def remarks(trace: Trace) -> Iterator[str]:
    """What is to be said of the table; over how many keys its choices are made is no column of it."""
    if trace.choices:
        yield f"what chooses the keys ({trace.choices:,} times) is not counted"
    if trace.missing:
        rows = sum(times for times, _ in trace.rows)
        yield (
            f"not every head of every layer has a row in every step: {trace.missing:,} rows are not there "
            f"beside the {rows:,}"
        )


class Runner:
    """Evaluates what heads fetch, kinds that are alike once, by an unfused dataflow."""

    def __init__(
        self, platform: Platform, softmax: str, widths: Widths, dataflow: Dataflow | None = None
    ) -> None:
        self._platform, self._softmax, self._widths = platform, softmax, widths
        self._dataflow = dataflow or parse_dataflow("base")
        self._notes: dict[str, None] = {}
        self._of = cache(self.layer)

    def works(self, trace: Trace, *, dense: bool = False) -> Iterator[Work]:
        """All works, in the order of steps and layers; ``dense`` ones of all keys and values."""
        times: Counter[tuple[Fetched, int]] = Counter()
        for heads in trace.heads.values():
            alike = _as_dense(heads) if dense else heads
            times.update(alike.items())
        for (head, number), count in times.items():
            for work in self._head(head, number):
                yield work * count

    def _head(self, head: Fetched, number: int) -> Iterator[Work]:
        """One step and layer of heads that fetch alike."""
        own = head.widths(self._widths)
        if head.keys:
            works = self._works(number, head.keys, head.head_dim, own)
            yield from (works[name] for name in ("logit", "softmax") if name in works)
        if head.keys and head.again:
            works = self._works(number, head.keys, head.head_dim, replace(own, K=head.again))
            for name in ("logit", "softmax"):
                if name in works:
                    yield replace(works[name], name=name + AGAIN)
        if head.values:
            yield self._works(number, head.values, head.head_dim, own)["attend"]

    def _works(self, heads: int, keys: int, head_dim: int, widths: Widths) -> Mapping[str, Work]:
        return self._of(Attention(1, heads, 1, keys, head_dim, widths=widths)).operators

    def layer(self, attention: Attention) -> Estimate:
        """A layer of one query."""
        hardware, energies = self._platform.architecture, self._platform.energies
        fused = map_dataflow(attention, hardware, self._dataflow, energies, softmax=self._softmax)
        results = [evaluate_operator(e, hardware, fused[e.name], energies) for e in attention.einsums()]
        setting = Setting(self._softmax)
        answer = attention_estimate("trace", attention, hardware, fused, results, energies, setting)
        self._notes |= dict.fromkeys(self._said(attention))
        exact = {einsum.name: einsum.operations for einsum in attention.einsums()}  # not of averages
        works = answer.operators.items()
        return replace(
            answer, operators={name: replace(w, computes=exact.get(name, w.computes)) for name, w in works}
        )

    def cost(self, works: Sequence[Work]) -> Cost:
        hardware = self._platform.architecture
        cycles = unfused_latency(works).cycles
        energy = known(sum(work.energy_pj for work in works))
        moved = sum(_dram_bytes(works, hardware).values())
        return Cost(cycles, cycles * hardware.cycle_seconds, energy, moved)

    def _said(self, attention: Attention) -> list[str]:
        """What is to be said of a layer; not that the steps' narrow operators leave units without work."""
        hardware, energies = self._platform.architecture, self._platform.energies
        said = [*hardware.notes, *width_notes(attention.einsums(), hardware.compute, energies)]
        return [*said, *softmax_notes(attention, hardware, self._softmax), *energies.notes]

    def notes(self) -> tuple[str, ...]:
        """What is to be said of any layer, once."""
        return tuple(self._notes)


def _together(heads: Iterable[Mapping[Fetched, int]]) -> Counter[Fetched]:
    found: Counter[Fetched] = Counter()
    for alike in heads:
        found.update(alike)
    return found


def _as_dense(heads: Mapping[Fetched, int]) -> Counter[Fetched]:
    """The same heads with all their keys and values, not quantised."""
    found: Counter[Fetched] = Counter()
    for head, times in heads.items():
        found[Fetched(head.head_dim, head.length, head.length, head.length)] += times
    return found


def _dram_bytes(works: Iterable[Work], hardware: Architecture) -> dict[str, float]:
    """Read from and written to the outermost memory, by tensor."""
    found: dict[str, float] = {}
    for work in works:
        for name, words in work.traffic.items():
            found[name] = found.get(name, 0.0) + words.bytes(0, hardware.memories[0].word_bits)
    return found


def summed(works: Iterable[Work]) -> dict[str, Work]:
    """By name, in the order in which a head runs them."""
    found: dict[str, Work] = {}
    for work in works:
        found[work.name] = found[work.name] + work if work.name in found else work
    order = ("logit", "softmax", f"logit{AGAIN}", f"softmax{AGAIN}", "attend")
    return {name: found[name] for name in order if name in found}
