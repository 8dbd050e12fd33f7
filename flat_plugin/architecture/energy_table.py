"""Energy and area per component: Accelergy's ERT and ART as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan

from flat_plugin.errors import FlatError
from flat_plugin.schema import Amount
from flat_plugin.shown import Shown

# What is done with a component -> the names that a table may have for it; the first that it has counts. The
# order is that of Timeloop (include/model/topology.hpp). ``write`` is what Timeloop calls a fill.
ACTION_NAMES = {
    "read": ("random_read", "read"),
    "write": ("random_fill", "random_write", "fill", "write"),
    "update": ("random_update", "random_write", "update", "write"),
    "compute": ("mac_random", "mult_random", "mac", "mult", "compute"),
    "leak": ("leak",),
}
HOW = (
    "an ERT (`flat energy --template` writes one to fill in), energies in the architecture (energy_pj), or "
    "Accelergy or hwcomponents (`flat doctor` says how to get them)"
)


@dataclass(frozen=True)
class ComponentEnergy:
    """pJ per action of the full width, by the names of the table that it comes from."""

    actions: Mapping[str, Amount]
    area_um2: Amount | None = None  # of one instance
    estimator: str = ""

    @staticmethod
    def of_nothing() -> ComponentEnergy:
        """Of a component whose every action is taken to cost 0: an assumption that must be said."""
        return ComponentEnergy(dict.fromkeys(("read", "write", "update", "compute", "leak"), 0.0))

    def energy(self, action: str) -> float | None:
        """pJ of an action of ``ACTION_NAMES``; None if the table has none of its names."""
        names = ACTION_NAMES[action]
        return next((float(self.actions[name]) for name in names if name in self.actions), None)


@dataclass(frozen=True, repr=False)
class EnergyTable(Shown):
    """Components by bare name: no system prefix, no ``[1..n]``.

    Where nobody has an answer ``unknown`` says why, and there are no components: cycles and words are as
    ever, and every figure that needs an energy is unknown too (never 0).
    """

    components: Mapping[str, ComponentEnergy] = field(default_factory=dict)
    source: str = ""  # who answered, with the version
    tools: tuple[str, ...] = ()  # what it answered with: plug-ins and packages, with their versions
    unknown: str = ""  # why there are no energies
    strangers: tuple[str, ...] = ()  # components of the table that the architecture has not

    @property
    def known(self) -> bool:
        return not self.unknown

    @property
    def note(self) -> str:
        """What to say beside a result without energies."""
        return "" if self.known else f"no energies: {self.unknown}; what gives them: {HOW}"

    @property
    def notes(self) -> tuple[str, ...]:
        """All that is to be said beside a result."""
        names = ", ".join(self.strangers)
        passed = f"energies of {names} are not used: no component of the architecture has this name"
        return tuple(filter(None, (self.note, passed if names else "")))

    def need(self, what: str, path: str | None = None) -> EnergyTable:
        """This table, if there is one, for ``what`` cannot do without.

        Raises:
            FlatError: there is none; the message says why, and how to get one.
        """
        if not self.known:
            message = f"{what} needs energies, which are not known: {self.unknown}"
            raise FlatError(message, path=path, expected=HOW)
        return self

    def multiply_accumulate(self, component: str, operands: Sequence[float]) -> float | None:
        """pJ of one with operands of these widths in bits, where the table has one of its own, such as
        ``compute_8x16``; operands may be in either order."""
        entry = self.components.get(component)
        for names in (operands, operands[::-1]) if entry is not None else ():
            suffix = "x".join(f"{bits:g}" for bits in names)
            for action in ACTION_NAMES["compute"]:
                if (energy := entry.actions.get(f"{action}_{suffix}")) is not None:  # type: ignore[union-attr]
                    return float(energy)
        return None

    def energy(self, component: str, action: str) -> float:
        """pJ of an action of ``ACTION_NAMES`` that a run needs.

        Leakage is 0 where a table lists none, as Timeloop counts it. Of every other action Timeloop would
        take an energy that it has built in, which is nobody's figure for this component. Where there is no
        table the answer is not a number, so that no sum with it is one.

        Raises:
            FlatError: the table has no such component, or none of the action's names for it.
        """
        if not self.known:
            return nan
        entry = self.components.get(component)
        if entry is None:
            raise FlatError(
                f"the energy table has no component {component}",
                path="ERT.tables",
                expected=f"an entry for {component} besides " + (", ".join(self.components) or "nothing"),
            )
        energy = entry.energy(action)
        if energy is None and action != "leak":
            raise FlatError(
                f"the energy table has no energy for {component} {action}, and Timeloop would use its own",
                path=f"ERT.tables.{component}.actions",
                value=sorted(entry.actions),
                expected=ACTION_NAMES[action],
            )
        return energy or 0.0
