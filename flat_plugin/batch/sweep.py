"""The sweep file: which models, lengths, architectures and dataflows a batch combines.

It is checked as a whole before anything runs, and all that is wrong with it is reported together,
each with its place in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from flat_plugin import defaults
from flat_plugin.architecture.energy_table import HOW
from flat_plugin.batch import sweep_entries
from flat_plugin.batch.run import EngineChoice
from flat_plugin.batch.sweep_entries import Machine, Space, Workload
from flat_plugin.batch.sweep_form import SweepForm
from flat_plugin.documents import Source, file_of, load
from flat_plugin.documents.problems import Problems
from flat_plugin.form_markers import CLOSED
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.programs.limits import OPERATOR_SECONDS
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.workload import Attention, Mask
from flat_plugin.workload.trace import Trace
from flat_plugin.workload.widths import Widths


@dataclass(frozen=True)
class Sweep:
    """Every axis resolved. ``seqs`` and ``masks`` may hold None, a model's own; time limit in seconds."""

    workloads: tuple[Workload, ...]
    seqs: tuple[int | None, ...]
    batches: tuple[int, ...]
    widths: tuple[Widths, ...]
    machines: tuple[Machine, ...]
    dataflows: tuple[Dataflow, ...]
    engines: tuple[EngineChoice, ...]
    masks: tuple[Mask | None, ...] = (None,)
    level: str = "attention"
    setting: Setting = field(default_factory=Setting)
    stage: tuple[str, ...] | None = None
    space: Space | None = None
    mapper: MapperSettings | None = None
    time_limit: float = OPERATOR_SECONDS
    include: tuple[Mapping[str, Any], ...] = ()
    exclude: tuple[Mapping[str, Any], ...] = ()


def read_sweep(source: Source, engine: str | None = None) -> Sweep:
    """Read ``sweep: {…}`` (or its content) from a file, YAML text or a dictionary.

    Paths in it are relative to the file.

    Args:
        engine: instead of the file's.

    Raises:
        FlatError: something is wrong with it; SeveralErrors if several things are.
    """
    file = file_of(source)
    problems = Problems("sweep", file)
    content = problems.under("sweep", load(source))
    content = {**content, "engine": engine} if engine else dict(content)
    sweep = _read(content, problems, file.parent if file else Path())
    problems.raise_any()
    return sweep


def _read(content: Mapping[str, Any], problems: Problems, folder: Path) -> Sweep:
    content = problems.of_form(Annotated[SweepForm, CLOSED], content)
    attempt, each, get = problems.attempt, problems.each, content.get
    (mapper,) = attempt("mapper", sweep_entries.mapper, content.get("mapper")) or [None]
    (stage,) = attempt("stage", sweep_entries.stage, content.get("stage")) or [None]
    (space,) = attempt("space", partial(sweep_entries.space, folder=folder), content.get("space")) or [None]
    (factors,) = attempt(
        "factors", partial(sweep_entries.factors, mapper=mapper), content.get("factors")
    ) or [None]
    (limit,) = attempt(
        "time_limit", sweep_entries.time_limit, content.get("time_limit", OPERATOR_SECONDS)
    ) or [0.0]
    match = partial(sweep_entries.match, folder=folder)
    read_flow = partial(sweep_entries.dataflow, stage=stage, factors=factors, folder=folder)
    sweep = Sweep(
        workloads=each("models", content, partial(sweep_entries.workload, folder=folder)),
        seqs=each("seq", content, sweep_entries.seq, [None]),
        batches=each("batch", content, sweep_entries.batch, [defaults.BATCH]),
        widths=each("bits", content, sweep_entries.bits, [None]),
        dataflows=each("dataflows", content, read_flow),
        machines=_machines(content, problems, folder),
        masks=each("mask", content, partial(sweep_entries.mask, folder=folder), [None]),
        engines=each("engine", content, partial(sweep_entries.engine, mapper=mapper), [defaults.ENGINE]),
        level=get("level", defaults.LEVEL),
        setting=Setting(
            get("softmax", defaults.SOFTMAX),
            get("overflow", defaults.OVERFLOW),
            get("skip", defaults.SKIP),
            get("elementwise", defaults.ELEMENTWISE),
        ),
        stage=stage,
        space=space,
        mapper=mapper,
        time_limit=limit,
        include=each("include", content, match),
        exclude=each("exclude", content, match),
    )
    _check_whole(sweep, content, problems)
    return sweep


def _machines(content: Mapping[str, Any], problems: Problems, folder: Path) -> tuple[Machine, ...]:
    """Every architecture under every set of overrides."""
    bases = problems.each(
        "architectures", content, partial(sweep_entries.base, folder=folder, ert=content.get("ert"))
    )
    problems.distinct("architectures", [base.name for base in bases])
    estimator = content.get("estimator", defaults.ESTIMATOR)
    found: list[Machine] = []
    for changes in problems.attempt("overrides", sweep_entries.overrides, content.get("overrides", [{}])):
        for base in bases:
            for index, change in enumerate(changes):
                path = f"overrides[{index}] on {base.name}" if change else f"architectures ({base.name})"
                read = partial(sweep_entries.machine, base, estimator=estimator)
                found += problems.attempt(path, read, change, inner=bool(change))
    return tuple(found)


def _check_whole(sweep: Sweep, content: Mapping[str, Any], problems: Problems) -> None:
    problems.distinct("models", [workload.name for workload in sweep.workloads])
    problems.distinct("dataflows", [flow.name for flow in sweep.dataflows])
    bare = [each.name for each in sweep.workloads if isinstance(each.source, Attention | Trace)]
    if sweep.level != "attention" and bare:
        problems.fail("level", f"{bare[0]} is only attention", sweep.level, "attention")
    if sweep.level == "attention" and sweep.setting.elementwise != defaults.ELEMENTWISE:
        message = "norms and activations do not change the attention"
        problems.fail("elementwise", message, sweep.setting.elementwise, "level: block or model")
    if sweep.mapper and sweep.engines and all(engine.name == "native" for engine in sweep.engines):
        found = " (auto is the native engine here)" if "auto" in _names(content.get("engine")) else ""
        problems.fail("mapper", f"only Timeloop searches{found}", expected="engine: timeloop")
    searched = [flow.name for flow in sweep.dataflows if flow.searched]
    if searched and sweep.setting.overflow == "spill":
        problems.fail("overflow", f"{searched[0]} is searched among what fits", "spill", "reject")
    if sweep.space and sweep.dataflows and not searched:
        expected = "a dataflow that is searched, such as flat-opt"
        problems.fail("space", "no dataflow of the sweep is searched", sweep.space.name, expected)
    platforms = [machine.platform for machine in sweep.machines]
    unknown = [each for each in platforms if not each.energies.known]
    if unknown and any(engine.name != "native" for engine in sweep.engines):
        message = f"Timeloop needs energies, and {unknown[0].architecture.name} has none"
        problems.fail("engine", f"{message}: {unknown[0].energies.unknown}", expected=f"native, or {HOW}")
    if sweep.space and sweep.mapper:
        problems.fail("space", "Timeloop's mapper keeps to none", sweep.space.name, "no mapper beside it")


def _names(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
