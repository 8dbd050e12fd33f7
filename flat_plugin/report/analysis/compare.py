"""Two results side by side, and what explains the difference: parts that add up to it, largest first.

Energy is cut into operator × component × tensor, DRAM traffic into operator × tensor × direction. The
latency is cut into what it waits for: of operators that wait for each other, each one's cycles at the
resource that bounds it; of fused ones, which overlap, the busy cycles of the resource (or the chain of
two) that bounds them all, operator by operator, and what is left over, the first tile's way in and the
last one's way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from flat_plugin.model.estimate import Estimate
from flat_plugin.report.read.parts import cycles_around, parts_of, scope_of
from flat_plugin.shown import Shown
from flat_plugin.wording import counted

Key = tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """One of the two: a name, the machine-readable estimate, and whether softmax holds up the array.

    ``word_bits`` are those of DRAM's words, which are a tensor's too where it does not say others.
    """

    name: str
    estimate: Mapping[str, Any]
    softmax: str | None = None
    word_bits: float = 16

    @property
    def workload(self) -> Mapping[str, Any] | None:
        """What was understood of it."""
        found: Mapping[str, Any] | None = self.estimate.get("workload")
        return found


_ROUNDING = 1e-12  # of the sums that the two sides are


@dataclass(frozen=True)
class Cause:
    """One part of a figure in A and in B; 0 where it does not occur."""

    what: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        return self.b - self.a

    def to_dict(self) -> dict[str, object]:
        return {"what": self.what, "a": self.a, "b": self.b, "difference": self.difference}


@dataclass(frozen=True)
class Figure:
    """One figure of both, and the causes of its difference, largest first; they add up to it.

    A side without energies has no such figure (None), and then there is no difference to explain.
    """

    name: str
    unit: str
    a: float | None
    b: float | None
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> float | None:
        return None if self.a is None or self.b is None else self.b - self.a

    @property
    def ratio(self) -> float | None:
        """B over A; None where A is nothing, or one of them is not known."""
        return self.b / self.a if self.a and self.b is not None else None

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "a": self.a,
            "b": self.b,
            "difference": self.difference,
            "ratio": self.ratio,
            "causes": [cause.to_dict() for cause in self.causes],
        }


@dataclass(frozen=True, repr=False)
class Difference(Shown):
    """Two results; ``settings`` are what they were asked for with, where that differs."""

    a: Side
    b: Side
    settings: tuple[tuple[str, str, str], ...]
    figures: tuple[Figure, ...]

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat compare --json`` prints."""
        return {
            "a": self.a.name,
            "b": self.b.name,
            "workload": {"a": self.a.workload, "b": self.b.workload},
            "settings": [{"name": name, "a": a, "b": b} for name, a, b in self.settings],
            "figures": [figure.to_dict() for figure in self.figures],
        }


def side(answer: Estimate, name: str) -> Side:
    """An estimate under a name."""
    return Side(name, answer.to_dict(), answer.softmax, answer.dram_word_bits)


def difference(a: Side, b: Side) -> Difference:
    """Latency, energy and DRAM traffic of two results."""
    names = ("model", "level", "architecture", "dataflow", "engine", "bound", "stage")
    pairs = ((name, _plain(a.estimate[name]), _plain(b.estimate[name])) for name in names)
    settings = [(name, one, other) for name, one, other in pairs if one != other]
    if a.softmax != b.softmax:
        settings.append(("softmax", str(a.softmax), str(b.softmax)))
    figures = (
        _figure("latency", "s", a, b, _seconds),
        _energy(a, b),
        _figure("DRAM traffic", "bytes", a, b, _bytes),
    )
    return Difference(a, b, tuple(settings), figures)


def waits(answer: Mapping[str, Any], softmax: str | None = None) -> dict[Key, float]:
    """Cycles by (operator, resource) that the latency waits for; they add up to it."""
    operators: Mapping[str, Any] = answer["operators"]
    alone = [name for name in operators if scope_of(name) != "attention"]
    together = [name for name in operators if scope_of(name) == "attention"]
    found: dict[Key, float] = {
        (name, _busiest(operators[name])): float(operators[name]["cycles"]) for name in alone
    }
    left = float(answer["cycles"]) - cycles_around({name: work["cycles"] for name, work in operators.items()})
    one_by_one = sum(float(operators[name]["cycles"]) for name in together)
    if isclose(left, one_by_one, rel_tol=1e-9):
        for name in together:
            found[name, _busiest(operators[name])] = float(operators[name]["cycles"])
        return found
    bound = _bound({name: operators[name] for name in together}, left, softmax)
    for name in together:
        for resource in bound:
            busy = operators[name]["components"].get(resource, {}).get("busy_cycles", 0.0)
            if busy:
                found[name, resource] = float(busy)
    found["first tile in, last tile out", ""] = float(answer["cycles"]) - sum(found.values())
    return found


def _bound(operators: Mapping[str, Any], cycles: float, softmax: str | None) -> tuple[str, ...]:
    """The resource that is busiest over fused operators, or the array and the softmax unit in a chain."""
    busy: dict[str, float] = {}
    for work in operators.values():
        for name, component in work["components"].items():
            busy[name] = busy.get(name, 0.0) + component["busy_cycles"]
    chains: list[tuple[str, ...]] = [(name,) for name in busy]
    if softmax not in ("overlapped", "array") and "softmax" in operators:
        chains.append((_computing(operators["logit"]), _computing(operators["softmax"])))
    lengths = {chain: sum(busy[name] for name in chain) for chain in chains}
    return max((c for c in chains if lengths[c] <= cycles * (1 + 1e-9)), key=lambda chain: lengths[chain])


def _computing(work: Mapping[str, Any]) -> str:
    """The component that computes: its energy belongs to no tensor."""
    return next(key.rpartition(".")[0] for key in work["energy_by_tensor_pj"] if key.endswith(".compute"))


def _busiest(work: Mapping[str, Any]) -> str:
    components = work["components"]
    return str(max(components, key=lambda name: components[name]["busy_cycles"]))


def _seconds(side: Side) -> dict[Key, float]:
    cycle = side.estimate["seconds"] / side.estimate["cycles"]
    return {key: cycles * cycle for key, cycles in waits(side.estimate, side.softmax).items()}


def _energy(a: Side, b: Side) -> Figure:
    one, other = (side.estimate["energy_pj"] for side in (a, b))
    if one is None or other is None:
        return Figure("energy", "pJ", one, other, ())
    return _figure("energy", "pJ", a, b, _energies)


def _energies(side: Side) -> dict[Key, float]:
    parts = parts_of(side.estimate)
    return {(p.operator, p.component, p.tensor): p.energy_pj for p in parts if p.energy_pj is not None}


def _bytes(side: Side) -> dict[Key, float]:
    return {
        (operator, f"{tensor} {direction}"): words[field] * words.get("bits", side.word_bits) / 8
        for operator, work in side.estimate["operators"].items()
        for tensor, words in work["tensors"].items()
        for direction, field in (("read", "dram_reads"), ("written", "dram_writes"))
        if words[field]
    }


def _figure(name: str, unit: str, a: Side, b: Side, cut: Callable[[Side], Mapping[Key, float]]) -> Figure:
    one, other = cut(a), cut(b)
    causes = [
        Cause(": ".join(filter(None, (key[0], " ".join(key[1:])))), one.get(key, 0.0), other.get(key, 0.0))
        for key in dict.fromkeys((*one, *other))
    ]
    changed = [cause for cause in causes if not isclose(cause.a, cause.b, rel_tol=_ROUNDING)]
    changed.sort(key=lambda cause: -abs(cause.difference))
    return Figure(name, unit, sum(one.values()), sum(other.values()), tuple(changed))


def _plain(value: object) -> str:
    return (
        " ".join(map(str, value))
        if isinstance(value, Sequence) and not isinstance(value, str)
        else str(value)
    )


def shown(causes: Iterable[Cause], count: int) -> tuple[list[Cause], Cause | None]:
    """The first causes, and the rest as one, so that what is printed still adds up."""
    every = list(causes)
    rest = every[count:]
    if not rest:
        return every, None
    what = counted(len(rest), "smaller one")
    return every[:count], Cause(what, sum(cause.a for cause in rest), sum(cause.b for cause in rest))
