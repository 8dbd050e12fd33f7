"""What is known so far of a design space, whatever the aim."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.dominance import merit, undominated
from flat_plugin.exploration.figures import OF_CHIP, Answer, Totals


@dataclass(frozen=True)
class Item:
    """A design with mappings that are the best in a mode."""

    mode: str
    design: int


@dataclass
class Known:
    """What has been found out, for whatever is looked for: bounds, and the totals of designs."""

    bounds: Bounds
    totals: dict[Item, Totals] = field(default_factory=dict)
    own: dict[tuple[Item, int, int], Answer] = field(default_factory=dict)  # by workload and dataflow
    answered: int = 0

    @cached_property
    def merit(self) -> Array:
        """[designs]: more where a chip is better in more traits."""
        return merit(self.bounds.traits)

    @cached_property
    def undominated(self) -> NDArray[np.bool_]:
        """[designs]: those that no other design is sure to equal or beat in all that is asked for."""
        every = np.arange(len(self.bounds.chips.space))
        costs = [
            self.bounds.total(figure, every, "") for figure in OF_CHIP if figure in self.bounds.asked.figures
        ]
        return undominated(self.bounds.traits, np.array(costs).reshape(len(costs), len(every)))
