"""One operator under a mask: no bound is above what is counted, and its tilings are those of the mask."""

from dataclasses import replace

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import families_of
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.masked.build import Problem, masked_search
from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.mapspace.operator_side import Points
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

FIGURES = ("cycles", "steps", "energy", "traffic")
CASES = [
    ("causal", "registers", "base-opt"),
    ("causal", "one-word", "flat-opt"),
    ("window=2", "linked", "flash"),
    ("causal,topk=2", "one-word", "base-opt"),
]


def sides(mask: str, name: str, family: str) -> tuple[MaskedSide, ...]:
    attention = Attention(1, 1, 4, 4, 1, mask=mask_of(mask))
    square = replace(attention, mask=mask_of("full"))
    free = {operator: Limits() for operator in ("logit", "attend")}
    problem = Problem(attention, square, ARCHITECTURES[name], ENERGIES, ENERGIES, "free", free)
    (one,) = families_of(parse_dataflow(family), square)
    return masked_search(problem, one).sides


def above(bound: Points, points: Points) -> list[str]:
    """Figures of which any bound is above what is counted."""
    return [name for name in FIGURES if (getattr(bound, name) > getattr(points, name) * (1 + 1e-9)).any()]


@pytest.mark.parametrize(("mask", "name", "family"), CASES)
def test_no_bound_is_above_what_is_counted(mask: str, name: str, family: str) -> None:
    for side in sides(mask, name, family):
        least = side.expand(np.arange(len(side.rows)))
        counted = side.counted(least)
        valid = np.flatnonzero(np.isfinite(counted.energy))
        assert len(valid) and above(least.take(valid), counted.take(valid)) == []
        outline = side.outline().take(least.row[valid])
        assert above(outline, counted.take(valid)) == []


def test_a_tile_of_all_keys_has_one_turn() -> None:
    (side, _) = sides("window=2", "registers", "base-opt")
    n = side.structure.core.index("N")
    rows = np.arange(len(side.rows))
    most = np.array([side.iterations[number].keys for number in side.rows.shared])
    whole = side.rows.extents[n] >= most
    turns = side.turns(rows)[n]
    assert (turns[whole] == 1).all() and (turns[~whole] > 1).all()
    assert (side.rows.trips[n][whole] > 1).any()  # as the full square has them


def test_tilings_that_are_left_out_are_gone() -> None:
    (side, _) = sides("causal", "registers", "base-opt")
    before, some = side.outline(), np.array([3, 5])
    side.only(some)
    assert len(side.rows) == 2
    assert side.outline().traffic.tolist() == before.traffic[some].tolist()
