"""Words that sibling units request from their memory, by how many share a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from flat_plugin.model.loop_turns import Values, chosen
from flat_plugin.model.scores import least, most


@dataclass(frozen=True)
class Asked:
    """Words of one tensor and one instance, by how many children share an access.

    Kinds are in the order of (``together``, children ``apart``), in which Timeloop adds them up: sums of
    fractions depend on it.
    """

    together: Sequence[Values]  # of each kind
    words: Sequence[Values]

    @property
    def total(self) -> Values:
        return reduce(add, self.words)

    @property
    def delivered(self) -> Values:
        """To all children together."""
        return reduce(add, self._all())

    def share(self, fanout: Values) -> Values:
        """Words that one of ``fanout`` children gets, on average."""
        return reduce(add, (words / fanout for words in self._all()))

    def times(self, factor: Values) -> Values:
        """The total, if every kind is asked for ``factor`` times as often."""
        return reduce(add, (words * factor for words in self.words))

    def _all(self) -> Iterable[Values]:
        """Words of each kind that children get."""
        return (words * shared for words, shared in zip(self.words, self.together, strict=True))


def asked(together: Sequence[Values], apart: Sequence[Values], words: Sequence[Values]) -> Asked:
    """Kinds in order, equal ones as one."""
    if len(words) == 1:
        return Asked(together, words)
    keys = [shared * 2.0**26 + other for shared, other in zip(together, apart, strict=True)]
    if len(words) == 2:
        return _two(keys, together, words)
    spread = np.broadcast_arrays(*keys, *together, *words)
    kinds = [np.stack(spread[n : n + len(words)]) for n in range(0, len(spread), len(words))]
    order = np.argsort(kinds[0], axis=0, kind="stable")
    ordered, shared, parts = (np.take_along_axis(kind, order, axis=0) for kind in kinds)
    for kind in range(1, len(parts)):
        same = ordered[kind] == ordered[kind - 1]
        parts[kind] += np.where(same, parts[kind - 1], 0)
        parts[kind - 1] = np.where(same, 0, parts[kind - 1])
    return Asked(list(shared), list(parts))


def _two(keys: Sequence[Values], together: Sequence[Values], words: Sequence[Values]) -> Asked:
    """The same, of two kinds, which is what one dimension of ragged tiles makes."""
    same, later = keys[0] == keys[1], keys[0] > keys[1]
    one, other = chosen(later, words[1], words[0]), chosen(later, words[0], words[1])
    shared = least(*together), most(*together)
    return Asked(shared, (chosen(same, 0.0, one), chosen(same, one + other, other)))
