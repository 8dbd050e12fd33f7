"""What something must cost to be better than what was found, or than a ceiling."""

import numpy as np
import pytest

from flat_plugin.mapspace.objective import Best, Front, Metrics
from flat_plugin.mapspace.search.bar import Bar


def metrics(energy, latency, traffic=0.0, footprint=0.0):
    return Metrics(*(np.array([float(value)]) for value in (energy, latency, traffic, footprint)))


def found(objective, *figures):
    best, known = Best(objective), metrics(*figures)
    best.keep(best.choose(known), known, ["a mapping"])
    return best


@pytest.mark.parametrize(
    "objective, rest, left",
    [
        ("edp", (40, 10), 60),  # 100 pJ × 10 cycles are as good
        ("edp", (40, 20), 10),
        ("energy", (40, 99), 60),
        ("latency", (40, 9), np.inf),  # faster, whatever it costs
        ("latency", (40, 10), 60),  # as fast: no worse in energy-delay
        ("latency", (40, 11), -np.inf),
    ],
)
def test_energy_left(objective, rest, left):
    assert Bar(found(objective, 100, 10)).energy_left(metrics(*rest))[0] == pytest.approx(left)


@pytest.mark.parametrize(
    "objective, rest, left",
    [
        ("edp", (40, 10), 59.9),  # a thousandth less than 100 pJ × 10 cycles
        ("energy", (40, 99), 59.9),
        ("latency", (40, 9.98), np.inf),
        ("latency", (1, 9.995), -np.inf),  # nearly as fast, whatever it costs
    ],
)
def test_what_is_hardly_better_is_not_looked_for(objective, rest, left):
    best = found(objective, 100, 10)
    best.slack = 1e-3
    bar = Bar(best)
    assert bar.energy_left(metrics(*rest))[0] == pytest.approx(left)
    assert bar.promising(metrics(99.8, 9.98)).all() and not bar.promising(metrics(99.99, 9.995)).any()


def test_a_ceiling_limits_before_anything_is_found():
    bar = Bar(Best("edp"), 500.0)
    assert bar.energy_left(metrics(10, 10))[0] == pytest.approx(40)
    assert bar.promising(metrics(50, 10)).all() and not bar.promising(metrics(51, 10)).any()


def test_what_does_not_fit_has_nothing_left():
    assert Bar(found("latency", 100, 10)).energy_left(metrics(np.inf, 5))[0] == -np.inf


def test_a_front_leaves_what_its_points_do_not_beat():
    front, known = Front(("energy", "latency")), metrics(100, 10)
    front.keep(front.choose(known), known, ["a mapping"])
    bar = Bar(front)
    assert bar.energy_left(metrics(40, 12))[0] == pytest.approx(60)
    assert bar.energy_left(metrics(40, 9))[0] == np.inf


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
@pytest.mark.parametrize("ceiling", [1e6, np.inf])
def test_nothing_is_left_of_what_does_not_fit_or_never_ends(objective, ceiling):
    bar = Bar(Best(objective), ceiling)
    assert bar.energy_left(metrics(np.inf, 10)) == -np.inf
    assert bar.energy_left(metrics(10, np.inf)) == -np.inf
    assert bar.energy_left(metrics(10, 10)) > 0
