"""Checks of the sizes of a workload, however it is built."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from flat_plugin.errors import FlatError

LARGEST = 2**40  # of one dimension: its divisors are found in a fraction of a second


MOST_OPERATIONS = 2**63 - 1  # of one operator: what a 64-bit counter holds
EXACT_BITS = 53  # of a double, in which counts are kept


def check_operations(path: str, sizes: Iterable[int]) -> None:
    """Raise unless the iterations of an operator, and so all that is counted of it, stay exact.

    A count is a product of parts of the sizes. A double holds it exactly if it has at most 53 bits
    between its first and its last 1: the factors of 2 in it do not matter.
    """
    operations = prod(sizes)
    odd = operations // (operations & -operations)
    if operations > MOST_OPERATIONS or odd.bit_length() > EXACT_BITS:
        raise FlatError(
            "more operations than can be counted exactly",
            path=path,
            value=operations,
            expected="a product of all sizes below 2^53, or below 2^63 with at most 53 significant bits",
        )


def check_size(path: str, value: object, least: int = 1) -> None:
    """Raise unless ``value`` is a whole number (``True`` is none) of 1 or more, or of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise FlatError(
            "a size must be a positive whole number" if least else "a number must be a whole one",
            path=path,
            value="nothing" if value is None else value,
            expected=f"{least} or more",
        )
    if value > LARGEST:
        raise FlatError("a size that is too large", path=path, value=value, expected=f"at most {LARGEST:,}")


def check_groups(path: str, heads: int, kv_heads: int) -> None:
    """Raise unless every key/value head serves the same number of query heads."""
    if heads % kv_heads:
        raise FlatError(
            f"{heads} query heads do not share the key/value heads evenly",
            path=path,
            value=kv_heads,
            expected=f"a divisor of {heads}",
        )
