"""How large a YAML document is once its aliases are expanded, without expanding them."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from flat_plugin.errors import FlatError

MAX_DEPTH = 100
MAX_ALIASED_NODES = 1_000_000


class _Sizes:
    """Counts the nodes of a document as its events come."""

    def __init__(self) -> None:
        self.open: list[tuple[str | None, int]] = []  # anchor and size so far
        self.anchored: dict[str, int] = {}
        self.through_aliases = 0

    def add(self, size: int) -> None:
        if self.open:
            anchor, so_far = self.open[-1]
            self.open[-1] = (anchor, so_far + size)

    def start(self, anchor: str | None) -> None:
        if anchor is not None:
            self.anchored.pop(anchor, None)
        self.open.append((anchor, 1))
        if len(self.open) > MAX_DEPTH:
            raise FlatError("nested too deeply", expected=f"at most {MAX_DEPTH} levels")

    def end(self) -> None:
        anchor, size = self.open.pop()
        if anchor is not None:
            self.anchored[anchor] = size
        self.add(size)

    def alias(self, anchor: str, line: int) -> None:
        if anchor not in self.anchored:
            raise FlatError("alias to nothing, or to itself", path=f"line {line}", value=anchor)
        self.through_aliases += self.anchored[anchor]
        self.add(self.anchored[anchor])
        if max(self.through_aliases, self.anchored[anchor]) > MAX_ALIASED_NODES:
            raise FlatError(
                "aliases expand to too large a document",
                path=f"line {line}",
                expected=f"at most {MAX_ALIASED_NODES} nodes",
            )


def check_size(events: Iterable[yaml.Event]) -> None:
    """Refuse a document that is nested too deeply, or that its aliases make too large."""
    sizes = _Sizes()
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            sizes.alias(str(event.anchor), event.start_mark.line + 1)  # type: ignore[union-attr]
        elif isinstance(event, yaml.ScalarEvent):
            sizes.start(event.anchor)
            sizes.end()
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            sizes.start(event.anchor)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            sizes.end()
