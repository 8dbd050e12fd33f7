"""``solve``: inverse questions, answered by processes of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from flat_plugin import defaults
from flat_plugin.architecture.overrides import OVERRIDES
from flat_plugin.arguments import Jobs, checked
from flat_plugin.batch.exploration_runs import answers_of
from flat_plugin.energy import ESTIMATORS
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.catalogue import figure_of, known_names, mode_of
from flat_plugin.exploration.expressions import Expression, parse
from flat_plugin.exploration.figures import MAPPED
from flat_plugin.exploration.solve import Curve, Inverse, Solution, solved
from flat_plugin.exploration.targets import Base, read_base
from flat_plugin.exploration.unknowns import Unknown, unknown_of
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.model.softmax import MODES
from flat_plugin.workload import Attention, Block, Mask, Model, parse_mask
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.sized_workload import Sized
from flat_plugin.workload.widths import Given as Widths
from flat_plugin.workload.widths import read_widths


@checked
def solve(
    unknown: str,
    workload: Attention | Block | Model | str,
    architecture: str | Path = defaults.ARCHITECTURE,
    *,
    until: str | None = None,
    where: str | None = None,
    values: str | Iterable[Any] | None = None,
    seq: int | None = None,
    queries: int | None = None,
    mask: Mask | str | Path | None = None,
    batch: int = defaults.BATCH,
    bits: Widths = None,
    set: Mapping[str, object] | None = None,
    level: str = defaults.LEVEL,
    dataflow: Dataflow | str | Iterable[Dataflow | str] = defaults.SEARCHED,
    objective: str | None = None,
    softmax: str = defaults.SOFTMAX,
    estimator: str = defaults.ESTIMATOR,
    every: bool = False,
    jobs: Jobs | None = 1,
) -> Solution:
    """At which values of an unknown a condition holds.

    Args:
        unknown: ``seq``, ``batch``, ``queries``, a key of ``set``, a variable of the architecture's file, or
            ``COMPONENT.attribute``.
        until: a condition on figures, such as ``cycles <= 1.1 * limit``: from which value on does it hold?
        where: the same, asked for all values at which it holds: ``flat-opt.edp > base-opt.edp``.
        values: a list, ``128..4096`` (by 1), ``128..4096/64`` (by 64) or ``128..65536*2`` (doubling); 8 or 16
            an octave if not given.
        dataflow: of which the best counts, where a condition names none.
        objective: what mappings of searched dataflows are the best in: ``edp``, ``energy`` or ``latency``; if
            not given what the condition is about.
        every: look at all values, whichever way the condition goes.
        jobs: processes of this machine; 1 is this process.

    The other arguments are as for :func:`flat_plugin.estimate`.

    Returns:
        Every crossing, and how it was found.

    Raises:
        FlatError: bad input, or a figure that nobody knows.
    """
    base, settings = read_base(str(architecture), Path()), set or {}
    listed = values if values is None or isinstance(values, str) else [*values]
    found = unknown_of(unknown, listed, base)
    read = parse_mask(mask) if isinstance(mask, str | Path) else mask
    sizes = {"seq": seq, "queries": queries, "mask": read, "batch": batch, "bits": read_widths(bits)}
    _check_free(found, sizes, settings, base)
    flows = _flows(dataflow)
    condition = _condition(until, where, flows)
    figures = [figure_of(name) for name in condition.names]
    flows = _with_named(flows, [family for family, _ in figures if family])
    for name, value, allowed in (
        ("level", level, LEVELS),
        ("softmax", softmax, MODES),
        ("estimator", estimator, ESTIMATORS),
        ("objective", objective or MAPPED[0], MAPPED),
    ):
        check_choice(name, value, allowed)
    mode = objective or mode_of({figure for _, figure in figures})
    case = Case(_name(workload), Sized(workload, **sizes), level)  # type: ignore[arg-type]
    first = until is not None
    asked = Inverse(found, condition, first, case, base, settings, flows, mode, softmax, estimator)
    with answers_of(jobs) as answering:
        return solved(asked, answering, every=every)


def _name(workload: Attention | Block | Model | str) -> str:
    return workload if isinstance(workload, str) else str(getattr(workload, "name", "attention"))


def _with_named(flows: tuple[Dataflow, ...], names: list[str]) -> tuple[Dataflow, ...]:
    """These and what a condition names besides."""
    own = {flow.name for flow in flows}
    return (*flows, *(parse_dataflow(name) for name in dict.fromkeys(names) if name not in own))


def _check_free(unknown: Unknown, sizes: Mapping[str, Any], settings: Mapping[str, Any], base: Base) -> None:
    """Raises: FlatError: the unknown is given as well; or a change of nothing."""
    given = sizes.get(unknown.name) if unknown.of_workload else settings.get(unknown.name)
    if given is not None and not (unknown.name == "batch" and given == defaults.BATCH):
        raise FlatError("it is unknown, and given", path=unknown.name, value=given, expected="one of the two")
    for name in settings:
        if not base.is_target(name):
            raise FlatError("unknown override", path=f"set.{name}", value=name, expected=(*OVERRIDES,))


def _condition(until: str | None, where: str | None, flows: tuple[Dataflow, ...]) -> Expression:
    if (until is None) == (where is None):
        raise FlatError("one condition", path="until", value=until, expected="until or where")
    path = "until" if until is not None else "where"
    text = until if until is not None else where
    families = tuple(dict.fromkeys((*(f.name for f in flows), *(f.name for f in list_dataflows()))))
    found = parse(text, path, known_names(families))
    if not found.names:
        raise FlatError("the condition names no figure", path=path, value=text, expected=known_names(()))
    return found


def _flows(dataflow: Dataflow | str | Iterable[Dataflow | str]) -> tuple[Dataflow, ...]:
    given = [dataflow] if isinstance(dataflow, Dataflow) else dataflow
    names = given.split(",") if isinstance(given, str) else [*given]
    return tuple(flow if isinstance(flow, Dataflow) else parse_dataflow(flow.strip()) for flow in names)


@checked
def solve_over(name: str, among: str | Iterable[Any], **asked: Any) -> Curve:
    """The answer for each value of something else: a curve of crossings.

    Args:
        name: of a size or a change of the architecture, as ``unknown`` of :func:`solve`.
        among: its values, as ``values`` of :func:`solve`, whose arguments the others are.

    Raises:
        FlatError: as of :func:`solve`; or it is the unknown itself.
    """
    base = read_base(str(asked.get("architecture", defaults.ARCHITECTURE)), Path())
    listed = among if isinstance(among, str) else [*among]
    second = unknown_of(name, listed, base, "over")
    if second.name == asked.get("unknown"):
        raise FlatError("it is the unknown", path="over", value=name, expected="something else")
    given = asked.get(name) if second.of_workload else (asked.get("set") or {}).get(name)
    if given is not None and not (name == "batch" and given == defaults.BATCH):
        raise FlatError("it is given as well", path="over", value=name, expected="one of the two")
    found = []
    for place, value in enumerate(second.axis.values):
        changed = dict(asked)
        if second.of_workload:
            changed[name] = value
        else:
            changed["set"] = {**(asked.get("set") or {}), **second.settings(place)}
        found.append((value, solve(**changed)))
    return Curve(name, tuple(found))
