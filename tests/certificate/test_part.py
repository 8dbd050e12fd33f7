"""What is said of an operator's nests."""

import pytest

from flat_plugin.architecture.presets import find_architecture
from flat_plugin.certificate.part import Part
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention
from flat_plugin.workload.einsum import Einsum, Tensor

EDGE = find_architecture("edge")


def test_axes_are_what_tensors_miss():
    part = Part(Attention(2, 12, 100, 200, 64).logit(), EDGE)
    assert part.axes == (("N",), ("M",), ("D",)) and part.lengths == (200, 100, 64)
    assert part.problems == 24 and part.shared == 1 and part.mesh == (32, 32)


def test_heads_of_a_group_lie_on_the_axis_of_rows():
    part = Part(Attention(1, 8, 100, 200, 64, kv_heads=2).logit(), EDGE)
    assert part.axes[1] == ("G", "M") and part.lengths[1] == 400


def test_shared_iterations_bound_tiles_and_turns():
    part = Part(Attention(1, 1, 100, 200, 64).logit(), EDGE, tile={"M": (10, 30)})
    assert part.longest == (200, 30, 64) and part.shortest == (200, 10, 64)
    assert part.iterations == (1, 4, 1)


def test_what_a_memory_may_keep():
    part = Part(Attention(1, 1, 8, 8, 8).logit(), EDGE, held=frozenset("Q"), home={"S": 1}, taken=100)
    assert part.kept(1, "Q") == (True,) and part.kept(1, "K") == (True, False)
    assert part.kept(1, "S") == (True,) and part.kept(2, "Q") == (True, False)
    assert Part(part.einsum, EDGE, home={"S": 2}).kept(1, "S") == (False,)
    assert part.room(1) == EDGE.memories[1].capacity - 100 and part.room(2) == EDGE.memories[2].capacity


def test_what_is_no_product_of_two_is_refused():
    einsum = Einsum("copy", (("M", 4),), (Tensor("S", ("M",)), Tensor("T", ("M",), output=True)))
    with pytest.raises(FlatError, match="a dimension is missing from two tensors"):
        _ = Part(einsum, EDGE).axes
