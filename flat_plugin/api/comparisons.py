"""``compare``: two results, or two answers to one question, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from itertools import islice
from pathlib import Path
from typing import Unpack

from flat_plugin import defaults
from flat_plugin.api.estimates import asked_of, engine_of
from flat_plugin.architecture import Architecture, Platform, list_architectures
from flat_plugin.arguments import checked
from flat_plugin.documents import load_timeloopfe
from flat_plugin.engines.choose import ENGINES, needs_divisors
from flat_plugin.engines.protocol import Engine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.model.estimate import Estimate
from flat_plugin.paths import exists
from flat_plugin.question.answer import answered
from flat_plugin.question.latent_forms import answer_of
from flat_plugin.question.options import Asked
from flat_plugin.question.question import Question
from flat_plugin.question.settled import settled
from flat_plugin.report.analysis.compare import Difference, Side, difference, side
from flat_plugin.report.read.results import read_run
from flat_plugin.wording import meant
from flat_plugin.workload.sized_workload import Workload
from flat_plugin.workload.trace import Trace


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
        dataflow: for both, unless they name one; if not given ``flat-r``, or ``base`` for a trace.
        seq: this and all below as for :func:`flat_plugin.estimate`.

    Raises:
        FlatError: ``a`` or ``b`` is none of these, a name comes without a workload, or two results come with
            one.
    """
    if all(map(_is_result, (a, b))):
        both = {"workload": workload, "architecture": architecture, "dataflow": dataflow, "level": level}
        _refuse_question({**both, **asked, "engine": engine, "time_limit": time_limit})
    if dataflow is None and asked["mapping"] is None:
        dataflow = defaults.TRACED if isinstance(workload, Trace) else defaults.EXPLAINED

    def asked_by(side: _Choice) -> _Asked:
        if workload is None:
            raise FlatError("no workload", value=side.name, expected="a model, or the folder of a run")
        on, by = side.architecture or architecture, side.dataflow or dataflow
        forms = asked_of(workload, on, by, defaults.ESTIMATED, level, defaults.EXPERTS, asked)
        return _Asked(side.name, forms, engine_of(side.engine or engine, time_limit))

    sides = [_result(each) or asked_by(_choice(each)) for each in (a, b)]
    return difference(*_answered(sides))


@dataclass(frozen=True)
class _Choice:
    """What one side has of its own; None is what both have."""

    name: str
    architecture: Architecture | str | None = None
    dataflow: str | None = None
    engine: str | None = None


@dataclass(frozen=True)
class _Asked:
    """One side that is estimated: a question for each form of latent attention."""

    name: str
    forms: tuple[Question, ...]
    engine: Engine


def _answered(sides: Sequence[Side | _Asked]) -> Iterator[Side]:
    """Results as they are, and answers by searches that have the same factors where nobody says which."""
    asked = [each for each in sides if isinstance(each, _Asked)]
    divides = next(filter(None, (needs_divisors(each.engine.identity()) for each in asked)), "")
    together = iter(settled([form for each in asked for form in each.forms], divides))
    for each in sides:
        if isinstance(each, Side):
            yield each
            continue
        forms = [*islice(together, len(each.forms))]
        yield side(answer_of(forms, partial(answered, engine=each.engine)), each.name)


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


def _result(given: Estimate | Architecture | str | Path) -> Side | None:
    """A side that is a result; None of one that has to be estimated."""
    if not _is_result(given):
        return None
    if isinstance(given, Estimate):
        return side(given, given.dataflow)
    run = read_run(Path(given))  # type: ignore[arg-type]
    name = f"{run.name[:8]} ({run.inputs['dataflow']})"
    return Side(name, run.estimate, run.inputs.get("softmax"), run.outer["word_bits"])


def kind_of_file(given: str | Path) -> str | None:
    """Whether a YAML file has a dataflow or an architecture; None of what is no YAML file."""
    if Path(given).suffix.lower() not in (".yaml", ".yml"):
        return None
    return "dataflow" if "dataflow" in load_timeloopfe(Path(given)) else "architecture"


def _choice(given: Estimate | Architecture | str | Path) -> _Choice:
    """Which of an estimate's arguments an architecture, a name or a file is a choice of."""
    if isinstance(given, Architecture):
        return _Choice(given.name, architecture=given)
    name = str(given)
    kind = kind_of_file(name)
    if name in list_architectures() or kind == "architecture":
        return _Choice(Path(name).stem if kind else name, architecture=name)
    if name in ENGINES:
        return _Choice(name, engine=name)
    if kind == "dataflow":
        return _Choice(Path(name).stem, dataflow=name)
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
