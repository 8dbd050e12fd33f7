"""Traces: the keys and values that an accelerator with selection fetches, per step, layer and head.

A table has the columns that the artifact of SpAtten (HPCA 2021) writes: a row is one head of one layer in one
step of decoding, with the keys whose scores are computed, the values that are weighted, and the bits of their
words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError, raise_all
from flat_plugin.schema import MOST_ERRORS, Range, Whole
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.size_checks import LARGEST
from flat_plugin.workload.widths import MOST, Widths

if TYPE_CHECKING:  # workloads are described without any library
    from flat_plugin.documents.table import Line

FULL_BITS = 12  # of a word that is not quantised: SpAtten's own words
_Size = Annotated[int, Range(1, LARGEST)]
_Bits = Annotated[int, Range(-1, MOST)]
_Fetched = Annotated[int, Range(0, LARGEST)]


class TraceRow(TypedDict):
    """A line of the table. A width of −1 is that of a word that is not quantised."""

    iteration_id: Whole
    layer_id: Whole
    head_id: Whole
    embedding_length_D: _Size
    sentence_length_L: _Size
    key_fetch_num: _Fetched
    quant_key_bit: _Bits
    quant_query_bit: _Bits
    if_requant: Literal["True", "False"]
    auto_requant_incre: _Bits
    value_fetch_num: _Fetched
    quant_value_bit: _Bits
    if_topk: Literal["True", "False"]
    topk: Annotated[int, Range(-1, LARGEST)]


@dataclass(frozen=True)
class Fetched:
    """What one head fetches in one step.

    Attributes:
        head_dim: words of a key, and of a value.
        length: keys that there are.
        keys, values: that are fetched.
        key_bits, query_bits, value_bits: of a word; None where it is not quantised.
        again: further bits of each key that are fetched as well, for the scores are computed once more.
    """

    head_dim: int
    length: int
    keys: int
    values: int
    key_bits: int | None = None
    query_bits: int | None = None
    value_bits: int | None = None
    again: int = 0

    def bits(self, full: tuple[float, float]) -> float:
        """Bits of its keys and values; ``full`` are those of a key's and a value's word, not quantised."""
        key, value = (own or whole for own, whole in zip((self.key_bits, self.value_bits), full, strict=True))
        return self.head_dim * (self.keys * key + self.values * value)

    def widths(self, full: Widths) -> Widths:
        """Of its words; those of ``full`` where they are not quantised."""
        return Widths(K=self.key_bits, Q=self.query_bits, V=self.value_bits).over(full)

    def dense_bits(self, full: tuple[float, float]) -> float:
        """Bits of all keys and values, not quantised."""
        return self.head_dim * self.length * sum(full)

    @property
    def again_bits(self) -> int:
        """Bits of the keys that are fetched once more."""
        return self.head_dim * self.keys * self.again

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the scores and of the weighted values, each once."""
        return self.head_dim * (self.keys + self.values)

    @property
    def again_macs(self) -> int:
        """Multiply-accumulates of scores that are computed once more."""
        return self.head_dim * self.keys if self.again else 0

    @property
    def dense_macs(self) -> int:
        """Multiply-accumulates of all keys and values."""
        return 2 * self.head_dim * self.length


@dataclass(frozen=True)
class Trace:
    """Heads that fetch alike, how often they come, by step and layer.

    Attributes:
        name: of the file.
        heads: (step, layer) to what its heads fetch, each with its number.
        choices: rows after which a top-k unit chooses the keys of the next layer.
        missing: rows that are not there, of every head of every layer in every step.
        widths: bits of words: of Q, K and V of those that the table leaves as they are.
    """

    name: str
    heads: Mapping[tuple[int, int], Mapping[Fetched, int]] = field(hash=False, repr=False)
    choices: int = 0
    missing: int = 0
    widths: Widths = field(default_factory=Widths)

    @property
    def widest(self) -> Attention:
        """The layer of those heads that fetch alike whose keys have the most words, with one query.

        Raises:
            FlatError: no row fetches a key.
        """
        alike = [(times, head) for times, head in self.rows if head.keys]
        if not alike:
            raise FlatError("no key is fetched", path=self.name, expected="a row with 1 key or more")
        times, head = max(alike, key=lambda each: each[0] * each[1].keys * each[1].head_dim)
        return Attention(1, times, 1, head.keys, head.head_dim, widths=self.widths)

    @property
    def rows(self) -> Iterator[tuple[int, Fetched]]:
        """(times, head) of all steps and layers."""
        return ((times, head) for alike in self.heads.values() for head, times in alike.items())

    @property
    def layers(self) -> tuple[int, ...]:
        return tuple(sorted({layer for _, layer in self.heads}))

    @property
    def steps(self) -> int:
        return len({step for step, _ in self.heads})


@checked
def read_trace(path: str | Path) -> Trace:
    """The trace in a CSV file, which may be compressed (``.csv.gz``); a last line that names the run in its
    first cell alone is passed over.

    Raises:
        FlatError: the file is not there, is damaged, has other columns, or a row says what cannot be.
    """
    from flat_plugin.documents.table import read_table

    path = Path(path)
    lines = read_table(path, TraceRow, whole=True, remark=True)
    raise_all(list(_errors(lines))[:MOST_ERRORS])
    heads: dict[tuple[int, int], Counter[Fetched]] = {}
    for line in lines:
        place = line.row["iteration_id"], line.row["layer_id"]
        heads.setdefault(place, Counter())[_fetched(line.row)] += 1
    columns = zip(*(_place(line.row) for line in lines), strict=True)
    whole = prod(len({*column}) for column in columns)
    choices = sum(line.row["if_topk"] == "True" for line in lines)
    return Trace(path.name, heads, choices, whole - len(lines))


def _place(row: TraceRow) -> tuple[int, int, int]:
    """Step, layer and head."""
    return row["iteration_id"], row["layer_id"], row["head_id"]


def _fetched(row: TraceRow) -> Fetched:
    bits = {"key": row["quant_key_bit"], "query": row["quant_query_bit"], "value": row["quant_value_bit"]}
    return Fetched(
        row["embedding_length_D"],
        row["sentence_length_L"],
        row["key_fetch_num"],
        row["value_fetch_num"],
        **{f"{name}_bits": None if n < 0 else n for name, n in bits.items()},
        again=row["auto_requant_incre"] if row["if_requant"] == "True" else 0,
    )


def _errors(lines: Iterable[Line[TraceRow]]) -> Iterator[FlatError]:
    """What rows say that cannot be, and rows that are given twice."""
    seen: dict[tuple[int, int, int], int] = {}
    for line in lines:
        row = line.row
        place = _place(row)
        if place in seen:
            message = "a head of a layer and step that another row has, too"
            yield line.error(message, place, f"one row; the other is line {seen[place]}")
        seen[place] = line.number
        for column, expected in _wrong(row):
            value = dict(row)[column]
            yield FlatError(
                "not what the rest of the row allows",
                file=line.file,
                path=f"line {line.number}.{column}",
                value=value,
                expected=expected,
            )


def _wrong(row: TraceRow) -> Iterator[tuple[str, str]]:
    """(column, what would be right) of what a row says that cannot be."""
    length, keys = row["sentence_length_L"], row["key_fetch_num"]
    if keys > length:
        yield "key_fetch_num", f"at most the {length} of the sentence"
    if row["value_fetch_num"] > keys:
        yield "value_fetch_num", f"at most the {keys} keys, whose scores weigh them"
    for column, value in row.items():
        if column.startswith("quant_") and value == 0:
            yield column, "-1, or 1 bit or more"
    if row["if_requant"] == "True":
        if row["auto_requant_incre"] < 1:
            yield "auto_requant_incre", "the further bits of each key, for if_requant is True"
        if row["quant_key_bit"] < 0:
            yield "quant_key_bit", "fewer bits than all, for if_requant is True"
    if row["auto_requant_incre"] == 0:
        yield "auto_requant_incre", "-1, or 1 bit or more"
    if (row["if_topk"] == "True") != (row["topk"] > 0):
        yield "topk", "1 key or more where if_topk is True, and -1 elsewhere"
    elif row["topk"] == 0 or row["topk"] > length:
        yield "topk", f"at most the {length} of the sentence, or -1"
