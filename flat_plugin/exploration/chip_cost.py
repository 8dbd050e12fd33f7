"""What one workload costs on one chip: the only way from here to searches and the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.figures import Answer
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.question.from_user import questions
from flat_plugin.question.question import Question


@dataclass(frozen=True)
class Query:
    """One workload on one chip by one dataflow.

    Args:
        mode: what its mapping is the best in if it is searched, or ``FRONT``: all that nothing beats.
        pick: of a front one mapping alone, by its number.
    """

    case: Case
    platform: Platform
    dataflow: Dataflow
    mode: str
    softmax: str
    pick: int | None = None

    def question(self) -> Question:
        """As the model takes it.

        Raises:
            FlatError: the dataflow does not know such workloads.
        """
        setting = Setting(self.softmax, "reject", "tiles")
        flow, level = self.dataflow, self.case.level
        asked = next(questions(self.case.sized, self.platform, flow, setting, level=level))
        return replace(asked, objective=self.mode) if flow.searched else asked


Oracle = Callable[[Sequence[Query]], list[Answer]]
