"""What one workload costs on one chip: the only way from here to searches and the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flat_plugin.architecture.platform import Platform
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import InvalidMapping
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.figures import Answer, answer_of
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.model.layer import Setting
from flat_plugin.question.answer import answered
from flat_plugin.question.from_user import questions
from flat_plugin.question.question import Question


@dataclass(frozen=True)
class Query:
    """One workload on one chip by one dataflow, whose mapping is the best in ``mode`` if it is searched."""

    case: Case
    platform: Platform
    dataflow: Dataflow
    mode: str
    softmax: str

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


def answers(queries: Sequence[Query]) -> list[Answer]:
    """Answers in this process, one after the other."""
    return [_answer(query) for query in queries]


def _answer(query: Query) -> Answer:
    try:
        estimate = answered(query.question(), NativeEngine())
    except InvalidMapping as error:
        return Answer(query.dataflow.name, str(error))
    return answer_of(query.dataflow.name, estimate.to_dict(), fused_text(estimate.mapping))
