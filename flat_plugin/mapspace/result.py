"""The answer of a search: mappings with their estimates, and the space they are the best of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import nan
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.mapspace.declared_space import Space
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.objective import OBJECTIVES
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.estimate import Estimate
from flat_plugin.shown import Shown

_ARRAY = 32  # rows that the usual small array is wide


@dataclass(frozen=True, repr=False)
class SearchResult(Shown):
    """The best mapping by one objective.

    Attributes:
        proven: nothing else in the space is better, by more than the gap.
        interrupted: it is the best so far.
        gap: how far it may be above the optimum, as a part of the optimum; None where nothing is known.
        layer: what was searched for, and of which families.
        perfect_because: why factors are perfect, where nobody asked for that.
    """

    objective: str
    mapping: FusedMapping
    estimate: Estimate
    space: Space
    proven: bool = True
    interrupted: bool = False
    gap: float | None = 0.0
    layer: Layer | None = field(default=None, compare=False)
    families: tuple[Dataflow, ...] = ()
    perfect_because: str = ""

    @property
    def factors(self) -> str:
        """Among which it was searched: ``imperfect`` or ``perfect`` ones."""
        return "perfect" if self.mapping.dataflow.perfect else "imperfect"

    def certificate(self) -> dict[str, Any]:
        """What ``flat.check`` verifies: that no mapping of these families is better, or how much it may be.

        Raises:
            FlatError: no bounds are known of such a search.
        """
        return _certificate(self.layer, self.families, self)

    @property
    def value(self) -> float:
        """The objective: pJ × cycles, pJ, cycles, DRAM words or buffer words."""
        return figure(self.estimate, self.objective)

    @property
    def rank(self) -> tuple[float, ...]:
        """The objective, and after it the other metrics, which break ties."""
        others = (name for name in OBJECTIVES if name != self.objective)
        return (self.value, *(figure(self.estimate, name) for name in others))

    def noted(self, *notes: str) -> SearchResult:
        """The same with notes on its estimate, before all others."""
        return replace(self, estimate=replace(self.estimate, notes=(*notes, *self.estimate.notes)))

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat search --json`` prints."""
        return {
            "objective": self.objective,
            "value": self.value,
            "proven": self.proven,
            "interrupted": self.interrupted,
            "gap": self.gap,
            "factors": self.factors,
            "perfect_because": self.perfect_because or None,
            "space": self.space.to_dict(),
            "shared": dict(self.mapping.trips),
            "nest": fused_text(self.mapping),
            "estimate": self.estimate.to_dict(),
        }


@dataclass(frozen=True, repr=False)
class SearchResults(Shown):
    """Several families one by one: what each found, or why it has no mapping, by name; neither of those that
    an interrupted search did not reach."""

    names: tuple[str, ...]
    results: Mapping[str, SearchResult]
    refused: Mapping[str, str]
    layer: Layer | None = field(default=None, compare=False)
    families: tuple[Dataflow, ...] = ()

    @property
    def unreached(self) -> tuple[str, ...]:
        """The families that were not reached, because the search was interrupted."""
        return tuple(name for name in self.names if name not in self.results and name not in self.refused)

    @property
    def interrupted(self) -> bool:
        """Whether any family is not proven, or was not reached."""
        return bool(self.unreached) or any(result.interrupted for result in self.results.values())

    def certificate(self) -> dict[str, Any]:
        """That of the best, of all families together; as :meth:`SearchResult.certificate`."""
        return _certificate(self.layer, self.families, self.best)

    @property
    def best(self) -> SearchResult:
        """The best by the objective, or by the other metrics where that is equal."""
        return min(self.results.values(), key=lambda result: result.rank)

    @property
    def remarks(self) -> list[str]:
        """Where fusing does not pay: the fused families that the best unfused mapping beats; and where
        tiles that divide the lengths leave most of an array idle."""
        return [*self._beaten(), *self._indivisible()]

    def _indivisible(self) -> list[str]:
        if self.best.factors == "imperfect":
            return []
        others = "named dataflows" if self.best.perfect_because else "imperfect factors"
        nests = [nest for result in self.results.values() for _, nest in result.mapping.operators]
        lengths = sorted({nest.covers(d) for nest in nests for d in "MN"})
        return [
            f"{length:,} tokens have few divisors, and tiles divide them: {others} have shorter last tiles"
            for length in lengths
            if max(d for d in divisors(length) if d <= _ARRAY) < min(0.75 * _ARRAY, length)
        ]

    def _beaten(self) -> list[str]:
        unfused = [r for r in self.results.values() if not r.mapping.dataflow.fused]
        if not unfused:
            return []
        least = min(unfused, key=lambda result: result.value)
        return [
            f"{name} is worse than {least.mapping.dataflow.name} here: {result.value / least.value:.2f}× "
            f"its {result.objective}"
            for name, result in self.results.items()
            if result.mapping.dataflow.fused and result.value > least.value
        ]

    @property
    def fused_over_unfused(self) -> float | None:
        """The best fused value of the objective over the best unfused one; None where one is missing."""
        best: dict[bool, float] = {}
        for result in self.results.values():
            fused = result.mapping.dataflow.fused
            best[fused] = min(best.get(fused, result.value), result.value)
        return best[True] / best[False] if len(best) == 2 and best[False] else None

    def noted(self, *notes: str) -> SearchResults:
        """The same with notes on all estimates."""
        return replace(self, results={name: each.noted(*notes) for name, each in self.results.items()})

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat search --json`` prints."""
        families = [
            self.results[name].to_dict()
            if name in self.results
            else {"dataflow": name, **self._without_mapping(name)}
            for name in self.names
        ]
        best = self.best.mapping.dataflow.name
        return {
            "best": best,
            "interrupted": self.interrupted,
            "fused_over_unfused": self.fused_over_unfused,
            "remarks": self.remarks,
            "families": families,
        }

    def _without_mapping(self, name: str) -> dict[str, object]:
        if name in self.refused:
            return {"fits": False, "reason": self.refused[name]}
        return {"fits": None, "reason": "not reached: the search was interrupted"}


@dataclass(frozen=True, repr=False)
class FrontResult(Shown):
    """The mappings that none beats in both of two metrics, by the first."""

    metrics: tuple[str, str]
    points: tuple[tuple[FusedMapping, Estimate], ...]
    space: Space
    proven: bool = True
    perfect_because: str = ""

    @property
    def factors(self) -> str:
        """Those of all fronts."""
        return "perfect"

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat search --pareto --json`` prints."""
        return {
            "metrics": list(self.metrics),
            "proven": self.proven,
            "factors": self.factors,
            "perfect_because": self.perfect_because or None,
            "workload": self.points[0][1].workload if self.points else None,
            "space": self.space.to_dict(),
            "points": [
                {
                    **{name: figure(estimate, name) for name in self.metrics},
                    "dataflow": mapping.dataflow.name,
                    "shared": dict(mapping.trips),
                    "stage": sorted(mapping.staged),
                }
                for mapping, estimate in self.points
            ],
        }


def _certificate(layer: Layer | None, families: tuple[Dataflow, ...], best: SearchResult) -> dict[str, Any]:
    from flat_plugin.mapspace.certified import certificate_of  # only who asks for one loads its bounds

    if layer is None:
        raise FlatError("it is not known what was searched", path="layer")
    return certificate_of(layer, families, best.mapping, best.objective)


def figure(estimate: Estimate, name: str) -> float:
    """A metric of an estimate: edp [pJ × cycles], energy, latency, traffic or footprint; what needs
    energies is not a number without them."""
    energy = nan if estimate.energy_pj is None else estimate.energy_pj
    figures = {
        "edp": energy * estimate.cycles,
        "energy": energy,
        "latency": estimate.cycles,
        "traffic": sum(moved.taken(0, estimate.dram_word_bits) for moved in estimate.traffic.values()),
        "footprint": float(estimate.requirement.taken),
    }
    return figures[name]
