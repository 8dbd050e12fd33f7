"""One run evaluated: the dataflow mapped, its operators through the engine, the results chained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flat_plugin.batch.run import Run
from flat_plugin.engines.choose import choose_engine
from flat_plugin.engines.protocol import Engine, EngineRun, Task
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.constraints.written import directives_of
from flat_plugin.mapspace.objective import FRONTS
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.operator import OperatorResult
from flat_plugin.programs.errors import ProgramMissing
from flat_plugin.question.answer import answered_by, front_answered
from flat_plugin.question.whole_workload import evaluated_by
from flat_plugin.timeloop.directives import Directive
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Evaluated:
    """An estimate, the tool that evaluated its operators, and how it was called for each of them; of a front
    all its estimates, of which the first is the one of the least energy-delay."""

    estimate: Estimate
    tool: str
    calls: Mapping[str, Mapping[str, Any]]
    front: tuple[Estimate, ...] = ()


def evaluate(run: Run, place: Path) -> Evaluated:
    """Evaluate a run.

    Args:
        place: where Timeloop reads and writes, one folder an operator; not made for native runs.

    Raises:
        InvalidMapping: the dataflow does not fit.
        ProgramError: Timeloop gave no result, or is not the one that the run was planned with.
    """
    engine = choose_engine(run.engine.name, folder=place, time_limit=run.time_limit, mapper=run.mapper)
    _check_build(run, engine)
    if run.question.objective in FRONTS:
        front = sorted(
            front_answered(run.question, engine), key=lambda each: (each.energy_pj or 0.0) * each.cycles
        )
        return Evaluated(front[0], engine.tool, {}, tuple(front))
    calls: dict[str, EngineRun] = {}

    def operator(
        einsum: Einsum, mapping: OperatorMapping, shared: tuple[str, ...]
    ) -> tuple[OperatorMapping, OperatorResult]:
        found = engine.run(Task(einsum, run.question.platform, mapping, shared, _fixed(run, einsum)))
        if found.command:
            calls[einsum.name] = found
        return found.mapping, found.result

    answer = answered_by(run.question, operator)
    tool = next((call.tool for call in calls.values()), engine.tool)
    cut = [name for name, call in calls.items() if not call.complete]
    ended = [f"the time limit ended the search of {', '.join(cut)}: the best so far"] if cut else []
    described = {name: _call(call) for name, call in calls.items()}
    return Evaluated(evaluated_by(engine.name, tool, answer, *ended), tool, described)


def _fixed(run: Run, einsum: Einsum) -> Sequence[Directive]:
    """What a search by Timeloop's mapper keeps to."""
    if run.mapper is None:
        return ()
    layer = run.question.layer(run.question.attention)
    others = layer.attention.einsums()
    own = einsum.name in {each.name for each in others}
    constraints = (
        layer.constraints_of(einsum.name) if own else of_architecture(einsum, layer.architecture, others)
    )
    return directives_of(constraints, einsum, layer.architecture)


def _check_build(run: Run, engine: Engine) -> None:
    """Workers may have another Timeloop than the machine that planned the run."""
    found = engine.identity()
    if found != run.engine.identity:
        raise ProgramMissing(
            "another build of Timeloop than the batch was planned with",
            value=found,
            expected=run.engine.identity,
        )


def _call(call: EngineRun) -> dict[str, Any]:
    return {"command": list(call.command), "seconds": call.seconds, "complete": call.complete}
