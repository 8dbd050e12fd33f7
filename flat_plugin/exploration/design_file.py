"""The design file: what is free, what the chips are for, and what they may cost.

It is checked as a whole, and all that is wrong with it is reported together, each with its place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from flat_plugin import defaults
from flat_plugin.documents import Source, file_of, load
from flat_plugin.documents.problems import Problems
from flat_plugin.errors import FlatError
from flat_plugin.exploration.axes import Axis, read_axis
from flat_plugin.exploration.budgets import Budget, read_budgets
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.design_form import DesignForm
from flat_plugin.exploration.expressions import Expression, parse
from flat_plugin.exploration.figures import OBJECTIVES
from flat_plugin.exploration.space import Space, Tie
from flat_plugin.exploration.targets import Base, read_base
from flat_plugin.exploration.workload_entry import read_case
from flat_plugin.form_markers import CLOSED
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import dataflow_beside

_REQUIRED = ("architecture", "axes", "workloads")  # without these nothing else is looked at
FAMILIES = ("base-opt", "flat-opt")
_WORD = re.compile(r"[\w][\w.-]*")


@dataclass(frozen=True)
class Exploration:
    """What is asked of all designs.

    ``objectives`` are one or two of ``figures.OBJECTIVES``.
    """

    base: Base
    space: Space
    cases: tuple[Case, ...]
    dataflows: tuple[Dataflow, ...]
    objectives: tuple[str, ...]
    budgets: tuple[Budget, ...] = ()
    softmax: str = defaults.SOFTMAX
    areas: tuple[Tie, ...] = ()
    estimator: str = defaults.ESTIMATOR
    file: Path | None = field(default=None, compare=False)

    @property
    def figures(self) -> frozenset[str]:
        """What objectives and budgets are of."""
        return frozenset((*self.objectives, *(budget.figure for budget in self.limited)))

    @property
    def limited(self) -> tuple[Budget, ...]:
        """All budgets, those of single workloads too."""
        return (*self.budgets, *(budget for case in self.cases for budget in case.budgets))

    def pace(self, number: int) -> float:
        """The s that a run of a workload may take; 0 where no budget says."""
        alone = len(self.cases) == 1
        own = [b for b in self.limited if b.figure == "latency" and (b.case == number or alone)]
        return min((b.most / (1.0 if b.case == number else self.cases[0].weight) for b in own), default=0.0)


def read_design(source: Source) -> Exploration:
    """Read ``exploration: {…}`` (or its content) from a file, YAML text or a dictionary.

    Paths in it are relative to the file.

    Raises:
        FlatError: something is wrong with it; SeveralErrors if several things are.
    """
    file = file_of(source)
    problems = Problems("exploration", file)
    given = problems.under("exploration", load(source))
    content = problems.of_form(Annotated[DesignForm, CLOSED], given)
    if not {*_REQUIRED} <= content.keys():
        problems.raise_any()
    found = _Reading(content, problems, file).exploration()
    problems.raise_any()
    assert found is not None
    return found


class _Reading:
    """The parts of a design file, one after the other."""

    def __init__(self, content: Mapping[str, Any], problems: Problems, file: Path | None) -> None:
        self.content, self.problems, self.file = content, problems, file
        self.folder = file.parent if file else Path()

    def exploration(self) -> Exploration | None:
        """None where something is wrong."""
        content, problems = self.content, self.problems
        base = problems.attempt(
            "architecture", partial(read_base, folder=self.folder), content["architecture"]
        )
        axes = self._axes()
        ties = self._ties("set")
        areas = self._ties("area_um2")
        conditions = self._conditions()
        cases = self._cases()
        read_flow = partial(_dataflow, folder=self.folder)
        dataflows = problems.each("dataflows", content, read_flow, list(FAMILIES))
        problems.distinct("dataflows", [flow.name for flow in dataflows])
        budgets = problems.attempt("budgets", read_budgets, content.get("budgets", {}), inner=True)
        limited = [*(budgets[0] if budgets else ()), *(each for case in cases for each in case.budgets)]
        objectives = self._objectives(cases, limited)
        softmax = content.get("softmax", defaults.SOFTMAX)
        estimator = content.get("estimator", defaults.ESTIMATOR)
        if not (base and budgets and axes and cases and dataflows and objectives):
            return None
        space = self._space(base[0], axes, ties, areas, conditions)
        return Exploration(
            base[0], space, cases, dataflows, objectives, budgets[0], softmax, areas, estimator,
            self.file,
        )  # fmt: skip

    def _axes(self) -> tuple[Axis, ...]:
        found = [
            self.problems.attempt(f"axes.{name}", partial(read_axis, str(name)), values, inner=True)
            for name, values in self.content["axes"].items()
        ]
        return tuple(axis for axes in found for axis in axes)

    def _ties(self, key: str) -> tuple[Tie, ...]:
        found = []
        for name, value in self.content.get(key, {}).items():
            read = partial(_tie, str(name), f"exploration.{key}.{name}", self._known)
            found += self.problems.attempt(f"{key}.{name}", read, value)
        return tuple(found)

    @property
    def _known(self) -> list[str]:
        """The names of the axes, whether they can be read or not."""
        return [str(name) for name in self.content["axes"]]

    def _conditions(self) -> tuple[Expression, ...]:
        known = self._known
        return self.problems.each("where", self.content, lambda text: parse(text, "exploration.where", known))

    def _cases(self) -> tuple[Case, ...]:
        entries = self.content["workloads"]
        entries = entries if isinstance(entries, list) else [entries]
        found: list[Case] = []
        for number, entry in enumerate(entries):
            read = partial(read_case, number=number, folder=self.folder)
            found += self.problems.attempt(f"workloads[{number}]", read, entry, inner=True)
        self.problems.distinct("workloads", [case.name for case in found])
        return tuple(found)

    def _objectives(self, cases: Sequence[Case], budgets: Sequence[Budget]) -> tuple[str, ...]:
        given = self.content.get("objective", "edp")
        names = given if isinstance(given, list) else [given]
        if not 1 <= len(names) <= 2 or len(set(map(str, names))) < len(names):
            self.problems.fail("objective", "not an objective or two", given, OBJECTIVES)
            return ()
        if "power" in names and not _paced(cases, budgets):
            self.problems.fail(
                "objective", "the power of a chip that may wait follows from how often it runs", "power",
                "latency_s or runs_per_s among the budgets of each workload",
            )  # fmt: skip
        return tuple(names)

    def _space(
        self,
        base: Base,
        axes: tuple[Axis, ...],
        ties: tuple[Tie, ...],
        areas: tuple[Tie, ...],
        conditions: tuple[Expression, ...],
    ) -> Space:
        targets = frozenset(axis.name for axis in axes if base.is_target(axis.name))
        known = (*base.variables, *(f"{name}.<attribute>" for name in base.names))
        for tie in ties:
            if not base.is_target(tie.target):
                self.problems.fail(f"set.{tie.target}", "nothing to set", tie.target, _settable(known))
            if tie.target in targets:
                self.problems.fail(f"set.{tie.target}", "an axis sets it", tie.target, "one of the two")
        used = {name for tie in (*ties, *areas) for name in tie.names}
        for axis in axes:
            if axis.name not in targets and axis.name not in used:
                self.problems.fail(
                    f"axes.{axis.name}", "it sets nothing, and no expression of set uses it",
                    axis.name, _settable(known),
                )  # fmt: skip
        return Space(axes, ties, conditions, targets)


def _settable(known: Sequence[str]) -> str:
    from flat_plugin.architecture.overrides import OVERRIDES

    return ", ".join((*OVERRIDES, *known))


def _paced(cases: Sequence[Case], budgets: Sequence[Budget]) -> bool:
    """Whether every workload has a budget of latency."""
    own = {budget.case for budget in budgets if budget.figure == "latency"}
    return all(number in own or (len(cases) == 1 and None in own) for number in range(len(cases)))


def _dataflow(name: Any, folder: Path) -> Dataflow:
    if not isinstance(name, str):
        raise FlatError("not a dataflow", value=name, expected="a name, such as flat-opt, or a file")
    flow = dataflow_beside(name, folder)
    return flow.with_factors("perfect") if flow.open else flow  # designs share the menus of perfect ones


def _tie(target: str, path: str, known: Sequence[str], value: Any) -> Tie:
    """An expression over the axes, a plain value, or a list of several."""
    parts = value if isinstance(value, list) else [value]
    if not parts:
        raise FlatError("nothing to set", value=value, expected="an expression, or a value")
    expressions = tuple(parse(_quoted(part, known), path, known) for part in parts)
    return Tie(target, expressions)


def _quoted(part: Any, known: Sequence[str]) -> Any:
    """A number or a plain word (``HBM2E``, ``22nm``) as an expression."""
    if isinstance(part, bool) or not isinstance(part, str | int | float):
        raise FlatError("not a value", value=part, expected="a number, a text or an expression")
    if not isinstance(part, str):
        return repr(part)
    word = _WORD.fullmatch(part.strip()) and part.strip() not in known
    return repr(part.strip()) if word and not part.strip().replace(".", "").isdigit() else part
