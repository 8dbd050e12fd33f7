"""The estimate: what a dataflow costs for a workload on an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.capacity import Requirement
from flat_plugin.model.limits import Limits
from flat_plugin.model.work import Traffic, Work


@dataclass(frozen=True)
class Estimate:
    """One dataflow. Cycles and seconds of the whole layer (or block, or model); energy in pJ.

    ``bound`` names the component that the latency waits for. ``busy`` and ``energy`` are by
    component; ``operators`` hold the parts, and every total is their sum (latency excepted: fused
    operators overlap their transfers). ``engine`` evaluated the operators.
    """

    model: str
    architecture: str
    dataflow: str
    level: str
    cycles: float
    seconds: float
    energy_pj: float
    utilization: float
    bound: str
    fits: bool
    traffic: Mapping[str, Traffic]
    operators: Mapping[str, Work]
    energy: Mapping[str, float]
    busy: Mapping[str, float]
    limits: Limits
    requirement: Requirement
    mapping: FusedMapping
    notes: tuple[str, ...] = ()
    engine: str = "native"
    energy_source: str = ""  # who answered for the energy per action
    softmax: str = "serial"  # how it was chained: free, serial or overlapped
    layers: int = 1  # that a model's totals count

    @property
    def dram_words(self) -> float:
        return sum(traffic.dram for traffic in self.traffic.values())

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat estimate --json`` prints."""
        return {
            "model": self.model,
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
            "tensors": {name: vars(traffic) for name, traffic in self.traffic.items()},
            "operators": {name: _operator(work) for name, work in self.operators.items()},
            "components": {
                name: {"energy_pj": energy, "busy_cycles": self.busy.get(name, 0.0)}
                for name, energy in self.energy.items()
            },
            "limits": self.limits.to_dict(),
            "stage": sorted(self.mapping.stage),
            "capacity": {
                "words": self.requirement.words,
                "available": self.requirement.capacity,
                "inequality": str(self.requirement),
            },
            "engine": self.engine,
            "energy_source": self.energy_source,
            "notes": list(self.notes),
        }


def _operator(work: Work) -> dict[str, object]:
    components = dict.fromkeys(component for component, _ in work.energy)
    return {
        "cycles": work.cycles,
        "energy_pj": work.energy_pj,
        "computes": work.computes,
        "tensors": {name: vars(traffic) for name, traffic in work.traffic.items()},
        "components": {
            name: {
                "energy_pj": sum(e for (component, _), e in work.energy.items() if component == name),
                "busy_cycles": work.busy.get(name, 0.0),
            }
            for name in components
        },
        "energy_by_tensor_pj": {f"{c}.{t}": e for (c, t), e in work.energy.items()},
    }
