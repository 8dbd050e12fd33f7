"""What a part's accesses cost at least, whatever the mapping: what dearer accesses add to a bound.

A set of designs is bounded by a chip with the least energies of all of them. A design whose accesses of a
part are dearer costs more: at least by what no mapping of the group does without. That is found by a search
for the least energy where only that part's accesses cost anything, on the best chip of the group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from flat_plugin.architecture import EnergyTable
from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.chips import Array, Chips
from flat_plugin.exploration.traits import Traits


@dataclass(frozen=True)
class Prices:
    """pJ of a part's actions, but leakage: which traits they are ([actions]); values there are negative."""

    part: int
    traits: tuple[int, ...]

    def ratio(self, traits: Array, corner: Array) -> Array:
        """How much dearer accesses are at least than at a corner: [designs] of [traits, designs]."""
        own, cheap = -traits[list(self.traits)], -corner[list(self.traits)]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(cheap[:, None] > 0, own / cheap[:, None], np.inf)
        least: Array = np.maximum(np.min(found, axis=0), 1.0)
        return np.where(np.isfinite(least), least, 1.0)


def priced_parts(chips: Chips, traits: Traits) -> tuple[Prices, ...]:
    """The parts whose accesses differ in energy between designs, in every action that the part has."""
    found = []
    for index, part in enumerate(chips.parts):
        actions = {
            name for v in part.variants for name, pj in v.energy.actions.items() if pj and name != "leak"
        }
        own = tuple(
            n
            for n, trait in enumerate(traits.traits)
            if trait.part == index and not trait.more and trait.name in actions
        )
        if own and len(own) == len(actions):
            found.append(Prices(index, own))
    return tuple(found)


def only(platform: Platform, part: str) -> Platform:
    """The chip where nothing but a part's accesses costs energy."""
    table = platform.energies
    components = {
        name: replace(
            each,
            actions={
                action: pj if name == part and action != "leak" else 0.0
                for action, pj in each.actions.items()
            },
        )
        for name, each in table.components.items()
    }
    named = replace(platform.architecture, name=f"{platform.architecture.name}, {part} alone")
    return Platform(named, EnergyTable(components, table.source))
