"""What is known so far of a design space, whatever the aim."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.dominance import merit, undominated
from flat_plugin.exploration.figures import OF_CHIP
from flat_plugin.exploration.menus import Menu


@dataclass
class Known:
    """What has been found out, for whatever is looked for: bounds, and the menus of designs, one for each
    workload, of the best of all dataflows."""

    bounds: Bounds
    menus: dict[int, tuple[Menu, ...]] = field(default_factory=dict)
    answered: int = 0

    @cached_property
    def merit(self) -> Array:
        """[designs]: more where a chip is better in more traits."""
        return merit(self.bounds.traits)

    @cached_property
    def undominated(self) -> NDArray[np.bool_]:
        """[designs]: those that no other design is sure to equal or beat in all that is asked for."""
        chips, figures = self.bounds.chips, self.bounds.asked.figures
        of_chips = dict(zip(OF_CHIP, (chips.area_mm2, chips.peak_watts), strict=True))
        costs = [values for figure, values in of_chips.items() if figure in figures]
        return undominated(self.bounds.traits, np.array(costs).reshape(len(costs), len(chips.space)))
