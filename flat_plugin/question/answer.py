"""The answer to a question: its attention mapped, its operators evaluated, the results chained."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flat_plugin.engines.protocol import Engine, Task
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.dataflow_mapping import map_dataflow, map_front
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.operator_work import Work
from flat_plugin.question.given_mapping import given_mapping
from flat_plugin.question.question import Question
from flat_plugin.question.whole_workload import (
    Evaluate,
    counted_products,
    estimate_layers,
    evaluated_by,
)
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum


def answered(question: Question, engine: Engine) -> Estimate:
    """The answer, its operators evaluated by an engine.

    Raises:
        InvalidMapping: the dataflow does not fit.
        ProgramError: the engine gave no result.
        FlatError: the engine does not know what is asked.
    """
    check_engine(question, engine)
    answer = answered_by(question, _evaluated(question, engine))
    return evaluated_by(engine.name, engine.tool, answer)


def _evaluated(question: Question, engine: Engine) -> Evaluate:
    """How an engine evaluates a question's operators."""

    def evaluate(
        einsum: Einsum, nest: OperatorMapping, shared: tuple[str, ...]
    ) -> tuple[OperatorMapping, OperatorResult]:
        found = engine.run(Task(einsum, question.platform, nest, shared))
        return found.mapping, found.result

    return evaluate


def products_apart(question: Question, other: Question, engine: Engine) -> list[Work]:
    """The products around a question's attention that another's has not by name, one by one."""
    around, others = (
        each.workload.block.around() if each.workload.block else () for each in (question, other)
    )
    names = {einsum.name for _, einsum in others}
    own = [(times, einsum) for times, einsum in around if einsum.name not in names]
    return counted_products(question, own, partial(mapped, question), _evaluated(question, engine))


def answered_by(question: Question, evaluate: Evaluate) -> Estimate:
    """The answer, each operator by a function, which may map it anew."""
    answer = estimate_layers(question, partial(mapped, question), evaluate)
    notes = (*answer.notes, *search_notes(question))
    return replace(answer, notes=notes, workload=question.understood)


def front_answered(question: Question, engine: Engine) -> tuple[Estimate, ...]:
    """The answers by all mappings of a searched dataflow that none of its others beats in energy and latency,
    at attention level.

    Raises:
        InvalidMapping: nothing fits.
        FlatError: the dataflow does not know the workload.
    """
    assert question.dataflow is not None
    mappings = map_front(question.layer(question.attention), question.dataflow)
    asked = replace(question, dataflow=None, objective=None)
    return tuple(answered(replace(asked, mapping=mapping), engine) for mapping in mappings)


def mapped(question: Question, attention: Attention) -> FusedMapping:
    """The mapping of one of the question's attention layers, as it is counted."""
    if question.mapping is not None:
        return given_mapping(question.mapping, attention, question.platform)
    assert question.dataflow is not None
    layer = question.layer(attention)
    return map_dataflow(
        attention,
        layer.architecture,
        question.dataflow,
        layer.energies,
        spill=question.setting.overflow == "spill",
        softmax=layer.softmax,
        constraints=layer.constraints,
        objective=question.objective,
    )


def check_engine(question: Question, engine: Engine) -> None:
    """Other engines evaluate dense problems, one for an operator.

    Raises:
        FlatError: a mask makes several of it, and so does a trace.
    """
    if engine.name != "native":
        if question.workload.trace is not None:
            message = "each row of a trace is a problem of its own"
            raise FlatError(message, path="engine", value=engine.name, expected="native")
        for attention in question.attentions:
            question.counted(attention).check_full(f"the {engine.name} engine")


def search_notes(question: Question) -> tuple[str, ...]:
    """What is to be said of a mapping that is searched for."""
    notes = (f"perfect factors: {question.perfect_because}",) if question.perfect_because else ()
    if not question.searched or question.platform.energies.known:
        return notes
    return (*notes, "the mapping is the best by latency, and not by energy-delay as with energies")
