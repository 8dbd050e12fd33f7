"""How each workload is run on a chip, as the budgets and objectives of an exploration say."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.choosing import Rule
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import MAPPED, OF_CHIP, Totals
from flat_plugin.exploration.fronts import ROUNDING

_POWERS = ("edp", "energy", "latency")  # what keeping a power depends on


def rules_of(asked: Exploration, leakage: float | None = None) -> tuple[Rule, ...]:
    """One for each workload; a cap below a ``leakage`` [W], which no waiting keeps, is none."""
    found = []
    for number, case in enumerate(asked.cases):
        own = tuple(budget for budget in case.budgets if budget.figure != "power")
        pace = asked.pace(number) if "power" in asked.objectives else 0.0
        rule = Rule(case.weight, cap_of(asked.limited, number), pace, own)
        found.append(rule if leakage is None or rule.cap > leakage else replace(rule, cap=inf))
    return tuple(found)


def cap_of(budgets: tuple[Budget, ...], number: int) -> float:
    """W that a workload may draw: a budget of all holds for each of them."""
    return min((b.most for b in budgets if b.figure == "power" and b.case in (None, number)), default=inf)


def needs_of(asked: Exploration, number: int) -> tuple[str, ...]:
    """The figures of a workload that decide whether a chip may be the best."""
    budgets = [b.figure for b in asked.limited if b.case in (None, number) and b.figure not in OF_CHIP]
    wanted = [name for name in (*asked.objectives, *budgets) if name not in OF_CHIP]
    found = {figure for name in wanted for figure in (_POWERS if name == "power" else (name,))}
    return tuple(name for name in MAPPED if name in found) or MAPPED[:1]


def named(asked: Exploration, budget: Budget) -> str:
    """A budget as reasons have it."""
    return f"budget of {_said(asked, budget)}"


def missed(asked: Exploration, totals: Totals) -> dict[str, float]:
    """Budget -> how far over it, relative; empty where all are met."""
    found: dict[str, float] = {}
    for budget in asked.limited:
        if (over := budget.over(totals)) > ROUNDING:
            name = _said(asked, budget)
            found[name] = max(over, found.get(name, 0.0))
    return found


def _said(asked: Exploration, budget: Budget) -> str:
    several = budget.case is not None and len(asked.cases) > 1
    return f"{budget.figure} of {asked.cases[budget.case or 0].name}" if several else budget.figure
