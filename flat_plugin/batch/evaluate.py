"""One run evaluated: the dataflow mapped, its operators through the engine, the results chained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from flat_plugin.batch.run import Run
from flat_plugin.engines.choose import choose_engine
from flat_plugin.engines.timeloop import MAPPER, MODEL, EngineRun, TimeloopEngine
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.space_files import layer_constraints
from flat_plugin.mapspace.constraints.written import directives_of
from flat_plugin.mapspace.dataflow import map_dataflow
from flat_plugin.mapspace.whole import estimate_layers, evaluated_by, searched_notes
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.operator import OperatorResult
from flat_plugin.programs.errors import ProgramMissing
from flat_plugin.timeloop.emit import safe_name
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Evaluated:
    """An estimate, the tool that evaluated its operators, and how it was called for each of them."""

    estimate: Estimate
    tool: str
    calls: Mapping[str, Mapping[str, Any]]


def evaluate(run: Run, place: Path) -> Evaluated:
    """Evaluate a run.

    Args:
        place: where Timeloop reads and writes, one folder an operator; not made for native runs.

    Raises:
        InvalidMapping: the dataflow does not fit.
        ProgramError: Timeloop gave no result, or is not the one that the run was planned with.
    """
    engine = choose_engine(run.engine.name, folder=place, time_limit=run.time_limit)
    calls: dict[str, EngineRun] = {}

    def operator(
        einsum: Einsum, mapping: OperatorMapping, shared: tuple[str, ...]
    ) -> tuple[OperatorMapping, OperatorResult]:
        if not isinstance(engine, TimeloopEngine):
            return mapping, engine.evaluate(einsum, run.architecture, mapping, run.energies)
        answer = _through_timeloop(run, engine, einsum, mapping, shared, place)
        calls[einsum.name] = answer
        return answer.mapping, answer.result

    if isinstance(engine, TimeloopEngine):
        _check_build(run, engine)
    answer = estimate_layers(
        run.workload,
        run.architecture,
        partial(_mapped, run),
        run.energies,
        run.setting,
        run.level,
        operator,
    )
    notes = (*answer.notes, *searched_notes(answer.mapping, run.energies))
    answer = replace(answer, notes=notes, workload=run.understood)
    tool = next((call.tool for call in calls.values()), engine.tool)
    cut = [name for name, call in calls.items() if not call.complete]
    ended = [f"the time limit ended the search of {', '.join(cut)}: the best so far"] if cut else []
    described = {name: _call(call) for name, call in calls.items()}
    return Evaluated(evaluated_by(engine.name, tool, answer, *ended), tool, described)


def _mapped(run: Run, attention: Attention) -> FusedMapping:
    """The run's dataflow for one of the kinds of attention layer of its workload."""
    own = attention == run.workload.attention
    return map_dataflow(
        attention,
        run.architecture,
        run.dataflow,
        run.energies,
        spill=run.setting.overflow == "spill",
        softmax=run.setting.softmax,
        constraints=run.constraints if own else layer_constraints(attention, run.architecture),
    )


def _through_timeloop(
    run: Run,
    engine: TimeloopEngine,
    einsum: Einsum,
    mapping: OperatorMapping,
    shared: tuple[str, ...],
    place: Path,
) -> EngineRun:
    folder = place / safe_name(einsum.name)
    if run.mapper is None:
        return engine.run(einsum, run.architecture, mapping, run.energies, folder=folder)
    return engine.search(
        einsum,
        run.architecture,
        mapping,
        run.energies,
        shared=shared,
        settings=run.mapper,
        fixed=directives_of(_constraints(run, einsum), einsum, run.architecture),
        folder=folder,
    )


def _constraints(run: Run, einsum: Einsum) -> Constraints:
    attention = run.workload.attention.einsums()
    if einsum.name in {each.name for each in attention}:
        return run.constraints.get(einsum.name, Constraints())
    return of_architecture(einsum, run.architecture, attention)


def _check_build(run: Run, engine: TimeloopEngine) -> None:
    """Workers may have another Timeloop than the machine that planned the run."""
    found = engine.identity(MAPPER if run.mapper else MODEL)
    if found != run.engine.identity:
        raise ProgramMissing(
            "another build of Timeloop than the batch was planned with",
            value=found,
            expected=run.engine.identity,
        )


def _call(call: EngineRun) -> dict[str, Any]:
    return {"command": list(call.command), "seconds": call.seconds, "complete": call.complete}
