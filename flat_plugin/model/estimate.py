"""The estimate: what a dataflow costs for a workload on an architecture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.capacity import Requirement
from flat_plugin.model.limits import Limits
from flat_plugin.model.operator_work import Traffic, Work
from flat_plugin.model.serving_step import Step
from flat_plugin.plain import known
from flat_plugin.schema import Above0
from flat_plugin.shown import Shown


@dataclass(frozen=True)
class Kind:
    """What one kind of layer, or one section beside them, is of a model: all ``times`` of it together.

    Cycles, energy in pJ (None without a table), multiply-accumulates and words of the outermost memory.
    """

    name: str
    times: int
    cycles: float
    energy_pj: float | None
    computes: int
    dram_words: float

    @classmethod
    def of(cls, name: str, times: int, works: Iterable[Work], cycles: float | None = None) -> Kind:
        """Of these works, one after the other where their cycles together are not given."""
        works = tuple(works)
        return cls(
            name,
            times,
            sum(work.cycles for work in works) if cycles is None else cycles,
            known(sum(work.energy_pj for work in works)),
            sum(work.computes for work in works),
            sum(words.dram for work in works for words in work.traffic.values()),
        )


@dataclass(frozen=True)
class Scored:
    """Scores that a mask needs, and those of all tiles that it touches, which are computed; where keys are
    ``selected``, at most so many of either."""

    needed: int
    touched: int
    bound: bool = False

    @property
    def ratio(self) -> float:
        """Touched scores for each that is needed."""
        return self.touched / self.needed

    def __add__(self, other: Scored) -> Scored:
        return Scored(self.needed + other.needed, self.touched + other.touched, self.bound or other.bound)

    def __mul__(self, times: int) -> Scored:
        return Scored(self.needed * times, self.touched * times, self.bound)

    def to_dict(self) -> dict[str, float | bool]:
        found = {"needed": self.needed, "touched": self.touched, "ratio": self.ratio}
        return {**found, **({"bound": True} if self.bound else {})}


@dataclass(frozen=True, repr=False)
class Estimate(Shown):
    """One dataflow. Cycles and seconds of the whole layer (or block, or model); energy in pJ, None
    where there is no energy table (a note says why).

    ``bound`` names the component that the latency waits for. ``busy`` and ``energy`` are by
    component; ``operators`` hold the parts, and every total is their sum (latency excepted: fused
    operators overlap their transfers). ``engine`` evaluated the operators. ``workload`` is what was
    understood of it (``workload.describe``).
    """

    model: str
    architecture: str
    dataflow: str
    level: str
    cycles: Above0
    seconds: Above0
    energy_pj: float | None
    utilization: float
    bound: str
    fits: bool
    traffic: Mapping[str, Traffic]
    operators: Mapping[str, Work]
    energy: Mapping[str, float | None]
    busy: Mapping[str, float]
    limits: Limits
    requirement: Requirement  # of the memory in which the operators meet
    mapping: FusedMapping
    requirements: tuple[Requirement, ...] = ()  # of every memory that has a bound
    notes: tuple[str, ...] = ()
    engine: str = "native"
    energy_source: str = ""  # who answered for the energy per action
    softmax: str = "serial"  # how it was chained: free, serial, overlapped or array
    layers: int = 1  # that a model's totals count
    workload: Mapping[str, Any] | None = None
    kinds: tuple[Kind, ...] = ()  # of a model: its kinds of layers and the sections beside them
    dram_word_bits: int = 16  # of the outermost memory's words
    step: Step | None = None  # of a model that serves requests
    scores: Scored | None = None  # that are needed and computed; None of one that says neither
    elementwise: Mapping[str, int] = field(default_factory=dict)  # operations of lanes, by operator

    @property
    def dram_words(self) -> float:
        return sum(traffic.dram for traffic in self.traffic.values())

    @property
    def dram_bytes(self) -> float:
        """Read from and written to the outermost memory."""
        return sum(traffic.bytes(0, self.dram_word_bits) for traffic in self.traffic.values())

    @property
    def leak_pj(self) -> float:
        """The part of the energy that is leakage of what is in use; 0 where nobody knows it."""
        leaks = (
            e for work in self.operators.values() for (_, what), e in work.energy.items() if what == "leak"
        )
        return sum(known(energy) or 0.0 for energy in leaks)

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat estimate --json`` prints."""
        levels = self.mapping.levels
        return {
            "model": self.model,
            "workload": self.workload,
            "architecture": self.architecture,
            "dataflow": self.dataflow,
            "level": self.level,
            "softmax": self.softmax,
            "cycles": self.cycles,
            "seconds": self.seconds,
            "energy_pj": self.energy_pj,
            "utilization": self.utilization,
            "bound": self.bound,
            "fits": self.fits,
            "dram_bytes": self.dram_bytes,
            "tensors": _tensors(self.traffic, levels),
            "operators": {name: _operator(work, levels) for name, work in self.operators.items()},
            "components": {
                name: {"energy_pj": energy, "busy_cycles": self.busy.get(name, 0.0)}
                for name, energy in self.energy.items()
            },
            "scores": self.scores.to_dict() if self.scores else None,
            "limits": self.limits.to_dict(),
            "step": self.step.to_dict(self.seconds, self.energy_pj) if self.step else None,
            "kinds": [asdict(kind) for kind in self.kinds],
            "elementwise": dict(self.elementwise),
            "stage": sorted(self.mapping.staged),
            "stage_levels": dict(self.mapping.stage),
            "shared": [
                {"level": level, "dimension": dimension, "trips": trips, "unrolled": unrolled}
                for level, dimension, trips, unrolled in self.mapping.loops()
            ],
            "capacity": {
                **_capacity(self.requirement),
                "levels": {need.buffer: _capacity(need) for need in self.requirements},
            },
            "engine": self.engine,
            "energy_source": self.energy_source,
            "notes": list(self.notes),
        }


def _tensors(traffic: Mapping[str, Traffic], levels: Sequence[str]) -> dict[str, object]:
    return {name: words.to_dict(levels) for name, words in traffic.items()}


def _capacity(need: Requirement) -> dict[str, object]:
    return {
        "words": need.words,
        "available": need.capacity,
        "inequality": str(need),
        "terms": [term.to_dict() for term in need.terms],
    }


def _operator(work: Work, levels: Sequence[str]) -> dict[str, object]:
    components = dict.fromkeys(component for component, _ in work.energy)
    return {
        "cycles": work.cycles,
        "energy_pj": known(work.energy_pj),
        "computes": work.computes,
        "tensors": _tensors(work.traffic, levels),
        "components": {
            name: {
                "energy_pj": known(sum(e for (c, _), e in work.energy.items() if c == name)),
                "busy_cycles": work.busy.get(name, 0.0),
            }
            for name in components
        },
        "energy_by_tensor_pj": {f"{c}.{t}": known(e) for (c, t), e in work.energy.items()},
    }
