"""A mask as a pattern of blocks, rows × keys of which all are needed or none is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict

from flat_plugin.errors import FlatError
from flat_plugin.form_markers import CLOSED, SOME, Says
from flat_plugin.schema import Range, check
from flat_plugin.workload.size_checks import LARGEST

if TYPE_CHECKING:
    from flat_plugin.documents import Source

_Side = Annotated[int, Range(1, LARGEST)]


class PatternForm(TypedDict):
    """Blocks of rows × keys scores, all of which are needed or none is."""

    rows: Annotated[_Side, Says("queries of a block")]
    keys: Annotated[_Side, Says("keys of a block")]
    blocks: Annotated[list[str], SOME, Says("a text for each row of blocks: 1 where it is needed, else 0")]
    selected: NotRequired[Annotated[bool, Says("whether the keys are chosen one block by one, and gathered")]]


class MaskFile(TypedDict):
    """A file whose key ``mask`` has the pattern."""

    mask: Annotated[PatternForm, CLOSED]


@dataclass(frozen=True)
class Blocks:
    """Blocks of ``rows`` × ``keys`` scores; ``pattern`` has one text for a row of blocks, 1 where a block is
    needed and 0 where it is not. The last blocks may be cut off by the end of the layer."""

    rows: int
    keys: int
    pattern: tuple[str, ...]

    def __post_init__(self) -> None:
        rows = list(self.pattern) if isinstance(self.pattern, list | tuple) else self.pattern
        check(PatternForm, {"rows": self.rows, "keys": self.keys, "blocks": rows}, "mask")
        wide = len(self.pattern[0]) if self.pattern else 0
        for number, line in enumerate(self.pattern):
            if len(line) != wide or set(line) - set("01"):
                raise FlatError(
                    "a row of blocks is a text of 0 and 1, all equally long",
                    path=f"mask.blocks[{number}]",
                    value=line,
                    expected=f"{wide} of 0 and 1",
                )
        if not wide:
            raise FlatError("a pattern without blocks", path="mask.blocks", expected="such as ['10', '11']")

    def check(self, queries: int, keys: int) -> None:
        """Raise unless the pattern covers a layer of these lengths, and no more."""
        for name, length, side, count in (
            ("queries", queries, self.rows, len(self.pattern)),
            ("keys", keys, self.keys, len(self.pattern[0])),
        ):
            if -(-length // side) != count:
                raise FlatError(
                    f"the pattern has {count} blocks of {side} {name}",
                    path="mask.blocks",
                    value=f"{length} {name}",
                    expected=f"{count * side - side + 1} to {count * side} {name}",
                )

    def __str__(self) -> str:
        needed = sum(line.count("1") for line in self.pattern)
        return f"{needed} of {len(self.pattern) * len(self.pattern[0])} blocks of {self.rows}x{self.keys}"


def read_blocks(source: Source) -> Blocks:
    """The pattern that a file holds: ``mask: {rows: 64, keys: 64, blocks: ["10", "11"]}``.

    Raises:
        FlatError: something is missing, unknown or not of its form.
    """
    return read_pattern(source)[0]


def read_pattern(source: Source) -> tuple[Blocks, bool]:
    """The pattern that a file holds, and whether its keys are selected (``selected: true``); errors as of
    :func:`read_blocks`."""
    from flat_plugin.documents import load, located

    with located(source):
        document = load(source)
        pattern = check(MaskFile, document, closed=True)["mask"]
        blocks = Blocks(pattern["rows"], pattern["keys"], tuple(pattern["blocks"]))
        return blocks, pattern.get("selected", False)
