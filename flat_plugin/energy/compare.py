"""How far two estimators disagree."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flat_plugin.architecture.energy_table import EnergyTable

AREA = "area"


@dataclass(frozen=True)
class Difference:
    """One figure of one component by two estimators: pJ of an action, or µm² of an instance.

    ``ratio`` is the second by the first: 1 where both are 0, None where only one is, or is missing.
    """

    component: str
    action: str
    unit: str
    first: float | None
    second: float | None

    @property
    def ratio(self) -> float | None:
        if self.first is None or self.second is None:
            return None
        if self.first == self.second:
            return 1.0
        return self.second / self.first if self.first > 0 and self.second > 0 else None

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio}


def differences(first: EnergyTable, second: EnergyTable) -> tuple[Difference, ...]:
    """Per component of the first table: every action of either, then the area."""
    found = []
    for name, one in first.components.items():
        other = second.components.get(name)
        theirs = other.actions if other else {}
        found += [
            Difference(name, action, "pJ", one.actions.get(action), theirs.get(action))
            for action in dict.fromkeys((*one.actions, *theirs))
        ]
        found.append(Difference(name, AREA, "µm²", one.area_um2, other.area_um2 if other else None))
    return tuple(found)
