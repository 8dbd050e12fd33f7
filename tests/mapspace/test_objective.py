"""Objectives: what is better, what may still be, and fronts of two metrics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.objective import (
    Best,
    Front,
    Metrics,
    check_objective,
    front_for,
    objective_for,
    ranking,
    staircase,
)

KNOWN, UNKNOWN = flat.energy_table("edge"), EnergyTable(unknown="nobody was asked")


def metrics(*rows):
    """Of (energy, latency, traffic, footprint)."""
    return Metrics(*np.array(rows, dtype=float).T)


def test_energy_delay_is_a_product():
    found = metrics((2, 3, 5, 7))
    assert [found[name][0] for name in ("edp", "energy", "latency", "traffic", "footprint")] == [
        6,
        2,
        3,
        5,
        7,
    ]
    assert found.at(0) == (2, 3, 5, 7)
    assert metrics((1, 1, 1, 1), (2, 3, 5, 7)).take(np.array([1])).at(0) == (2, 3, 5, 7)
    wide = Metrics(np.array([1.0]), np.array([1.0, 2.0]), np.array(3.0), np.array([[1.0], [2.0]])).broadcast()
    assert wide.energy.shape == wide.footprint.shape == (2, 2)
    assert [column[0] for column in ranking("traffic", found)] == [5, 6, 2, 3, 7]


def test_what_is_asked_for():
    assert objective_for(None, KNOWN) == "edp" and objective_for(None, UNKNOWN) == "latency"
    assert objective_for("traffic", UNKNOWN) == "traffic" and check_objective("edp") == "edp"
    assert front_for("energy-latency", KNOWN) == ("energy", "latency")
    assert front_for("footprint-traffic", UNKNOWN) == ("footprint", "traffic")
    for name in ("edp", "energy"):
        with pytest.raises(FlatError, match=f"objective: .*{name}"):
            objective_for(name, UNKNOWN)
    with pytest.raises(FlatError, match="pareto: .*the front energy-latency"):
        front_for("energy-latency", UNKNOWN)
    with pytest.raises(FlatError, match="objective: unknown objective"):
        Best("speed")
    with pytest.raises(FlatError, match="pareto: unknown front"):
        front_for("latency-energy", KNOWN)


def kept(found, rows):
    """With these rows offered one by one, each with its number."""
    for n, row in enumerate(rows):
        own = metrics(row)
        chosen = found.choose(own)
        found.keep(chosen, own, [n] * len(chosen))
    return found


def best(*rows, objective="latency"):
    return kept(Best(objective), rows)


def test_the_best_by_the_objective_and_then_by_the_others():
    assert best((5, 3, 9, 9), (9, 2, 9, 9), (1, 4, 1, 1)).payload == 1
    assert best((5, 3, 9, 9), (4, 3, 9, 9)).payload == 1  # as fast, of less energy
    assert best((5, 3, 9, 9), (5, 3, 9, 9)).payload == 0  # the first of equal ones
    assert best((5, 3, 9, 9), (5, 3, 9, 8)).payload == 1
    assert best((float("inf"), 1, 1, 1)).empty
    assert best((5, 3, 9, 9)).metrics.at(0) == (5, 3, 9, 9)
    assert best((5, 3, 9, 9), objective="edp").rank == (15, 5, 3, 9, 9)


def test_differences_of_rounding_are_none():
    assert best((5, 3, 9, 9), (5, 3 * (1 - 1e-13), 9, 9)).payload == 0
    assert best((5, 3, 9, 9), (5, 3 * (1 - 1e-9), 9, 9)).payload == 1


def test_of_many_rows_the_best_is_chosen():
    rows = metrics((5, 3, 9, 9), (1, 2, 9, 9), (9, 2, 1, 1), (float("inf"), 1, 1, 1))
    assert Best("latency").choose(rows) == [1]
    assert best((1, 2, 9, 9)).choose(rows) == []
    assert Best("latency").choose(metrics((float("inf"), 1, 1, 1))) == []


def test_what_may_still_beat_the_best():
    found = best((5, 3, 9, 9))
    bounds = metrics(
        (9, 2, 9, 9), (4, 3, 9, 9), (5, 3, 9, 9), (6, 3, 1, 1), (1, 4, 1, 1), (float("inf"), 1, 1, 1)
    )
    assert found.promising(bounds).tolist() == [True, True, True, False, False, False]
    assert Best("latency").promising(bounds).tolist() == [True] * 5 + [False]


def front(*rows):
    return kept(Front(("energy", "latency")), rows)


def test_a_front_keeps_what_nothing_equals_or_beats():
    found = front((5, 5, 0, 0), (3, 7, 0, 0), (7, 3, 0, 0), (5, 5, 0, 0), (4, 6, 0, 0), (3, 6, 0, 0))
    assert found.points.tolist() == [[3, 6], [5, 5], [7, 3]]
    assert found.payloads == (5, 0, 2)
    assert found.promising(metrics((3, 6, 0, 0), (4, 5.5, 0, 0), (2, 9, 0, 0))).tolist() == [
        False,
        True,
        True,
    ]
    assert front().empty and not found.empty


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_a_staircase_is_what_no_other_equals_or_beats(points):
    table = np.array(points, dtype=float).reshape(-1, 2)
    found = [points[n] for n in staircase(table)]
    assert found == sorted(
        {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    )
