"""The names that constraints may use: dimensions and data spaces of an operator, and of its companions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Vocabulary:
    """The names that constraints may use: of one operator, or of all that are mapped together. What only
    the others have says nothing of this one."""

    einsum: Einsum
    dimensions: frozenset[str]
    tensors: frozenset[str]

    @staticmethod
    def of(einsum: Einsum, others: Collection[Einsum] = ()) -> Vocabulary:
        every = (einsum, *others)
        dimensions = frozenset(d for each in every for d in each.dimensions)
        return Vocabulary(einsum, dimensions, frozenset(t.name for each in every for t in each.tensors))

    def dimension(self, name: str, path: str) -> bool:
        """Whether the operator has it. Raises: FlatError: nobody does."""
        _known(name, self.dimensions, "dimension", path)
        return name in self.einsum.sizes

    def names(self, value: Any, path: str) -> frozenset[str]:
        """Those of a list of tensors that the operator has; ``*`` is all of them."""
        own = frozenset(tensor.name for tensor in self.einsum.tensors)
        if not isinstance(value, list | tuple | str | set | frozenset | None):
            raise FlatError("not a list of data spaces", path=path, value=value, expected="such as [Q, K]")
        listed = value.split() if isinstance(value, str) and value not in self.tensors else value
        found = [str(name) for name in ([listed] if isinstance(listed, str) else listed or [])]
        for name in sorted(found):
            if name != "*":
                _known(name, self.tensors, "data space", path)
        return own if "*" in found else own & frozenset(found)


def _known(name: str, names: frozenset[str], what: str, path: str) -> None:
    if name not in names:
        known = ", ".join(sorted(names))
        raise FlatError(f"unknown {what}", path=path, value=name, expected=f"one of {known}")
