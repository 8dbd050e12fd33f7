"""How one setting's operators are chained: what softmax between them costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.search.join import FREE, Chain
from flat_plugin.mapspace.search.shared import Setting
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.model.operator_work import Work
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import Place, Site, unfused_site
from flat_plugin.workload.attention import Attention


@dataclass(frozen=True)
class Chained:
    """A layer in one setting.

    Attributes:
        softmax: free, serial, overlapped or array.
    """

    attention: Attention
    architecture: Architecture
    energies: EnergyTable
    softmax: str
    setting: Setting

    def chain(self, key_tiles: int, busiest: Mapping[str, int]) -> Chain:
        """The chain with so many tiles of keys; ``busiest`` has the rows of the core with most, where they
        are known."""
        fused, serial = self.setting.dataflow.fused, self.softmax == "serial"
        work = FREE if self.softmax == "free" else self._work(key_tiles, busiest)
        return Chain(self.architecture, fused, serial, self.setting.meeting, work)

    def _work(self, key_tiles: int, busiest: Mapping[str, int]) -> Work:
        fused = self.setting.dataflow.fused
        return softmax_of(
            self.attention,
            self.architecture,
            self.energies,
            self._site(key_tiles, busiest) if fused else unfused_site(self.attention, self.architecture),
            through_dram=0.0 if fused else 1.0,
            on_array=self.softmax == "array",
        )

    def _site(self, key_tiles: int, busiest: Mapping[str, int]) -> Site:
        """Where softmax of fused operators works."""
        spread = Spread(structure_of(self.attention.logit()), self.setting.cores)
        sizes = self.attention.logit().sizes
        rows, used = 1, [1, 1]
        for d in ("B", "H", "G", "M"):
            if d in sizes:
                rows *= busiest.get(d, -(-sizes[d] // spread.along(d)))
        for choice in self.setting.cores.values():
            for n, on_x in choice.values():
                used[0 if on_x else 1] *= n
        place = Place(self.setting.meeting, rows, self.attention.keys, (used[0], used[1]))
        online = self.setting.dataflow.online
        tiles = key_tiles if online else None
        return Site(place, place, key_tiles=tiles, busiest_tiles=tiles or 1)
