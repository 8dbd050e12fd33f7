"""What timeloop-model checks of a mapping beside constraints, which is less than what its mapper keeps to."""

from dataclasses import replace

import pytest
from counted_by_hand import CHIP, NEST, PRODUCT

from flat_plugin.architecture.given_constraints import given
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapspace.constraints.directives import read_constraints
from flat_plugin.mapspace.constraints.explicit import check_explicit, refused_by_timeloop
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary


def refused(**directive):
    constraints = read_constraints([directive], "mine", Vocabulary.of(PRODUCT), CHIP)
    return refused_by_timeloop(constraints, NEST, PRODUCT)


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ("K=3", None),
        ("K=2", "Buffer, loops: K=2 is asked for, the mapping has K=3 (mine[0])"),
        ("K<=3", None),
        ("K<=2", "Buffer, loops: K<=2 is asked for, the mapping has K=3 (mine[0])"),
        ("K>=6", None),  # lower bounds are not looked at
        ("K=12", None),  # larger than the problem
        ("M=1", None),
        ("M=2", "Buffer, loops: M=2 is asked for, the mapping has M=1 (mine[0])"),
    ],
)
def test_factors(factors, said):
    assert refused(target="Buffer", type="temporal", factors=factors) == said


@pytest.mark.parametrize(
    ("order", "kept"), [("K", True), ("KN", True), ("KNM", True), ("NK", False), ("N", False)]
)
def test_orders_from_the_innermost_on(order, kept):
    """The mapping has K inside N, and M of one turn in any place behind them."""
    said = refused(target="Buffer", type="temporal", permutation=order)
    assert (said is None) == kept, said
    if not kept:
        assert said.endswith(
            f"the order {order} is asked for, the mapping has KN (innermost first) (mine[0])"
        )


@pytest.mark.parametrize(
    ("split", "said"), [(1, None), (2, "2 dimensions on x are asked for, the mapping unrolls 1")]
)
def test_splits(split, said):
    found = refused(target="Buffer", type="spatial", permutation="MK", split=split)
    assert found is None if said is None else said in found


def test_a_fan_out_that_the_mapping_does_not_use():
    constraints = read_constraints(
        [{"target": "Buffer", "type": "spatial", "factors": "M<=2"}], "mine", Vocabulary.of(PRODUCT), CHIP
    )
    bare = replace(
        NEST, levels=(NEST.levels[0], replace(NEST.levels[1], spatial_x=(), spatial_y=()), NEST.levels[2])
    )
    assert "timeloop-model stops where constraints speak of a fan-out" in refused_by_timeloop(
        constraints, bare, PRODUCT
    )


def with_constraint(source, **directive):
    return replace(CHIP, constraints=(given(directive, source, "here"),))


def test_constraints_of_the_architecture_itself():
    """Those of nodes are kept to in full, those beside it as timeloop-model does, those of mappers not."""
    check_explicit(PRODUCT, CHIP, NEST)
    least = dict(target="Buffer", type="temporal", factors="K>=6")
    check_explicit(PRODUCT, with_constraint("architecture", **least), NEST)
    check_explicit(
        PRODUCT, with_constraint("mapspace", target="Buffer", type="temporal", factors="K=2"), NEST
    )
    with pytest.raises(
        InvalidMapping, match="mapping of product violates the architecture's constraints: Buffer"
    ):
        check_explicit(PRODUCT, with_constraint("node", **least), NEST)


def test_memories_side_by_side_keep_a_tensor_once():
    branches = [
        given({"target": name, "type": "bypass", "branch_of": "parallel", "bypass": []}, "node", "here")
        for name in ("Buffer", "Regs")
    ]
    with pytest.raises(InvalidMapping, match="Buffer and Regs are side by side, and both keep A"):
        check_explicit(PRODUCT, replace(CHIP, constraints=tuple(branches)), NEST)
