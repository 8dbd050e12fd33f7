"""Distinct columns are numpy's, and no code of ours asks numpy for them."""

import ast
from pathlib import Path

import numpy as np
import pytest

import flat_plugin
from flat_plugin.distinct import distinct_columns, equal_places


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("columns", [0, 1, 2, 300])
@pytest.mark.parametrize("kind", [np.int64, np.float64, np.bool_])
def test_they_are_those_of_numpy_in_its_order(rows: int, columns: int, kind: type) -> None:
    table = np.random.default_rng(rows * columns).integers(-2, 3, (rows, columns)).astype(kind)
    found, which = distinct_columns(table)
    if columns:
        expected, numbers = np.unique(table, axis=1, return_inverse=True)
        assert (found == expected).all()
        assert (which == numbers.reshape(-1)).all()
    assert (found[:, which] == table).all()
    assert found.dtype == table.dtype


def test_columns_of_no_rows_are_one() -> None:
    found, which = distinct_columns(np.empty((0, 3)))
    assert found.shape == (0, 1)
    assert which.tolist() == [0, 0, 0]


def test_places_of_equal_numbers_are_in_the_order_of_the_numbers() -> None:
    numbers = np.array([3, 1, 3, 2, 1, 3])
    assert [places.tolist() for places in equal_places(numbers)] == [[1, 4], [3], [0, 2, 5]]
    assert equal_places(numbers[:0]) == []


def test_no_structures_are_compared() -> None:
    """``numpy.unique`` along an axis turns Ctrl-C into a TypeError."""
    for path in Path(flat_plugin.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("np.unique"):
                assert not [each for each in node.keywords if each.arg == "axis"], path
