"""Einsums: dimensions with bounds, and the tensors that they index."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum, Tensor, gemm


def test_a_product_of_matrices():
    product = gemm("project", tokens=4, width_in=3, width_out=2)
    assert product.sizes == {"M": 4, "N": 2, "K": 3} and product.operations == 24
    assert {t.name: product.words(t) for t in product.tensors} == {"A": 12, "W": 6, "Z": 8}
    assert product.output.name == "Z" and product.plain and product.bits == {}


def test_a_window_is_read_from_its_first_word_to_its_last():
    read = Tensor.of_ranks("I", ((("P", 2), ("R", 1)),))
    layer = Einsum("conv", (("P", 5), ("R", 3)), (read, Tensor("O", ("P",), output=True)))
    assert layer.words("I") == 1 + 2 * 4 + 1 * 2
    assert not layer.plain and layer.coefficients == (2,)
    assert layer.unfolded.plain and layer.unfolded.words("I") == 15


def test_ranks_of_one_dimension_each_are_plain():
    assert Tensor.of_ranks("A", ((("M", 1),), (("K", 1),))) == Tensor("A", ("M", "K"))
    assert Tensor.of_ranks("A", ((("M", 1),), (("M", 1),))).windows  # a diagonal is not


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
def test_sizes_are_positive_whole_numbers(size):
    with pytest.raises(FlatError, match="product.M: a dimension's size must be a positive whole number"):
        Einsum("product", (("M", size),), (Tensor("Z", ("M",), output=True),))


def test_what_cannot_be_counted_exactly_is_refused():
    with pytest.raises(FlatError, match="more operations than can be counted exactly"):
        gemm("huge", 2**40 - 1, 2**20 - 1, 2**20 - 1)
