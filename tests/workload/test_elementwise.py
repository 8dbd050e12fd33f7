"""Kinds of steps that are no products: their operations by hand, and which there are."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.elementwise import ACTIVATIONS, Elementwise, Steps


def test_operations_of_a_row():
    assert Elementwise("norm", "rms_norm", 1, 10).operations == 4 * 10 + 3
    assert Elementwise("norm", "layer_norm", 1, 10).operations == 7 * 10 + 7
    assert Elementwise("norm", "layer_norm_unbiased", 3, 10).operations == 3 * (6 * 10 + 7)
    assert Elementwise("residual", "add", 5, 10).operations == 50
    each = {name: Elementwise("activation", name, 1, 1).operations for name in ACTIVATIONS}
    assert each["relu"], each["silu"] == (1, 4)
    assert each["gelu"] == 8
    assert Elementwise("activation", "silu", 2, 3, gated=True).operations == 2 * 3 * 5
    assert Elementwise("activation", "silu", 2, 3, gated=True).inputs == 2


def test_other_kinds_are_refused():
    with pytest.raises(FlatError, match="unknown choice"):
        Steps("batch_norm", "silu")
    with pytest.raises(FlatError, match="unknown choice"):
        Steps("rms_norm", "gleu")
