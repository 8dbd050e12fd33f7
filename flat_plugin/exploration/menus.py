"""What a workload can cost on a chip: a menu of mappings, or what no mapping beats.

A menu holds the mappings that none of the others beats in latency and energy. A chip runs each workload by
one entry of its menu; which one, objectives and budgets decide (:mod:`.choosing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.figures import FRONT, MAPPED, Answer
from flat_plugin.mapspace.pareto import pareto_indices

MODES = (FRONT, *MAPPED)
_FIGURES = 4  # of an entry, before its source


@dataclass(frozen=True, eq=False)
class Menu:
    """Mappings; or entries that each are no better than some mapping of every chip that they bound.

    Attributes:
        latency: [entries] s.
        energy: [entries] J, with the leakage of what is in use.
        edp: [entries] J·s; of mappings the product of the two.
        leak: [entries] J of leakage in the energy.
        source: [entries, 3]: of which dataflow, which of ``MODES`` was asked, and which entry that is.
        reason: why there is none, where there is none.
    """

    latency: Array
    energy: Array
    edp: Array
    leak: Array
    source: NDArray[np.int64]
    reason: str = field(default="", compare=False)

    def __len__(self) -> int:
        return len(self.latency)

    def least(self, figure: str) -> float:
        """Of ``latency``, ``energy`` or ``edp``; infinite where nothing fits."""
        values: Array = getattr(self, figure)
        return float(values.min(initial=np.inf))

    def covers(self, other: Menu) -> bool:
        """Whether each entry of another is no better than one of these in anything."""
        held = [getattr(self, n)[:, None] <= getattr(other, n) for n in ("latency", "energy", "edp")]
        return bool(np.logical_and.reduce(held).any(axis=0).all())


def menu_of(answers: Mapping[str, Answer], family: int = 0) -> Menu:
    """What the answers for one workload on one chip by one dataflow offer, by what was asked for."""
    rows = [
        (latency, energy, latency * energy, leak, family, MODES.index(mode), entry)
        for mode, answer in answers.items()
        for entry, (latency, energy, leak) in enumerate(answer.points)
    ]
    return _front(np.array(rows).reshape(len(rows), _FIGURES + 3), _reasons(answers))


def bound_of(answers: Mapping[str, Answer]) -> Menu:
    """What no mapping beats, by the mappings that are the best in one figure each; one that was not asked
    for is bounded by 0."""
    if not all(answer.fits for answer in answers.values()):
        return _front(np.empty((0, _FIGURES + 3)), _reasons(answers))
    return point({figure: answer[figure] for figure, answer in answers.items()})


def point(figures: Mapping[str, float]) -> Menu:
    """A bound as a menu of one entry."""
    latency, energy = figures.get("latency", 0.0), figures.get("energy", 0.0)
    edp = max(figures.get("edp", 0.0), latency * energy)
    return _front(np.array([[latency, energy, edp, 0.0, 0, 0, 0]]), "")


def joined(menus: Sequence[Menu]) -> Menu:
    """The best of several dataflows."""
    rows = [np.column_stack([m.latency, m.energy, m.edp, m.leak, m.source]) for m in menus]
    reasons = dict.fromkeys(menu.reason for menu in menus if menu.reason)
    return _front(np.concatenate(rows), "; ".join(reasons))


def _reasons(answers: Mapping[str, Answer]) -> str:
    return next((answer.reason for answer in answers.values() if answer.reason), "")


def _front(rows: Array, reason: str) -> Menu:
    rows = rows[pareto_indices(rows[:, :3])] if len(rows) else rows
    latency, energy, edp, leak = rows[:, :_FIGURES].T
    return Menu(latency, energy, edp, leak, rows[:, _FIGURES:].astype(np.int64), "" if len(rows) else reason)
