"""``solve``: inverse questions, answered by processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack, cast

from flat_plugin import defaults
from flat_plugin.architecture.overrides import OVERRIDES
from flat_plugin.arguments import Jobs, checked
from flat_plugin.batch.exploration_runs import answers_of
from flat_plugin.energy import ESTIMATORS
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.catalogue import check_condition, figure_of, known_names, mode_of
from flat_plugin.exploration.checks import check_read
from flat_plugin.exploration.expressions import Expression, parse
from flat_plugin.exploration.figures import MAPPED
from flat_plugin.exploration.solve import Curve, Inverse, Solution, settled_alike, solved
from flat_plugin.exploration.targets import Base, read_base
from flat_plugin.exploration.unknowns import Unknown, unknown_of
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import list_dataflows
from flat_plugin.model.softmax import MODES
from flat_plugin.question.from_user import flow_of
from flat_plugin.question.options import Changed, sized
from flat_plugin.workload import parse_mask
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.sized_workload import Sized, Workload
from flat_plugin.workload.widths import read_widths


class Conditions(Changed, total=False):
    """What :func:`solve` takes besides an unknown, a workload and an architecture."""

    until: str | None
    where: str | None
    values: str | Iterable[Any] | None
    estimator: str
    level: str
    dataflow: Dataflow | str | Iterable[Dataflow | str]
    objective: str | None
    softmax: str
    factors: str | None
    every: bool
    output: str | Path | None
    jobs: Jobs | None
    progress: Callable[[int], None] | None


@checked
def solve(
    unknown: str,
    workload: Workload | str,
    architecture: str | Path = defaults.ARCHITECTURE,
    **asked: Unpack[Conditions],
) -> Solution:
    """At which values of an unknown a condition holds.

    Args:
        unknown: ``seq``, ``batch``, ``queries``, a key of ``set``, a variable of the architecture's file, or
            ``COMPONENT.attribute``.
        until: a condition on figures, such as ``cycles <= 1.1 * limit``; the answer is the value from which
            it holds.
        where: a condition such as ``flat-opt.edp > base-opt.edp``; the answer is all values where it holds.
        values: a list, ``128..4096`` (by 1), ``128..4096/64`` (by 64) or ``128..65536*2`` (doubling); 8 or 16
            per octave if not given.
        dataflow: the best of these counts, where a condition names none.
        objective: what searched mappings minimize: ``edp``, ``energy`` or ``latency``; if not given, what the
            condition is about.
        factors: ``imperfect`` (tiles that need not divide the lengths) or ``perfect``; if not given those of
            :func:`flat_plugin.search`, the same for all values.
        every: try every value, however often the condition changes.
        output: a folder for the answers; run again, it continues. None keeps nothing.
        progress: called after each answer with their number.
        jobs: processes of this machine; 1 is this process.

    The other arguments are as for :func:`flat_plugin.estimate`.

    Returns:
        Every crossing, and how it was found.

    Raises:
        FlatError: bad input, or a figure that nobody knows.
    """
    (inverse,) = settled_alike([_inverse(unknown, workload, architecture, asked)])
    return _solved(inverse, asked)


def _solved(inverse: Inverse, asked: Conditions) -> Solution:
    with answers_of(asked["jobs"], asked["output"], asked["progress"]) as answering:
        return solved(inverse, answering, every=asked["every"])


def _inverse(unknown: str, workload: Workload | str, architecture: str | Path, asked: Conditions) -> Inverse:
    """What is asked; raises as :func:`solve`."""
    base, settings, values = read_base(str(architecture), Path()), asked["set"] or {}, asked["values"]
    listed = values if values is None or isinstance(values, str) else [*values]
    found = unknown_of(unknown, listed, base)
    mask, bits = asked["mask"], read_widths(asked["bits"])
    size = replace(
        sized(workload, asked), mask=parse_mask(mask) if isinstance(mask, str | Path) else mask, bits=bits
    )
    _check_given(found, size, asked, base)
    flows = _flows(asked["dataflow"], asked["factors"])
    condition = _condition(asked["until"], asked["where"], flows)
    figures = [figure_of(name) for name in condition.names]
    flows = _with_named(flows, [family for family, _ in figures if family], asked["factors"])
    level, softmax, estimator, mode = _choices(asked)
    return Inverse(
        found,
        condition,
        asked["until"] is not None,
        Case(_name(workload), size, level),
        base,
        settings,
        flows,
        mode or mode_of({figure for _, figure in figures}),
        softmax,
        estimator,
    )


def _choices(asked: Conditions) -> tuple[str, str, str, str | None]:
    """Level, softmax, estimator and objective. Raises: FlatError: there is no such one."""
    check_choice("level", asked["level"], LEVELS)
    check_choice("softmax", asked["softmax"], MODES)
    check_choice("estimator", asked["estimator"], ESTIMATORS)
    check_choice("objective", asked["objective"] or MAPPED[0], MAPPED)
    return asked["level"], asked["softmax"], asked["estimator"], asked["objective"]


def _name(workload: Workload | str) -> str:
    return workload if isinstance(workload, str) else str(getattr(workload, "name", "attention"))


def _with_named(flows: tuple[Dataflow, ...], names: list[str], factors: str | None) -> tuple[Dataflow, ...]:
    """These and what a condition names besides."""
    own = {flow.name for flow in flows}
    return (*flows, *(flow_of(name, factors=factors) for name in dict.fromkeys(names) if name not in own))


def _check_given(unknown: Unknown, size: Sized, asked: Conditions, base: Base) -> None:
    """Raises: FlatError: the unknown is given as well; or a change of nothing, or of what nothing reads."""
    settings = asked["set"] or {}
    given = getattr(size, unknown.name) if unknown.of_workload else settings.get(unknown.name)
    if given is not None and not (unknown.name == "batch" and given == defaults.BATCH):
        raise FlatError(
            "it is the unknown, so it cannot be given",
            path=unknown.name,
            value=given,
            expected="one of the two",
        )
    for name in settings:
        if not base.is_target(name):
            raise FlatError("unknown override", path=f"set.{name}", value=name, expected=(*OVERRIDES,))
    own = unknown.settings(0)
    place = lambda name: "unknown" if name in own else f"set.{name}"  # noqa: E731
    check_read(base, {**settings, **own}, place, asked["estimator"])


def _condition(until: str | None, where: str | None, flows: tuple[Dataflow, ...]) -> Expression:
    if (until is None) == (where is None):
        raise FlatError("one condition is needed", path="until", value=until, expected="until or where")
    path = "until" if until is not None else "where"
    text = until if until is not None else where
    families = tuple(dict.fromkeys((*(f.name for f in flows), *(f.name for f in list_dataflows()))))
    found = parse(text, path, known_names(families))
    if not found.names:
        raise FlatError("the condition names no figure", path=path, value=text, expected=known_names(()))
    check_condition(found)
    return found


def _flows(dataflow: Dataflow | str | Iterable[Dataflow | str], factors: str | None) -> tuple[Dataflow, ...]:
    given = [dataflow] if isinstance(dataflow, Dataflow) else dataflow
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else [*given]
    return tuple(flow_of(flow, factors=factors) for flow in names)


@checked
def solve_over(
    name: str,
    among: str | Iterable[Any],
    unknown: str,
    workload: Workload | str,
    architecture: str | Path = defaults.ARCHITECTURE,
    **asked: Unpack[Conditions],
) -> Curve:
    """The answer for each value of something else: a curve of crossings.

    Args:
        name: a size or a change to the architecture, as for ``unknown``.
        among: its values, as ``values`` of :func:`solve`.
        unknown: this and all below as for :func:`solve`.

    Raises:
        FlatError: as for :func:`solve`; or ``name`` is the unknown itself.
    """
    base = read_base(str(architecture), Path())
    listed = among if isinstance(among, str) else [*among]
    second = unknown_of(name, listed, base, "over")
    if second.name == unknown:
        raise FlatError("it is the unknown", path="over", value=name, expected="something else")
    settings = asked["set"] or {}
    given = getattr(sized(workload, asked), name) if second.of_workload else settings.get(name)
    if given is not None and not (name == "batch" and given == defaults.BATCH):
        raise FlatError(
            "it is varied, so it cannot be given", path="over", value=name, expected="one of the two"
        )
    inverses = []
    for place, value in enumerate(second.axis.values):
        one = {name: value} if second.of_workload else {"set": {**settings, **second.settings(place)}}
        changed = cast(Conditions, {**asked, **one})
        inverses.append(_inverse(unknown, workload, architecture, changed))
    found = [_solved(inverse, asked) for inverse in settled_alike(inverses)]
    return Curve(name, tuple(zip(second.axis.values, found, strict=True)))
