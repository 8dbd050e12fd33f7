"""Words that sibling units request from their memory, by how many share a request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Asked:
    """Words of one tensor and one instance, by how many children share an access.

    ``[kinds, mappings]``; kinds are in the order of (``together``, children ``apart``), in which
    Timeloop adds them up: sums of fractions depend on it.
    """

    together: Array
    words: Array

    @property
    def total(self) -> Array:
        return _added(self.words)

    @property
    def delivered(self) -> Array:
        """To all children together."""
        return _added(self.words * self.together)

    def share(self, fanout: Array) -> Array:
        """Words that one of ``fanout`` children gets, on average."""
        return _added(self.words * self.together / fanout)

    def times(self, factor: Array) -> Array:
        """The total, if every kind is asked for ``factor`` times as often."""
        return _added(self.words * factor)


def asked(together: list[Array], apart: list[Array], words: list[Array]) -> Asked:
    """Kinds in order, equal ones as one."""
    if len(words) == 1:
        return Asked(together[0][None], words[0][None])
    keys = np.stack(together) * 2.0**26 + np.stack(apart)
    if len(words) == 2:
        return _two(keys, together, words)
    order = np.argsort(keys, axis=0, kind="stable")
    keys, shared, parts = (
        np.take_along_axis(array, order, axis=0) for array in (keys, np.stack(together), np.stack(words))
    )
    for kind in range(1, len(parts)):
        same = keys[kind] == keys[kind - 1]
        parts[kind] += np.where(same, parts[kind - 1], 0)
        parts[kind - 1] = np.where(same, 0, parts[kind - 1])
    return Asked(shared, parts)


def _two(keys: Array, together: list[Array], words: list[Array]) -> Asked:
    """The same, of two kinds, which is what one dimension of ragged tiles makes."""
    same, later = keys[0] == keys[1], keys[0] > keys[1]
    one, other = np.where(later, words[1], words[0]), np.where(later, words[0], words[1])
    shared = np.stack((np.minimum(*together), np.maximum(*together)))
    return Asked(shared, np.stack((np.where(same, 0, one), np.where(same, one + other, other))))


def _added(parts: Array) -> Array:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
