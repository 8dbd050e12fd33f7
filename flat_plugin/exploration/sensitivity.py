"""How far the best chip stays the best when energies or areas are other than the tables say.

Estimators differ by more than 20 %. The energies (or the area) of each part are made larger and smaller by a
share, and the space is explored anew; where another chip is then the best, smaller shares are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.exploration.aims import Objectives
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.explorer import Explorer
from flat_plugin.exploration.fronts import ROUNDING
from flat_plugin.exploration.gains import evaluate
from flat_plugin.exploration.options import best_option
from flat_plugin.exploration.result import ExploreResult
from flat_plugin.exploration.rules import missed
from flat_plugin.exploration.run import best_of, known_of

_FORM = re.compile(r"(energies|areas)=(?:±|\+-)?(\d+(?:\.\d*)?)\s*%")
_HALVINGS = 3


@dataclass(frozen=True)
class Variation:
    """What is varied (energies, areas), and by what share at most."""

    what: str
    share: float


@dataclass(frozen=True)
class Robust:
    """One figure that was varied.

    Attributes:
        what: of which part, ``energies of GlobalBuffer`` or ``areas``.
        up: whether larger, or else smaller.
        share: by how much it was varied.
        holds: the largest share that was tried at which the best stays the best; 0 where at none.
        instead: the chip that is the best at ``share``; empty where it is still the same.
        loss: how much worse the best is than that one then, relative, by the (first) objective.
    """

    what: str
    up: bool
    share: float
    holds: float
    instead: str = ""
    loss: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def variations(text: str | None) -> tuple[Variation, ...]:
    """``energies=±20%``, ``areas=10%``, or both after each other with a comma.

    Raises:
        FlatError: not of that form.
    """
    found = []
    for part in (text or "").split(",") if text is not None else ():
        match = _FORM.fullmatch(part.strip())
        if match is None or not 0 < float(match[2]) < 100:
            raise FlatError(
                "nothing to vary", path="vary", value=text, expected="energies=±20% or areas=±20%"
            )
        found.append(Variation(match[1], float(match[2]) / 100))
    return tuple(found)


def robustness(found: ExploreResult, varied: tuple[Variation, ...], oracle: Oracle) -> Iterator[Robust]:
    """The best chip of a result under each variation, one after the other."""
    for variation in varied:
        for what, part in _parts(found, variation):
            for up in (False, True):
                yield _row(found, what, part, up, variation.share, oracle)


def _parts(found: ExploreResult, variation: Variation) -> Iterator[tuple[str, str]]:
    if variation.what == "areas":
        yield from ((f"area of {name}", f"area {name}") for name, each in _areas(found).items() if each)
        return
    assert found.best is not None
    for name in found.best.peaks:
        yield f"energies of {name}", name


def _areas(found: ExploreResult) -> Mapping[str, float | None]:
    assert found.best is not None
    return found.best.areas


def _row(found: ExploreResult, what: str, part: str, up: bool, share: float, oracle: Oracle) -> Robust:
    instead, loss = _under(found, part, share if up else -share, oracle)
    if not instead:
        return Robust(what, up, share, share)
    holds, tried = 0.0, share
    for _ in range(_HALVINGS):
        tried /= 2
        if not _under(found, part, tried if up else -tried, oracle)[0]:
            holds = tried
            break
    return Robust(what, up, share, holds, instead, loss)


def _under(found: ExploreResult, part: str, share: float, oracle: Oracle) -> tuple[str, float]:
    """(the chip that is better then, by how much); nothing where the best is still the best."""
    assert found.best is not None
    asked, design = found.asked, found.best.design
    known = known_of(asked, {part: 1 + share})
    evaluate(known, [design], oracle)
    own = best_option(known, design)
    explorer = Explorer(known, Objectives(asked), oracle)
    explorer.run()
    best = best_of(explorer)
    if best is None or own is None or best.design == design:
        return "", 0.0
    label = asked.space.label(best.design)
    if missed(asked, own.totals):
        return f"{label}: the best breaks a budget", 0.0
    loss = prod(own.values) / prod(best.values) - 1
    return (label, loss) if loss > ROUNDING else ("", 0.0)
