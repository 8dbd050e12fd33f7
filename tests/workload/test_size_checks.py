"""Sizes that every workload must pass."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.size_checks import LARGEST, check_groups, check_operations, check_size


@pytest.mark.parametrize("size", [1, 12, LARGEST])
def test_positive_whole_numbers_pass(size: int) -> None:
    check_size("heads", size)


@pytest.mark.parametrize("size", [0, -1, 1.0, True, "12", None, LARGEST + 1])
def test_nothing_else_does(size: object) -> None:
    with pytest.raises(FlatError, match="^heads: "):
        check_size("heads", size)


def test_heads_share_keys_evenly() -> None:
    check_groups("kv_heads", 12, 4)
    with pytest.raises(FlatError, match="^kv_heads: 12 query heads do not share"):
        check_groups("kv_heads", 12, 5)


@pytest.mark.parametrize(
    ("sizes", "fits"),
    [((2**30, 2**22), True), ((2**40, 2**22), True), ((3**30, 3**10), False), ((2**40, 2**40), False)],
)
def test_operations_are_counted_exactly_or_not_at_all(sizes: tuple[int, ...], fits: bool) -> None:
    if fits:
        return check_operations("layer", sizes)
    with pytest.raises(FlatError, match="more operations than can be counted exactly"):
        check_operations("layer", sizes)
