"""What a model computes and this package does not count, and the levels whose figures that changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.workload.size_checks import LARGEST

LEVELS = ("attention", "block", "model")
"""Of a result: one layer's attention, one block, all blocks."""


@dataclass(frozen=True)
class Gap:
    """Something that a model's figures would be wrong without.

    Args:
        reason: what is not modelled, in one sentence.
        level: the lowest level whose figures it changes; all above it contain it.
        path: the field that says so.
        value: what the field holds.
        window: keys that a query reaches; up to that many keys the gap changes nothing.
        expected: what can be asked instead.
        file: the file that the field stands in.
        linear: whether linear layers are among what is missing.
        above: whether the levels above lack it too.
    """

    reason: str
    level: str
    path: str = ""
    value: object = None
    window: int | None = None
    expected: str | None = None
    file: str | None = None
    linear: bool = True
    above: bool = True

    def located(self, file: str | Path) -> Gap:
        """The same gap, with the file that its field stands in."""
        return replace(self, file=str(file))

    def touches(self, level: str, keys: int) -> bool:
        """Whether figures of this level, at so many keys, would be wrong."""
        higher = self.above and LEVELS.index(level) > LEVELS.index(self.level)
        reached = level == self.level or higher
        return reached and (self.window is None or keys > self.window)

    def error(self) -> FlatError:
        expected = self.expected
        if expected is None and self.window is not None:
            expected = f"at most {self.window} tokens (--seq {self.window})"
        if expected is None:
            others = [level for level in LEVELS if not self.touches(level, LARGEST)]
            expected = " or ".join(f"--level {level}" for level in others) or None
        path = self.path or None
        return FlatError(self.reason, file=self.file, path=path, value=self.value, expected=expected)
