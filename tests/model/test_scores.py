"""Numbers, or one for each kind of iteration."""

import numpy as np

from flat_plugin.model.scores import KindsOfScores, least, most
from flat_plugin.workload.widths import Widths


def test_numbers_and_kinds_mix() -> None:
    kinds = np.array([1, 5])
    assert most(2, 3) == 3 and least(2, 3) == 2
    assert most(2, kinds, 4).tolist() == [4, 5] and least(kinds, 3).tolist() == [1, 3]


def test_elements_are_the_product_of_the_sizes() -> None:
    scores = KindsOfScores({"B": 2, "M": np.array([3, 4]), "N": 10}, 64, Widths())
    assert scores.softmax_elements.tolist() == [60, 80] and scores.keys == 10
