"""The walk where the answer is known otherwise: closed forms, and windows counted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flat_plugin.architecture import read_architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.counts import NestAnalysis
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.walk import walker
from flat_plugin.model.walk.moves import walked_counts
from flat_plugin.workload.einsum import Einsum, Tensor


def chip(units):
    """DRAM, a buffer, registers beside 2 × 2 buffers' children, multiply-accumulate units."""
    part = {"class": "SRAM", "attributes": {"datawidth": 16, "width": 16, "depth": 1 << 31}}
    mesh = {"datawidth": 16, "width": 16, "depth": 1 << 31, "meshX": 2, "meshY": 2}
    local = [
        {"name": "DRAM", "class": "DRAM", "attributes": {"datawidth": 16, "width": 16}},
        {"name": "Buffer", **part},
        {"name": "Registers[1..4]", "class": "regfile", "attributes": mesh},
        {
            "name": f"MAC[1..{4 * units}]",
            "class": "intmac",
            "attributes": {"meshX": 2 * units, "meshY": 2, "datawidth": 16},
        },
    ]
    return read_architecture({"version": 0.4, "subtree": [{"name": "system", "local": local}]})


GEMM = (
    Tensor("A", ("M", "K")),
    Tensor("W", ("K", "N")),
    Tensor("Z", ("M", "N"), output=True),
)
factor = st.sampled_from([1, 1, 2, 3])


@st.composite
def plain_nests(draw):
    levels = []
    for name in ("DRAM", "Buffer", "Registers"):
        order = draw(st.permutations("MNK"))
        temporal = tuple((d, draw(factor)) for d in order)
        across = tuple((d, draw(factor)) for d in draw(st.permutations("MNK"))) if name != "DRAM" else ()
        split = draw(st.integers(0, 3))
        bypass = frozenset(draw(st.sets(st.sampled_from("AWZ")))) if name == "Buffer" else frozenset()
        levels.append(LevelMapping(name, temporal, across[:split], across[split:], bypass))
    nest = OperatorMapping(tuple(levels))
    return Einsum("gemm", tuple((d, nest.covers(d)) for d in "MNK"), GEMM), nest


@settings(max_examples=150, deadline=None)
@given(plain_nests(), st.integers(2, 3))
def test_gives_the_closed_forms_of_plain_nests(nest, units):
    einsum, mapping = nest
    architecture = chip(units)
    closed = NestAnalysis(batch_of(einsum, architecture, [mapping])).counts()
    walked = walked_counts(einsum, architecture, mapping)
    for name in ("tiles", "partitions", "reads", "fills", "updates", "reductions", "computes", "instances"):
        np.testing.assert_array_equal(getattr(walked, name), getattr(closed, name), name)


def conv(stride, dilation, p, r):
    ranks = ((("P", stride), ("R", dilation)),)
    tensors = (
        Tensor("W", ("R",)),
        Tensor.of_ranks("I", ranks),
        Tensor("O", ("P",), output=True),
    )
    return Einsum("conv", (("P", p), ("R", r)), tensors)


def at_levels(dram, buffer, registers):
    names = ("DRAM", "Buffer", "Registers")
    return OperatorMapping(
        tuple(LevelMapping(n, tuple(t)) for n, t in zip(names, (dram, buffer, registers), strict=True))
    )


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3), (3, 2), (4, 1)])
def test_a_sliding_window_is_fetched_once(stride, dilation):
    """Where the buffer holds the window, each step brings what the last one did not have."""
    p, r = 10, 3
    einsum, nest = conv(stride, dilation, p, r), at_levels([("P", p)], [("R", r)], [])
    window = dilation * (r - 1) + 1
    counts = walked_counts(einsum, chip(1), nest)
    assert counts.fills[1, 1, 0] == window + (p - 1) * min(stride, window)
    assert einsum.words("I") == stride * (p - 1) + window


def test_a_pass_is_walked_once():
    """Loops over loops: the passes grow with the square of the loops, not by powers of two."""
    dimensions = tuple(f"D{n}" for n in range(24))
    tensors = (Tensor.of_ranks("I", (tuple((d, 1) for d in dimensions),)), Tensor("O", dimensions[:3], True))
    einsum = Einsum("deep", tuple((d, 3) for d in dimensions), tensors)
    nest = at_levels([(d, 3) for d in dimensions[:12]], [(d, 3) for d in dimensions[12:]], [])
    counts = walked_counts(einsum, chip(1), nest)
    assert counts.computes[0] == 3.0**24


def test_more_iterations_than_a_double_counts_are_refused():
    far = Tensor("I", ("P", "R"))
    einsum = Einsum("vast", (("P", 1 << 30), ("R", 1 << 30)), (far, Tensor("O", ("P",), output=True)))
    with pytest.raises(FlatError, match="more iterations"):
        walked_counts(einsum, chip(1), at_levels([("P", 1 << 30)], [("R", 1 << 30)], []))


def test_too_long_a_walk_is_refused(monkeypatch):
    monkeypatch.setattr(walker, "MAX_PASSES", 5)
    with pytest.raises(FlatError, match="too many distinct iterations to walk"):
        walked_counts(conv(1, 1, 4, 3), chip(1), at_levels([("P", 2), ("R", 3)], [("P", 2)], []))
