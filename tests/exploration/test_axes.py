"""Axes: lists, ranges and powers."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.exploration.axes import read_axis


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([64, 128], (64, 128)),
        ({"from": 64, "to": 256, "step": 64}, (64, 128, 192, 256)),
        ({"from": 64, "to": 250, "step": 64}, (64, 128, 192)),
        ({"from": 16, "to": 256, "times": 2}, (16, 32, 64, 128, 256)),
        ({"from": 0.5, "to": 1.5, "step": 0.5}, (0.5, 1.0, 1.5)),
        ({"from": 0.1, "to": 0.3, "step": 0.1}, (0.1, 0.2, 0.30000000000000004)),
        ([[16, 16], [32, 8]], ((16, 16), (32, 8))),
        (["LPDDR4", "HBM2E"], ("LPDDR4", "HBM2E")),
    ],
)
def test_values(given, values):
    axis = read_axis("x", given)
    assert axis.values == values
    assert [type(v) for v in axis.values] == [type(v) for v in values]


@pytest.mark.parametrize(
    "given",
    [
        [], None, 3, "3", {}, [1, "a"], [1, 1], [True], [float("nan")], [[1.5, 2]], [None], ["  "],
        {"from": 1, "to": 2}, {"from": 2, "to": 1, "step": 1}, {"from": 1, "to": 2, "step": 0},
        {"from": 1, "to": 9, "times": 1}, {"from": 1, "to": 9, "step": 1, "times": 2},
        {"from": 0, "to": 2**60, "step": 1}, {"from": 1, "to": 1e9, "step": 1},
    ],
)  # fmt: skip
def test_what_is_no_axis_is_refused(given):
    with pytest.raises(FlatError):
        read_axis("x", given)
