"""Masks: which keys a query needs.

The query in row ``i`` stands at position ``i + offset`` among the keys. Unless an offset is said, the
queries are the last of the keys, as the new tokens of a step of decoding are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.paths import is_file
from flat_plugin.wording import meant
from flat_plugin.workload.blocks import Blocks, read_pattern
from flat_plugin.workload.selection import PARTS, Select, read_select
from flat_plugin.workload.size_checks import LARGEST

if TYPE_CHECKING:
    from flat_plugin.workload.touched import Touched

_FORMS = (
    "comma separated full, causal, window=W or L:R, chunk=C or C:L, prefix=P, sinks=S, global=G, offset=P, "
    "topk=K; or a file of blocks"
)


@dataclass(frozen=True)
class Mask:
    """The keys that a query at position p needs; all of them if nothing is said.

    Args:
        causal: none behind its own: those up to position p.
        window: (L, R): those from p − L to p + R.
        chunk: (C, L): those of its own of the chunks of C positions that the keys are cut into, and of the L
            chunks before that; chunks begin behind the global positions.
        prefix: the first positions, which see each other, though they are causal beside that.
        sinks: the first keys, which every query needs beside its window or chunk.
        tokens: the first positions, which are global: every query needs them, and they need every key.
        offset: the position of the first query; keys − queries if not given, or 0 where that is negative.
        blocks: those of a pattern instead.
        shared: (number, keys) of requests whose queries follow each other, and that have their first keys in
            common: those come first, then each request's further ones. A query needs those of its request.
        select: of these keys some are chosen; all of them are attended if not given.

    Raises:
        FlatError: a size is out of range, or something is said that has no effect.
    """

    causal: bool = False
    window: tuple[int, int] | None = None
    sinks: int = 0
    tokens: int = 0
    offset: int | None = None
    blocks: Blocks | None = None
    shared: tuple[int, int] | None = None
    select: Select | None = None
    chunk: tuple[int, int] | None = None
    prefix: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.causal, bool):
            raise FlatError("causal must be true or false", path="mask.causal", value=self.causal)
        self._check_sizes()
        if self.blocks is not None and not isinstance(self.blocks, Blocks):
            raise FlatError("no pattern", path="mask.blocks", value=self.blocks, expected="Blocks")
        if self.select is not None and not isinstance(self.select, Select):
            raise FlatError("no selection", path="mask.select", value=self.select, expected="a Select")
        if self.causal and self.window:
            object.__setattr__(self, "window", (self.window[0], 0))
        self._check_effects()

    def _check_sizes(self) -> None:
        """Raise where a part is no number of tokens."""
        pairs = {"window": self.window, "chunk": self.chunk}
        for name, pair in pairs.items():
            if pair is not None and (not isinstance(pair, tuple) or len(pair) != 2):
                raise FlatError(f"a {name} has two numbers", path=f"mask.{name}", value=pair)
        for name, size, least in (
            *(("window", side, 0) for side in self.window or ()),
            *(("chunk", size, 1 - i) for i, size in enumerate(self.chunk or ())),
            ("prefix", self.prefix, 0),
            ("sinks", self.sinks, 0),
            ("global", self.tokens, 0),
            ("offset", 0 if self.offset is None else self.offset, 0),
        ):
            if isinstance(size, bool) or not isinstance(size, int) or not least <= size <= LARGEST:
                expected = f"{least} to {LARGEST:,}"
                raise FlatError("not a number of tokens", path=f"mask.{name}", value=size, expected=expected)

    def _check_effects(self) -> None:
        """Raise where a part does nothing beside the others, or what it would do is not said."""
        nearby = self.window is not None or self.chunk is not None
        apart = nearby or self.causal or self.sinks or self.tokens or self.prefix or self.offset is not None
        if self.blocks and apart:
            raise FlatError(
                "a pattern of blocks cannot be combined with other parts", path="mask", value=str(self)
            )
        if self.shared and (nearby or self.prefix or self.blocks or self.select or self.offset is not None):
            message = "requests that share keys have no window, chunk, prefix or offset, and select none"
            raise FlatError(message, path="mask", value=str(self))
        if self.window is not None and self.chunk is not None:
            raise FlatError(
                "a mask has either a window or chunks", path="mask", value=str(self), expected="one"
            )
        if self.prefix and (nearby or not self.causal):
            message = "a prefix sees its own keys where the others are causal, without window or chunks"
            raise FlatError(message, path="mask", value=str(self), expected=f"causal,prefix={self.prefix}")
        if self.select and self.select.scores_keys and (nearby or self.prefix or self.blocks):
            message = "scores of keys alone go with causal or full: what leaves a window changes the choice"
            raise FlatError(message, path="mask", value=str(self))
        for name, size in (("sinks", self.sinks), ("global", self.tokens)):
            if size and not nearby:
                message = f"{name} without a window or chunks change nothing"
                raise FlatError(message, path="mask", value=f"{name}={size}")
        if self.offset is not None and not self.causal and not nearby:
            message = "an offset without causal, a window or chunks changes nothing"
            raise FlatError(message, path="mask", value=f"offset={self.offset}")

    @property
    def full(self) -> bool:
        """Whether every query needs every key."""
        nearby = self.window is not None or self.chunk is not None
        plain = not self.causal and not nearby and self.blocks is None
        return plain and self.shared is None and self.select is None

    def check(self, queries: int, keys: int) -> None:
        """Raise unless the mask is one of a layer with these lengths."""
        if self.blocks:
            self.blocks.check(queries, keys)
            if self.select and self.blocks.keys % self.select.page:
                raise FlatError(
                    "blocks of no whole number of pages",
                    path="mask.page",
                    value=self.select.page,
                    expected=f"a divisor of the {self.blocks.keys} keys of a block",
                )
        if self.shared:
            number, common = self.shared
            own, rest = divmod(keys - common, number)
            if rest or queries % number or own * number < queries:
                value = f"{queries} queries, {keys} keys"
                raise FlatError(
                    f"no {number} requests with {common} keys in common", path="mask", value=value
                )

    def begin(self, queries: int, keys: int) -> int:
        """The position of the first query."""
        if self.shared:
            return 0
        return max(0, keys - queries) if self.offset is None else self.offset

    def notes(self, queries: int, keys: int) -> list[str]:
        """What is to be said of queries that stand behind all keys."""
        behind = min(queries, (self.offset or 0) + queries - keys)
        if self.offset is None or behind < 1:
            return []
        said = f"{behind:,} of {queries:,} queries stand behind the last of the {keys:,} keys"
        said = f"offset={self.offset}: {said}"
        every = self.select is None and self.needed(queries, keys) == queries * keys
        return [f"{said}; no key is masked" if every else said]

    def needed(self, queries: int, keys: int) -> int:
        """Scores of a sequence and head that are needed: pairs of a query and a key."""
        from flat_plugin.workload.touched import needed_scores
        from flat_plugin.workload.touched_selection import needed_selected

        if self.select:
            return needed_selected(self, queries, keys)
        return queries * keys if self.full else needed_scores(self, queries, keys)

    def tiles(self, queries: int, keys: int, rows: int) -> Touched:
        """What tiles of ``rows`` rows touch of the keys, in order.

        Raises:
            FlatError: there are more than 2^22 that differ.
        """
        from flat_plugin.workload.touched import touched_by
        from flat_plugin.workload.touched_selection import selected_by

        return (selected_by if self.select else touched_by)(self, queries, keys, rows)

    def most(self, queries: int, keys: int, rows: int) -> int:
        """Keys of the tile of ``rows`` rows that touches most of them."""
        from flat_plugin.workload.touched import most_touched

        if self.select:
            return int(self.tiles(queries, keys, rows).keys.max(initial=0))
        return keys if self.full else most_touched(self, queries, keys, rows)

    def __str__(self) -> str:
        """As :func:`parse_mask` reads it, but for blocks."""
        if self.blocks:
            return f"{self.select} in {self.blocks}" if self.select else str(self.blocks)
        parts = ["causal"] if self.causal else []
        if self.window:
            left, right = self.window
            parts.append(f"window={left + 1}" if self.causal else f"window={left}:{right}")
        if self.chunk:
            size, before = self.chunk
            parts.append(f"chunk={size}:{before}" if before else f"chunk={size}")
        parts += [f"prefix={self.prefix}"] * bool(self.prefix)
        parts += [f"sinks={self.sinks}"] * bool(self.sinks) + [f"global={self.tokens}"] * bool(self.tokens)
        parts += [] if self.offset is None else [f"offset={self.offset}"]
        parts += [f"{self.shared[0]} requests with {self.shared[1]} keys in common"] if self.shared else []
        parts += [str(self.select)] if self.select else []
        return ",".join(parts) or "full"


FULL = Mask()


@checked
def parse_mask(text: str | Path) -> Mask:
    """Read ``causal,window=4096``, or a file of blocks.

    ``window=W`` is causal: keys at most W − 1 behind, and none ahead; ``window=L:R`` has two sides.
    ``chunk=C`` is its own chunk alone, ``chunk=C:L`` the L chunks before it too.

    Raises:
        FlatError: a part is unknown, given twice, wrong, or without effect.
    """
    from flat_plugin.documents import file_of

    written = isinstance(text, str) and text.partition("=")[0].split(",")[0].strip() in _NAMES and "=" in text
    if not written and (file := file_of(text)) is not None:
        blocks, selected = read_pattern(file)
        return Mask(blocks=blocks, select=Select(None, blocks.rows, blocks.keys) if selected else None)
    return mask_of(str(text))


def mask_beside(value: str, folder: Path) -> Mask:
    """The mask that a file in a folder speaks of: the files that it names stand beside it.

    Raises:
        FlatError: as of :func:`parse_mask`.
    """
    if is_file(folder / value):
        return parse_mask(folder / value)
    return parse_mask(re.sub(r"(?<=unions=)[^,]*", lambda name: str(folder / name[0].strip()), value))


def mask_of(text: str) -> Mask:
    """The mask of a text, as :func:`parse_mask` without files."""
    fields: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, size = (piece.strip() for piece in part.partition("="))
        if name in fields:
            raise FlatError(f"{name} is given twice", path="mask", value=text)
        if name not in _NAMES or bool(equals) == (name in ("full", "causal")):
            near = None if name in _NAMES else meant(name, _NAMES)
            right = f"{_FORMS}; did you mean {near}?" if near else _FORMS
            raise FlatError("unknown part of a mask", path="mask", value=part.strip(), expected=right)
        fields[name] = size if name in PARTS else _sizes(name, size) if equals else True
    select = read_select({name: fields.pop(name) for name in PARTS if name in fields})
    if "full" in fields and (len(fields) > 1 or select):
        raise FlatError("full cannot be combined with other parts", path="mask", value=text, expected=_FORMS)
    (behind, *ahead) = fields.get("window", (None,))
    chunk = fields.get("chunk")
    return Mask(
        causal=fields.get("causal", False) or (behind is not None and not ahead),
        window=None if behind is None else (behind if ahead else behind - 1, ahead[0] if ahead else 0),
        sinks=fields.get("sinks", (0,))[0],
        tokens=fields.get("global", (0,))[0],
        offset=fields["offset"][0] if "offset" in fields else None,
        select=select,
        chunk=None if chunk is None else (*chunk, 0)[:2],
        prefix=fields.get("prefix", (0,))[0],
    )


_SIZES = {
    "window": "W or L:R",
    "chunk": "C or C:L",
    "prefix": "P",
    "sinks": "S",
    "global": "G",
    "offset": "P",
}
_PAIRS = ("window", "chunk")
_NAMES = ("full", "causal", *_SIZES, *PARTS)


def _sizes(name: str, text: str) -> tuple[int, ...]:
    """The one size of a part, or the two sides of a window, or a chunk and those before it."""
    two = name in _PAIRS and ":" in text
    if not re.fullmatch(r"[0-9]{1,13}:[0-9]{1,13}" if two else r"[0-9]{1,13}", text):
        raise FlatError("not a number of tokens", path=f"mask.{name}", value=text, expected=_SIZES[name])
    sizes = tuple(map(int, text.split(":")))
    if name != "offset" and sum(sizes) == 0 and not two:
        raise FlatError("no token at all", path=f"mask.{name}", value=text, expected="1 or more")
    return sizes
