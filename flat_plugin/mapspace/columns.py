"""Figures of many things at once: dataclasses of arrays, one thing a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from flat_plugin.model.mapping_batch import Array


class Columns:
    """What such dataclasses have in common; the last axis of each array is the things."""

    __dataclass_fields__: dict[str, Any]

    def take(self, columns: Array) -> Self:
        """These of the things."""
        return type(self)(*(array[..., columns] for array in self.arrays()))

    def column(self) -> Self:
        """The same things along the rows of a table with one column."""
        return type(self)(*(array[..., None] for array in self.arrays()))

    def least(self) -> Self:
        """The least of every figure, whichever thing has it."""
        return type(self)(*(array.min(axis=-1, keepdims=True) for array in self.arrays()))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Those of all parts, of which there is one at least."""
        each = zip(*(part.arrays() for part in parts), strict=True)
        return cls(*(np.concatenate(arrays, axis=-1) for arrays in each))

    def arrays(self) -> list[Array]:
        """In the order of the fields."""
        return [getattr(self, name) for name in self.__dataclass_fields__]
