"""What no mapping of an attention layer goes below: two operators and their softmax.

A part of a fused family is one memory for the scores, one way to lie on the cores outside it, and one tile of
the shared loops. Each operator is bounded by itself, as if it had all the room that the scores leave; the
softmax is the model's own. Unfused, a part is a way to lie on the cores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, prod

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.certificate.operator import Front, front_of
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import energy_prices, word_prices
from flat_plugin.certificate.units import Array
from flat_plugin.errors import FlatError
from flat_plugin.model.operator_work import Work
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import Place, Site, unfused_site
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

OBJECTIVES = ("edp", "energy", "latency", "traffic")


@dataclass(frozen=True)
class LayerPart:
    """Mappings of a layer that have this in common. Memories are numbered from the outermost, 0.

    Attributes:
        softmax: free, serial, overlapped or array.
        meeting: the memory of the scores; 0 where the operators are not fused.
        cores: memory -> dimension -> children side by side, for the fan-outs that both operators share.
        tile: dimension -> rows of one iteration of the shared loops in one core.
        online: whether rows are corrected, so that keys may be shared too.
    """

    attention: Attention
    architecture: Architecture
    energies: EnergyTable
    softmax: str = "serial"
    meeting: int = 0
    cores: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    tile: Mapping[str, int] = field(default_factory=dict)
    online: bool = False

    def operator(self, einsum: Einsum) -> Part:
        """What is said of one operator."""
        part = Part(einsum, self.architecture, self.energies, self.cores)
        if not self.meeting:
            return replace(part, copies={1: dict.fromkeys((t.name for t in einsum.tensors), 2.0)})
        scores = next(t.name for t in einsum.tensors if t.name in "SP")
        double = {t.name: 0.0 if t.name == scores else 2.0 for t in einsum.tensors}
        inside = range(self.meeting, len(self.architecture.memories))
        return replace(
            part,
            home={scores: self.meeting},
            most=dict.fromkeys(inside, {d: n for d, n in self.tile.items() if d in einsum.sizes}),
            copies=dict.fromkeys(range(1, self.meeting + 1), double),
            taken={self.meeting: self.scores},
        )

    @property
    def scores(self) -> int:
        """Words of the scores of one shared iteration; online, a maximum and a sum a row besides."""
        sizes = self.attention.logit().sizes
        rows = prod(self.tile.get(d, sizes[d]) for d in ("G", "M") if d in sizes)
        keys = self.tile.get("N", sizes["N"])
        return rows * keys + (2 * rows if self.online else 0)

    def work(self) -> Work | None:
        """The softmax; None where it is free."""
        if self.softmax == "free":
            return None
        site = self._site() if self.meeting else unfused_site(self.attention, self.architecture)
        return softmax_of(
            self.attention,
            self.architecture,
            self.energies,
            site,
            through_dram=0.0 if self.meeting else 1.0,
            on_array=self.softmax == "array",
        )

    def _site(self) -> Site:
        sizes = self.attention.logit().sizes
        over = {d: prod(choice.get(d, 1) for choice in self.cores.values()) for d in sizes}
        rows = prod(-(-sizes[d] // over[d]) for d in sizes if d not in ("N", "D"))
        place = Place(self.meeting, rows, self.attention.keys, (prod(over.values()), 1))
        tiles = -(-self.attention.keys // self.tile.get("N", self.attention.keys))
        return Site(place, place, key_tiles=tiles if self.online else None, busiest_tiles=tiles)


def least_of(part: LayerPart, objective: str, best: float = inf) -> float:
    """A bound of an objective: pJ × cycles, pJ, cycles, or words of the outermost memory.

    Args:
        best: what is known to be reached; the bound is close below it, and loose where it is not given.

    Raises:
        FlatError: no such objective; keys in several cores.
    """
    if objective not in OBJECTIVES:
        raise FlatError("no such bound", path="objective", value=objective, expected=", ".join(OBJECTIVES))
    if any("N" in choice for choice in part.cores.values()) and part.meeting:
        raise FlatError("keys in several cores are not bounded", path="cores.N", expected="B, H, G or M")
    operators = [part.operator(einsum) for einsum in part.attention.einsums()]
    work = part.work()
    if objective == "traffic":
        moved = sum(traffic.dram for traffic in work.traffic.values()) if work else 0.0
        return moved + sum(_words(operator) for operator in operators)
    prices = energy_prices(part.architecture, part.energies)
    loose = [front_of(operator, prices) for operator in operators]
    chain = _Chain(part, work, [_words(operator) for operator in operators])
    if not all(len(front.cost) for front in loose):
        return inf
    if best == inf:
        return chain.least(objective, loose)
    close = [
        front_of(operator, prices, chain.worth(objective, best, n, loose[1 - n]))
        for n, operator in enumerate(operators)
    ]
    return chain.least(objective, close)


def _words(operator: Part) -> float:
    return float(front_of(operator, word_prices(operator.architecture)).cost.min(initial=inf))


@dataclass(frozen=True)
class _Chain:
    """How two operators and a softmax add up; ``words`` are those of the outermost memory of each."""

    part: LayerPart
    work: Work | None
    words: list[float]

    @property
    def energy(self) -> float:
        return self.work.energy_pj if self.work else 0.0

    def cycles(self, first: Array, second: Array) -> Array:
        """Cycles of the layer, at least, with these of the array."""
        outer = self.part.architecture.memories[0]
        ports = [words / outer.shared_bandwidth for words in self.words]
        busy = self.work.busy if self.work else {}
        if not self.part.meeting:
            waits = self.work.cycles if self.work else 0.0
            return np.maximum(first, ports[0]) + np.maximum(second, ports[1]) + waits
        unit, compute = self.part.architecture.softmax, self.part.architecture.compute.name
        lanes = busy.get(unit.name, 0.0) if unit else 0.0
        steps = first + second + busy.get(compute, 0.0)
        array = steps + lanes if self.part.softmax == "serial" else np.maximum(steps, lanes)
        return np.maximum(array, sum(ports) + busy.get(outer.name, 0.0))

    def worth(self, objective: str, best: float, number: int, other: Front) -> Callable[[Array], Array]:
        """For cycles of one operator what it may cost for the layer to be as good as the best."""
        rest = self.energy + other.cost.min()
        fewest = other.steps.min()

        def energy(steps: Array) -> Array:
            pair = (steps, fewest) if number == 0 else (fewest, steps)
            if objective == "edp":
                return best / self.cycles(*pair) - rest
            return np.full_like(steps, best - rest if objective == "energy" else -inf)

        return energy

    def least(self, objective: str, fronts: list[Front]) -> float:
        first, second = fronts
        cycles = self.cycles(first.steps[:, None], second.steps[None, :])
        energy = self.energy + first.cost[:, None] + second.cost[None, :]
        value = {"edp": energy * cycles, "energy": energy, "latency": cycles}[objective]
        return float(value.min(initial=inf))
