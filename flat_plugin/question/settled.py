"""Which factors the searches of questions have that are asked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flat_plugin.question.question import Question

if TYPE_CHECKING:
    from flat_plugin.mapspace.usual_factors import Usual


def settled(questions: Sequence[Question], divides: str = "") -> tuple[Question, ...]:
    """Questions whose answers are compared: their searches have the same factors, where nobody says which.

    Args:
        divides: what else needs tiles that divide the lengths, if anything does.
    """
    if not any(question.open for question in questions):
        return (*questions,)
    usual = usual_of(questions, divides)
    return tuple(
        replace(question, dataflow=usual.settle(question.dataflow), perfect_because=usual.reason)
        if question.dataflow is not None and question.open
        else question
        for question in questions
    )


def usual_of(questions: Sequence[Question], divides: str = "") -> Usual:
    """The factors of their searches, where nobody says which; arguments as of :func:`settled`."""
    from flat_plugin.mapspace.usual_factors import usual_factors, why_perfect  # only searches need them

    layers = {
        (attention, id(question.platform.architecture), question.goal): question
        for question in questions
        if question.searched
        for attention in map(question.counted, question.attentions)
    }
    flows = [question.dataflow for question in questions if question.dataflow is not None]
    online = any(flow.online for flow in flows)
    reasons = (
        why_perfect(attention, question.platform.architecture, question.goal, online=online)
        for (attention, *_), question in layers.items()
    )
    return usual_factors(flows, [divides] if divides else reasons)
