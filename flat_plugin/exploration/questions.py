"""Which questions of a workload and a dataflow decide what of a chip."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.exploration.aims import Objectives
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import FRONT, MAPPED
from flat_plugin.exploration.rules import needs_of

Modes = tuple[str, ...]


@dataclass(frozen=True)
class Questions:
    """What an exploration asks of a workload by a dataflow.

    Attributes:
        bound: the figures whose best mappings bound other chips; empty where answers say nothing of others.
        whole: what makes the menu of a single chip.
    """

    bound: Modes
    whole: Modes

    def of(self, single: bool, every: bool) -> Modes:
        """Of a single chip, or one that only bounds others."""
        return self.whole if single else () if every else self.bound


def asked_of(asked: Exploration, case: int, family: int) -> Questions:
    """Where one figure alone decides, its best mapping is all; else all mappings that nothing beats. Of whole
    models the best by each figure, of which one will do for a dataflow that is not searched."""
    workload, flow = asked.cases[case], asked.dataflows[family]
    if not flow.searched:
        return Questions((), MAPPED[:1])
    if not workload.has_menu(flow):
        return Questions((), MAPPED)
    needs, ties = needs_of(asked, case), Objectives(asked).ties
    whole = needs if len({*needs, *ties}) == 1 else (FRONT,)
    return Questions(needs if workload.bounds_others(flow) else (), whole)
