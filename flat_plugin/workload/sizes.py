"""Checks that every size of a workload passes, whoever builds it."""

from __future__ import annotations

from flat_plugin.errors import FlatError

LARGEST = 2**40  # of one dimension: its divisors are found in a fraction of a second


def check_size(path: str, value: object) -> None:
    """Raise unless ``value`` is a positive whole number (``True`` is not one)."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FlatError(
            "a size must be a positive whole number",
            path=path,
            value="nothing" if value is None else value,
            expected="1 or more",
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
