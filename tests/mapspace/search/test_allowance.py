"""What an operator may cost by its cycles: never less than the limit itself."""

import numpy as np

from flat_plugin.mapspace.search.allowance import allowance_of


def falling(steps):
    return 1000 / steps


def test_exact_where_cycles_are_known_and_no_less_elsewhere():
    allowance = allowance_of(np.array([20.0, 35.0, 90.0]), falling)
    assert allowance.of(np.array([20.0, 35.0, 90.0])).tolist() == [50.0, 1000 / 35, 1000 / 90]
    steps = np.linspace(20, 1280, 500)
    assert (allowance.of(steps) >= falling(steps)).all()
    assert (allowance.of(steps) <= 1.005 * falling(steps)).all()
    assert allowance.of(np.array([19.0])).tolist() == [np.inf]


def test_most_cycles_of_something_of_so_many_pj():
    allowance = allowance_of(np.array([20.0]), falling)
    assert 40.0 <= allowance.most_steps(25.0) <= 1.01 * 40.0
    assert allowance.most_steps(51.0) == 0.0  # nothing may
    assert allowance.most_steps(0.0) == np.inf


def test_nothing_is_known_of_no_cycles():
    assert allowance_of(np.empty(0), falling).of(np.array([3.0])).tolist() == [1000.0]
