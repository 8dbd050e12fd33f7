"""What each dimension of an operator indexes."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.structure import divisors, structure_of
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor


def test_along_each_core_dimension_one_tensor_stays() -> None:
    found = structure_of(Attention(2, 3, 4, 5, 6).logit())
    assert (found.batch, found.core, found.sizes) == (("B", "H"), ("M", "N", "D"), (4, 5, 6))
    assert dict(zip(found.names, found.missing, strict=True)) == {"Q": (1,), "K": (0,), "S": (2,)}
    assert found.names[found.output] == "S"


def test_a_dimension_of_one_tensor_alone_is_refused() -> None:
    tensors = (Tensor("A", ("M", "K")), Tensor("B", ("K",)), Tensor("C", ("N",), output=True))
    with pytest.raises(FlatError, match="M is missing from B and C"):
        structure_of(Einsum("odd", (("M", 2), ("K", 2), ("N", 2)), tensors))


@pytest.mark.parametrize("number", [1, 2, 36, 97, 4096])
def test_divisors(number: int) -> None:
    assert divisors(number) == tuple(d for d in range(1, number + 1) if number % d == 0)
