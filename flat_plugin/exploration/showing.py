"""Chips as results show them: with the details of the mapping of every workload."""

from __future__ import annotations

from collections.abc import Sequence

from flat_plugin.exploration.chip_cost import Oracle, Query
from flat_plugin.exploration.chips import UM2_IN_MM2
from flat_plugin.exploration.figures import FRONT, Answer, Run
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.menus import MODES
from flat_plugin.exploration.options import Option
from flat_plugin.exploration.result import Chip
from flat_plugin.exploration.rules import missed


class Shower:
    """Asks for the details of the mappings that were chosen."""

    def __init__(self, known: Known, oracle: Oracle) -> None:
        self.known, self.oracle = known, oracle

    def one(self, option: Option | None) -> Chip | None:
        """A chip, if there is one."""
        return self.of([option])[0] if option is not None else None

    def of(self, options: Sequence[Option]) -> tuple[Chip, ...]:
        """Chips, all asked for at once."""
        queries = [
            self._query(option.design, number, run)
            for option in options
            for number, run in enumerate(option.totals.runs)
        ]
        answers = iter(self.oracle(queries))
        return tuple(
            self._chip(option, tuple(next(answers) for _ in option.totals.runs)) for option in options
        )

    def _query(self, design: int, number: int, run: Run) -> Query:
        asked = self.known.bounds.asked
        family, place, entry = run.source
        case, flow, mode = asked.cases[number], asked.dataflows[family], MODES[place]
        platform = self.known.bounds.chips.platform(design)
        return Query(case, platform, flow, mode, asked.softmax, entry if mode == FRONT else None)

    def _chip(self, option: Option, answers: tuple[Answer, ...]) -> Chip:
        chips, asked = self.known.bounds.chips, self.known.bounds.asked
        parts = chips.variants(option.design)
        return Chip(
            option.design,
            asked.space.label(option.design),
            asked.space.values(option.design),
            next(iter(asked.space.settings(asked.space.codes[:, [option.design]]))),
            option.totals,
            answers,
            {name: None if v.area_um2 is None else v.area_um2 * UM2_IN_MM2 for name, v in parts.items()},
            {name: v.peak_watts for name, v in parts.items()},
            missed(asked, option.totals),
        )
