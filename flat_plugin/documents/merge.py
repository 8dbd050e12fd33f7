"""timeloopfe's recursive merge key, ``<<<: *base``.

Where ``<<`` adds the keys that a mapping does not have, ``<<<`` also goes into the mappings that both
have, and puts the base's lists behind the mapping's own.
"""

from __future__ import annotations

from typing import Any

from flat_plugin.documents.sizes import MAX_ALIASED_NODES
from flat_plugin.errors import FlatError

KEY = "<<<"


def merged(document: dict[str, Any]) -> dict[str, Any]:
    """The document with all its ``<<<`` carried out."""
    return _Merge().inside(document) if _uses(document, set()) else document


def _uses(value: Any, seen: set[int]) -> bool:
    """Whether the key is anywhere in it. Aliases share values, each of which is looked at once."""
    if not isinstance(value, (dict, list)) or id(value) in seen:
        return False
    seen.add(id(value))
    if isinstance(value, dict):
        return KEY in value or any(_uses(entry, seen) for entry in value.values())
    return any(_uses(entry, seen) for entry in value)


class _Merge:
    """Counts what it makes: a few merges of lists into each other would make millions."""

    def __init__(self) -> None:
        self.left = MAX_ALIASED_NODES

    def _count(self, nodes: int) -> None:
        self.left -= nodes
        if self.left < 0:
            raise FlatError(
                f"{KEY} makes too large a document", expected=f"at most {MAX_ALIASED_NODES} nodes"
            )

    def inside(self, value: Any) -> Any:
        """A copy in which nothing is left to merge."""
        if isinstance(value, list):
            self._count(len(value))
            return [self.inside(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        self._count(len(value))
        own = {key: self.inside(entry) for key, entry in value.items() if key != KEY}
        return self._into(own, self._base(value[KEY])) if KEY in value else own

    def _base(self, value: Any) -> dict[str, Any]:
        bases = value if isinstance(value, list) else [value]
        together: dict[str, Any] = {}
        for base in bases:
            if not isinstance(base, dict):
                raise FlatError(f"only a mapping can be merged with {KEY}", value=base)
            together = self._into(together, self.inside(base))
        return together

    def _into(self, own: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
        for key, value in base.items():
            if key not in own:
                own[key] = value
            elif isinstance(own[key], dict) and isinstance(value, dict):
                own[key] = self._into(own[key], value)
            elif isinstance(own[key], list) and isinstance(value, list):
                self._count(len(own[key]) + len(value))
                own[key] = own[key] + value
        return own
