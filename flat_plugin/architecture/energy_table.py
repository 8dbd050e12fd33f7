"""Energy and area per component: Accelergy's ERT and ART as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ComponentEnergy:
    """pJ per action of the full width (``read``, ``write``, ``update``, ``leak``, ``compute``)."""

    actions: Mapping[str, float]
    area_um2: float | None = None  # of one instance
    estimator: str = ""


@dataclass(frozen=True)
class EnergyTable:
    """Components by bare name: no system prefix, no ``[1..n]``."""

    components: Mapping[str, ComponentEnergy] = field(default_factory=dict)
    source: str = ""  # who answered, with the version
    tools: tuple[str, ...] = ()  # what it answered with: plug-ins and packages, with their versions
