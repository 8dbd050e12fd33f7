"""``compare``: two results, or two answers to one question, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Unpack

from flat_plugin import defaults
from flat_plugin.api.estimates import estimate
from flat_plugin.api.inputs import counts_squares
from flat_plugin.architecture import Architecture, Platform, list_architectures
from flat_plugin.arguments import checked
from flat_plugin.documents import load_timeloopfe
from flat_plugin.engines.choose import ENGINES
from flat_plugin.engines.protocol import Engine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.model.estimate import Estimate
from flat_plugin.paths import exists
from flat_plugin.question.options import Asked
from flat_plugin.report.analysis.compare import Difference, Side, difference, side
from flat_plugin.report.read.results import read_run
from flat_plugin.wording import meant
from flat_plugin.workload import Model, find_model
from flat_plugin.workload.sized_workload import Workload


def _any_square(factors: str | None, *sides: object) -> bool:
    """Whether any side is a dataflow whose search knows no masks."""
    return any(isinstance(side, str | Dataflow) and counts_squares(side, factors) for side in sides)


@checked
def compare(
    a: Estimate | Architecture | str | Path,
    b: Estimate | Architecture | str | Path,
    workload: Workload | str | None = None,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    dataflow: Dataflow | str | None = None,
    *,
    level: str = defaults.LEVEL,
    engine: Engine | str = defaults.ENGINE,
    time_limit: float | None = None,
    **asked: Unpack[Asked],
) -> Difference:
    """Two results, or two answers to one question.

    Args:
        a: an estimate, a run's folder or ``result.json``; or what differs between two estimates of
            ``workload``: a dataflow or an architecture by name or file, an engine by name, or an architecture
            itself.
        b: likewise.
        workload: what both are estimated for, where they are names.
        architecture: for both, unless they name one.
        dataflow: for both, unless they name one; ``flat-r`` if not given.
        seq: this and all below as for :func:`flat_plugin.estimate`.

    Raises:
        FlatError: it is none of these, a name without a workload, or a question beside two results.
    """
    if all(map(_is_result, (a, b))):
        both = {"workload": workload, "architecture": architecture, "dataflow": dataflow, "level": level}
        _refuse_question({**both, **asked, "engine": engine, "time_limit": time_limit})
    if dataflow is None and asked["mapping"] is None:
        dataflow = defaults.EXPLAINED
    square = _any_square(asked["factors"], a, b, dataflow)
    if asked["mask"] is None and isinstance(workload, Model | str) and square:
        model = find_model(workload) if isinstance(workload, str) else workload
        workload = model.squares()  # both are counted as such searches count

    def estimated(side: _Choice) -> Estimate:
        if workload is None:
            raise FlatError("no workload", value=side.name, expected="a model, or the folder of a run")
        chosen = side.engine or engine
        on, by = side.architecture or architecture, side.dataflow or dataflow
        return estimate(workload, on, by, level=level, engine=chosen, time_limit=time_limit, **asked)

    return difference(*(_side(each, estimated) for each in (a, b)))


@dataclass(frozen=True)
class _Choice:
    """What one side has of its own; None is what both have."""

    name: str
    architecture: Architecture | str | None = None
    dataflow: str | None = None
    engine: str | None = None


def _is_result(given: Estimate | Architecture | str | Path) -> bool:
    if isinstance(given, Estimate | Architecture):
        return isinstance(given, Estimate)
    return exists(Path(given)) and kind_of_file(given) is None


def _refuse_question(given: Mapping[str, object]) -> None:
    """What is asked of estimates does nothing between two results.

    Raises:
        FlatError: something is asked.
    """
    parameters = signature(compare).parameters
    for name, value in given.items():
        if value != parameters[name].default:
            raise FlatError("does nothing between two results", path=name, value=value, expected=f"no {name}")


def _side(given: Estimate | Architecture | str | Path, asked: Callable[[_Choice], Estimate]) -> Side:
    if isinstance(given, Estimate):
        return side(given, given.dataflow)
    if isinstance(given, Architecture):
        return side(asked(_Choice(given.name, architecture=given)), given.name)
    if _is_result(given):
        run = read_run(Path(given))
        name = f"{run.name[:8]} ({run.inputs['dataflow']})"
        return Side(name, run.estimate, run.inputs.get("softmax"), run.outer["word_bits"])
    name = str(given)
    return side(asked(_choice(name)), Path(name).stem if kind_of_file(name) else name)


def kind_of_file(given: str | Path) -> str | None:
    """Whether a YAML file has a dataflow or an architecture; None of what is no YAML file."""
    if Path(given).suffix.lower() not in (".yaml", ".yml"):
        return None
    return "dataflow" if "dataflow" in load_timeloopfe(Path(given)) else "architecture"


def _choice(name: str) -> _Choice:
    """Which of an estimate's arguments a name, or a file, is a choice of."""
    if name in list_architectures() or kind_of_file(name) == "architecture":
        return _Choice(name, architecture=name)
    if name in ENGINES:
        return _Choice(name, engine=name)
    if kind_of_file(name) == "dataflow":
        return _Choice(name, dataflow=name)
    try:
        parse_dataflow(name)
    except FlatError:
        known = [*list_architectures(), *ENGINES, *(flow.name for flow in list_dataflows())]
        kinds = "a run's folder, its result.json, a dataflow, an architecture or an engine"
        near = meant(name, known)
        raise FlatError(
            "not a result and not a name", value=name, expected=f"{near}, or {kinds}" if near else kinds
        ) from None
    return _Choice(name, dataflow=name)
