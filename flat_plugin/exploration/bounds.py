"""What designs cost at least: physical limits first, then the menus of other chips.

Every mapping of a searched dataflow at attention level costs no less on a chip that is no better in any trait
(:mod:`.traits`). So the menu of a chip bounds that of each such chip of its group. Other answers (named
dataflows; whole models, whose products are mapped by a rule) say something of their own chip alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.chips import Array, Chips
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import MAPPED
from flat_plugin.exploration.floors import priced_parts
from flat_plugin.exploration.limits import least_of
from flat_plugin.exploration.menus import Menu, point
from flat_plugin.exploration.rules import needs_of
from flat_plugin.exploration.traits import Traits, traits_of

Designs = NDArray[np.int64]
NONE = -1  # no menu is known


class Bounds:
    """The closest menu that is known to bound each design.

    Attributes:
        menus: all that are known.
        of: [workloads, dataflows, designs]: which of them bounds a design, ``NONE`` at first.
        more: [workloads, dataflows, designs] J that dearer accesses add to it at least.
        least: latency, energy and EDP [workloads, dataflows, designs] that no mapping beats: at first the
            physical limits.
    """

    def __init__(self, asked: Exploration, chips: Chips) -> None:
        self.asked, self.chips = asked, chips
        self.traits: Traits = traits_of(chips)
        self.group = self.traits.group
        self.menus: list[Menu] = []
        shape = (len(asked.cases), len(asked.dataflows), len(chips.space))
        self.of = np.full(shape, NONE, dtype=np.int32)
        self.more = np.zeros(shape)
        self.least = {figure: np.empty(shape) for figure in MAPPED}
        for number, case in enumerate(asked.cases):
            for family, flow in enumerate(asked.dataflows):
                limit = least_of(case, chips, asked.softmax, flow)
                self.least["latency"][number, family] = limit.latency
                self.least["energy"][number, family] = limit.energy
        self.least["edp"][:] = self.least["latency"] * self.least["energy"]
        self._rank = [needs_of(asked, number)[0] for number in range(len(asked.cases))]
        self.prices = priced_parts(chips, self.traits)
        self.floors: dict[tuple[int, int, int, int], tuple[Array, float]] = {}
        self._members = [np.flatnonzero(self.group == g) for g in range(int(self.group.max()) + 1)]

    @property
    def all_shared(self) -> bool:
        """Whether all menus bound others: a chip that is better in every trait is then as good in all that is
        asked for."""
        return all(case.bounds_others(flow) for case in self.asked.cases for flow in self.asked.dataflows)

    def corner(self, group: int) -> Array:
        """[traits]: the best of a group in each."""
        return self.traits.corner(self._members[group])

    def learn(self, case: int, family: int, menu: Menu, corner: Array, design: int) -> None:
        """The menu of a chip of a design's group, with these traits."""
        members = self._members[self.group[design]]
        held = members[self.traits.no_better(corner, members)]
        more = self._dearer(case, family, corner, held)
        ranked = self.least[self._rank[case]][case, family]
        before = ranked[held]
        self._raise(case, family, menu, held, more)
        closer = ranked[held] > before
        self._take(case, family, menu, held[closer], more[closer])

    def learn_own(self, case: int, family: int, menu: Menu, design: int) -> None:
        """A design's own menu."""
        own = np.array([design])
        self._raise(case, family, menu, own, np.zeros(1))
        self._take(case, family, menu, own, np.zeros(1))

    def _raise(self, case: int, family: int, menu: Menu, designs: Designs, more: Array) -> None:
        """What no mapping of these designs beats, in each figure."""
        latency = self.least["latency"][case, family, designs]
        factors: dict[str, Array | float] = {
            "latency": 0.0,
            "energy": 1.0,
            "edp": np.where(np.isfinite(latency), latency, 0.0),
        }
        for figure, factor in factors.items():
            known = self.least[figure][case, family]
            known[designs] = np.maximum(known[designs], menu.least(figure) + more * factor)

    def _take(self, case: int, family: int, menu: Menu, designs: Designs, more: Array) -> None:
        self.of[case, family, designs] = len(self.menus)
        self.more[case, family, designs] = more
        self.menus.append(menu)

    def menu(self, case: int, family: int, design: int) -> Menu:
        """What bounds a design."""
        number = int(self.of[case, family, design])
        if number != NONE:
            return self.menus[number]
        return point({name: float(values[case, family, design]) for name, values in self.least.items()})

    def ranked(self, case: int, design: int) -> Array:
        """[dataflows]: what a workload costs on a design at least, by the first figure that is needed."""
        found: Array = self.least[self._rank[case]][case, :, design]
        return found

    def floor(self, case: int, family: int, group: int, part: int, joules: float) -> None:
        """What the accesses of a part (a number of ``prices``) cost at least on the best chip of a group."""
        self.floors[case, family, group, part] = self.corner(group), joules

    def _dearer(self, case: int, family: int, corner: Array, designs: Designs) -> Array:
        """J that dearer accesses than those of a corner add to each mapping at least."""
        more = np.zeros(len(designs))
        if not len(designs):
            return more
        group = int(self.group[designs[0]])
        for number, prices in enumerate(self.prices):
            if (case, family, group, number) in self.floors:
                best, joules = self.floors[case, family, group, number]
                here = float(prices.ratio(corner[:, None], best)[0]) * joules
                more += here * (prices.ratio(self.traits.values[:, designs], corner) - 1)
        return more
