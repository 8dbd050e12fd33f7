"""Densities other than 1 are refused, wherever they stand."""

from typing import Any

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.densities import refuse_sparse

FIXED = {"distribution": "fixed-structured", "density": 1}


@pytest.mark.parametrize("density", [1, 1.0, FIXED, FIXED | {"distribution": "fixed_structured"}])
def test_dense_tensors_pass(density: Any) -> None:
    refuse_sparse({"commonDensity": density}, {"densities": {"A": density}}, "problem.instance", ["A"])


@pytest.mark.parametrize("density", [0.5, 0, True, "1", None, FIXED | {"density": 0.5}, {"density": 1}])
def test_others_are_refused(density: Any) -> None:
    with pytest.raises(FlatError, match=r"^problem\.instance\.densities\.A: sparse tensors are not modelled"):
        refuse_sparse({}, {"densities": {"A": density}}, "problem.instance", ["A"])


def test_a_data_space_that_is_not_there() -> None:
    with pytest.raises(FlatError, match="unknown data space .*'B'.* expected one of A"):
        refuse_sparse({}, {"densities": {"B": 1}}, "problem.instance", ["A"])
