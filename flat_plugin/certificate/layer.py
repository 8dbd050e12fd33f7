"""What no mapping of an attention layer goes below: two operators and their softmax.

A part of a fused family is what an iteration of the shared loops may cover. Each operator is bounded by
itself, as if it had all the room that the scores leave; the softmax is the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, prod

import numpy as np

from flat_plugin.architecture.platform import Platform
from flat_plugin.certificate.operator import Front, front_of
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import energy_prices, word_prices
from flat_plugin.certificate.units import Array
from flat_plugin.model.operator_work import Work
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import Place, Site, unfused_site
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

Tile = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class LayerPart:
    """Mappings of a layer that have this in common.

    Attributes:
        softmax: free, serial, overlapped or array.
        fused: whether the operators share loops, and the scores stay in the memory below the outermost one.
        perfect: tiles divide, and that memory keeps everything but the scores of the outermost.
        online: whether rows are corrected, so that keys may be shared too.
        heads: problems whose scores are there together.
        tile: dimension -> (least, most) rows of an iteration of the shared loops; all if not named.
    """

    attention: Attention
    platform: Platform
    softmax: str = "serial"
    fused: bool = False
    perfect: bool = False
    online: bool = False
    heads: int = 1
    tile: Tile = field(default_factory=dict)

    def operator(self, einsum: Einsum) -> Part:
        """What is said of one operator."""
        names = [t.name for t in einsum.tensors]
        chip, held = self.platform.architecture, self.held(einsum)
        if not self.fused:
            return Part(einsum, chip, self.perfect, held, copies=dict.fromkeys(names, 2.0))
        return Part(
            einsum,
            chip,
            self.perfect,
            held,
            home={name: 1 for name in names if name in "SP"},
            tile={d: rows for d, rows in self.tile.items() if d in einsum.sizes},
            copies={name: 0.0 if name in "SP" else 2.0 for name in names},
            taken=self.scores,
        )

    def held(self, einsum: Einsum) -> frozenset[str]:
        """Tensors that the memory below the outermost one keeps: all if tiles divide; sums if corrected."""
        return frozenset(t.name for t in einsum.tensors if self.perfect or (self.online and t.name == "O"))

    @property
    def scores(self) -> int:
        """Words of the scores of one shared iteration, at least; with a maximum and a sum a row if online."""
        sizes = self.attention.logit().sizes
        least = {d: self.tile.get(d, (sizes[d], sizes[d]))[0] for d in ("G", "M", "N") if d in sizes}
        keys = least.pop("N")
        rows = prod(least.values()) * self.heads
        return rows * keys + (2 * rows if self.online else 0)

    def work(self) -> Work | None:
        """The softmax, at least; None where it is free."""
        if self.softmax == "free":
            return None
        attention, architecture = self.attention, self.platform.architecture
        site = self._site() if self.fused else unfused_site(attention, architecture)
        through = 0.0 if self.fused else 1.0
        on_array, energies = self.softmax == "array", self.platform.energies
        return softmax_of(attention, architecture, energies, site, through_dram=through, on_array=on_array)

    def _site(self) -> Site:
        keys = self.attention.keys
        place = Place(1, self.attention.score_rows, keys)
        tiles = -(-keys // self.tile.get("N", (keys, keys))[1])
        return Site(place, place, key_tiles=tiles if self.online else None, busiest_tiles=tiles)


@dataclass(frozen=True)
class Bounded:
    """What nothing goes below, and how many choices of what units do were bounded to find that out."""

    least: float
    choices: int


def bounded(part: LayerPart, objective: str, target: float = inf) -> Bounded:
    """A bound of an objective: pJ × cycles, pJ, cycles, or words of the outermost memory.

    Args:
        target: what is to be ruled out: the bound is close below it, and says no more than that above it;
            loose if it is not given.
    """
    operators = [part.operator(einsum) for einsum in part.attention.einsums()]
    architecture, work = part.platform.architecture, part.work()
    moved = [front_of(operator, word_prices(architecture)) for operator in operators]
    choices = sum(front.choices for front in moved)
    if not all(len(front.cost) for front in moved):
        return Bounded(inf, choices)
    words = [float(front.cost.min()) for front in moved]
    if objective == "traffic":
        softmax = sum(traffic.dram for traffic in work.traffic.values()) if work else 0.0
        return Bounded(sum(words) + softmax, choices)
    chain = _Chain(part, work, words)
    if objective == "latency":
        return Bounded(chain.least(objective, moved), choices)
    prices = energy_prices(architecture, part.platform.energies)
    fronts = [front_of(operator, prices) for operator in operators]
    choices += sum(front.choices for front in fronts)
    if (loose := chain.least(objective, fronts)) >= target or target == inf:
        return Bounded(loose, choices)
    for n, operator in enumerate(operators):
        fronts[n] = front_of(operator, prices, chain.worth(objective, target, n, fronts[1 - n]))
    close = min(chain.least(objective, fronts), target)
    return Bounded(max(loose, close), choices + sum(front.choices for front in fronts))


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
        architecture = self.part.platform.architecture
        outer = architecture.memories[0]
        ports = [words / outer.shared_bandwidth for words in self.words]
        busy = self.work.busy if self.work else {}
        if not self.part.fused:
            waits = self.work.cycles if self.work else 0.0
            return np.maximum(first, ports[0]) + np.maximum(second, ports[1]) + waits
        unit, compute = architecture.softmax, architecture.compute.name
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
            return np.full_like(steps, best - rest)

        return energy

    def least(self, objective: str, fronts: list[Front]) -> float:
        first, second = fronts
        cycles = self.cycles(first.steps[:, None], second.steps[None, :])
        energy = self.energy + first.cost[:, None] + second.cost[None, :]
        value = {"edp": energy * cycles, "energy": energy, "latency": cycles}[objective]
        return float(value.min(initial=inf))
