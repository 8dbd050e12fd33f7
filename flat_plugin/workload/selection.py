"""Selection: of the keys that a query may see, those that score highest in an index are attended.

What chooses: DeepSeek-V3.2 (its lightning indexer, one choice for all heads of a layer), Quest (ICML
2024: pages of keys, every head for itself), SparseK (scores of keys alone); or nothing that is counted, where
the indices are given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.size_checks import LARGEST, check_size
from flat_plugin.workload.unions import Unions, read_unions
from flat_plugin.workload.widths import checked_width

TILE, _ALONE = "tile", "keys"
PARTS = {
    "topk": "K, K:tile or K:Q",
    "page": "P",
    "index": "HxD, D or keysxD",
    "index_bits": "B",
    "unions": "FILE",
}


@dataclass(frozen=True)
class Index:
    """What scores keys to choose them: the product of an index query and an index key, of each head of the
    index, weighted and added up.

    Args:
        dim: D, words of an index key, and of the index query of a head.
        heads: of the index, which share the index keys; the layer then has one choice for all its heads. None
            where every head of keys has index keys, and chooses for itself by its own query heads.
        bits: of a word of index queries and keys; that of the memories' words if not given.
        alone: keys are scored by themselves, by one product with weights, whatever queries come (SparseK,
            arXiv 2406.16747); every head of keys has scores of its own.

    Raises:
        FlatError: a size is none, or heads share scores of keys alone.
    """

    dim: int
    heads: int | None = None
    bits: float | None = None
    alone: bool = False

    def __post_init__(self) -> None:
        check_size("mask.index", self.dim)
        if self.heads is not None:
            check_size("mask.index", self.heads)
        if self.bits is not None:
            object.__setattr__(self, "bits", checked_width("mask.index_bits", self.bits))
        if self.alone and self.heads is not None:
            raise FlatError("scores of keys alone have no heads of an index", path="mask.index")

    def __str__(self) -> str:
        """As it is written in a mask."""
        bits = "" if self.bits is None else f",index_bits={self.bits:g}"
        heads = f"{_ALONE}x" if self.alone else "" if self.heads is None else f"{self.heads}x"
        return f"index={heads}{self.dim}{bits}"


@dataclass(frozen=True)
class Select:
    """Which keys are chosen, and what chooses them.

    Args:
        keys: K, that are chosen; None where they are given one by one, as blocks of one score.
        together: queries that choose together, by one index query; None are those of a tile of rows.
        page: keys that are chosen, fetched and computed together.
        index: what scores them; None where the indices are given, and what chose them is not counted.
        unions: how many keys the rows of a tile choose together, of tiles that a trace has; else bounded.

    Raises:
        FlatError: a size is none, K is no number of pages, or unions are given of keys that are.
    """

    keys: int | None
    together: int | None = 1
    page: int = 1
    index: Index | None = None
    unions: Unions | None = None

    def __post_init__(self) -> None:
        for name, size in (("topk", self.keys), ("topk", self.together), ("page", self.page)):
            if size is not None:
                check_size(f"mask.{name}", size)
        if self.keys is not None and self.keys % self.page:
            expected = f"a multiple of {self.page}"
            raise FlatError("no whole number of pages", path="mask.topk", value=self.keys, expected=expected)
        if self.index is not None and not isinstance(self.index, Index):
            raise FlatError("no index", path="mask.index", value=self.index, expected="an Index")
        if self.unions is not None and not isinstance(self.unions, Unions):
            raise FlatError("no unions", path="mask.unions", value=self.unions, expected="Unions")
        if self.scores_keys and (self.together != 1 or self.page != 1):
            message = "scores of keys alone choose key by key, for each query"
            raise FlatError(
                message, path="mask.index", value=str(self.index), expected="topk=K, without page"
            )
        if self.unions is not None and self.keys is None:
            raise FlatError("keys that are given have their own unions", path="mask.unions")

    @property
    def scores_keys(self) -> bool:
        """Whether keys are scored by themselves, so that queries that see the same choose the same."""
        return self.index is not None and self.index.alone

    def rows(self, tile: int) -> int:
        """Queries that choose together, of tiles of so many rows."""
        return tile if self.together is None else self.together

    def __str__(self) -> str:
        """As it is written in a mask."""
        if self.keys is None:
            return "selected keys"
        how = {1: "", None: f":{TILE}"}.get(self.together, f":{self.together}")
        page = f",page={self.page}" if self.page > 1 else ""
        unions = f",unions={self.unions.source}" if self.unions else ""
        return f"topk={self.keys}{how}{page}{f',{self.index}' if self.index else ''}{unions}"


def read_select(given: dict[str, str]) -> Select | None:
    """The selection of a mask's parts by name, as they are written; None where there are none.

    Raises:
        FlatError: a part is wrong, or would do nothing beside the others.
    """
    if not given:
        return None
    if "topk" not in given:
        name = next(iter(given))
        raise FlatError(f"{name} without topk changes nothing", path="mask", value=f"{name}={given[name]}")
    if "index_bits" in given and "index" not in given:
        message = "index_bits without index change nothing"
        raise FlatError(message, path="mask", value=f"index_bits={given['index_bits']}")
    keys, colon, how = given["topk"].partition(":")
    tile = colon and how == TILE
    together = None if tile else _size("topk", how) if colon else 1
    index = _index(given) if "index" in given else None
    page = _size("page", given["page"]) if "page" in given else 1
    unions = read_unions(given["unions"]) if "unions" in given else None
    return Select(_size("topk", keys), together, page, index, unions)


def _index(given: dict[str, str]) -> Index:
    heads, cross, dim = given["index"].rpartition("x")
    bits: Any = given.get("index_bits")
    if bits is not None:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", bits):
            raise FlatError("no width of a word", path="mask.index_bits", value=bits, expected="such as 8")
        bits = float(bits)
    if heads == _ALONE:
        return Index(_size("index", dim), None, bits, alone=True)
    return Index(_size("index", dim), _size("index", heads) if cross else None, bits)


def _size(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,13}", text) or not 1 <= int(text) <= LARGEST:
        raise FlatError("no size", path=f"mask.{name}", value=text, expected=PARTS[name])
    return int(text)
