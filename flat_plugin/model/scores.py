"""Scores of a layer, or (as arrays) of many kinds of its iterations at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod
from typing import Any, Protocol

import numpy as np

from flat_plugin.workload.widths import Widths

Number = Any  # an int or a float, or an array with one for each kind


class Scores(Protocol):
    """What softmax asks of a layer; an :class:`Attention` is one."""

    @property
    def keys(self) -> Number: ...
    @property
    def value_dim(self) -> int: ...
    @property
    def softmax_elements(self) -> Number: ...
    @property
    def score_rows(self) -> Number: ...
    @property
    def score_sizes(self) -> Mapping[str, Number]: ...
    @property
    def widths(self) -> Widths: ...


@dataclass(frozen=True)
class KindsOfScores:
    """``score_sizes``: of the scores, by dimension; some of them ``[kinds]``."""

    score_sizes: Mapping[str, Number]
    value_dim: int
    widths: Widths

    @property
    def keys(self) -> Number:
        return self.score_sizes["N"]

    @cached_property
    def softmax_elements(self) -> Number:
        return prod(self.score_sizes.values())

    @cached_property
    def score_rows(self) -> Number:
        return prod(size for d, size in self.score_sizes.items() if d != "N")


def most(first: Number, *others: Number) -> Number:
    """The largest, kind by kind."""
    if any(isinstance(value, np.ndarray) for value in (first, *others)):
        return reduce(np.maximum, others, first)
    return max(first, *others) if others else first


def least(one: Number, other: Number) -> Number:
    """The smaller one, kind by kind."""
    arrays = isinstance(one, np.ndarray) or isinstance(other, np.ndarray)
    return np.minimum(one, other) if arrays else min(one, other)
