"""What is said of an operator's nests."""

import pytest

from flat_plugin.architecture.presets import find_architecture
from flat_plugin.certificate.part import Part
from flat_plugin.energy.choose import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention
from flat_plugin.workload.einsum import Einsum, Tensor

EDGE = find_architecture("edge")
ENERGIES = energy_for(EDGE, None)


def test_axes_are_what_tensors_miss():
    part = Part(Attention(2, 12, 100, 200, 64).logit(), EDGE, ENERGIES)
    assert part.axes == (("N",), ("M",), ("D",)) and part.lengths == (200, 100, 64)
    assert part.batch == ("B", "H") and part.turns == 24 and part.shared == 1


def test_heads_of_a_group_lie_on_the_axis_of_rows():
    part = Part(Attention(1, 8, 100, 200, 64, kv_heads=2).logit(), EDGE, ENERGIES)
    assert part.axes[1] == ("G", "M") and part.lengths[1] == 400


def test_cores_share_the_rows():
    einsum = Attention(1, 5, 100, 200, 64).logit()
    part = Part(einsum, EDGE, ENERGIES, cores={0: {"H": 2, "M": 3}})
    assert part.rows(1, 1) == 34 and part.turns == 3 and part.instances(1) == 6
    assert part.evenly(1) == pytest.approx(1 / 6) and part.evenly(0) == 1
    assert Part(einsum, EDGE, ENERGIES, cores={0: {"H": 5}}).evenly(1) == 1


def test_what_is_no_product_of_two_is_refused():
    einsum = Einsum("copy", (("M", 4),), (Tensor("S", ("M",)), Tensor("T", ("M",), output=True)))
    with pytest.raises(FlatError, match="a dimension is missing from two tensors"):
        _ = Part(einsum, EDGE, ENERGIES).axes
