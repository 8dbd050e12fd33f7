"""An attention layer: the sizes, and its two einsums (softmax, between them, is not an einsum)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.workload.attention_einsums import attend_of, logit_of
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.mask import FULL, Mask
from flat_plugin.workload.size_checks import check_groups, check_operations, check_size
from flat_plugin.workload.widths import Given, Widths, read_widths

if TYPE_CHECKING:
    from flat_plugin.workload.touched_selection import Least


@dataclass(frozen=True, init=False)
class Attention:
    """Sizes of one attention layer, all in elements; the letters are those of the FLAT paper.

    Args:
        batch: B, independent sequences.
        heads: H, query heads.
        queries: M, query tokens per sequence.
        keys: N, key and value tokens per sequence.
        head_dim: D, width of one query or key head.
        value_dim: E, width of one value head; D if not given.
        kv_heads: key/value heads, each shared by ``heads / kv_heads`` query heads
            (grouped-query attention); ``heads`` if not given.
        mask: which keys a query needs; all of them if not given.
        widths: bits of a word of each tensor; those of the memories' words if not given.
        joint: whether K and V are one tensor: V is the first E words of each row of K.

    Raises:
        FlatError: a size is not a positive whole number, ``kv_heads`` does not divide ``heads``, the mask
            is not one of these lengths, or K and V cannot be one tensor.
    """

    batch: int
    heads: int
    queries: int
    keys: int
    head_dim: int
    value_dim: int
    kv_heads: int
    mask: Mask
    widths: Widths
    joint: bool

    # Written out so that the two defaults are resolved at once: the fields are plain ints, and
    # a layer that spells a default out equals one that leaves it.
    def __init__(
        self,
        batch: int,
        heads: int,
        queries: int,
        keys: int,
        head_dim: int,
        value_dim: int | None = None,
        kv_heads: int | None = None,
        mask: Mask = FULL,
        widths: Given = None,
        joint: bool = False,
    ) -> None:
        value_dim = head_dim if value_dim is None else value_dim
        kv_heads = heads if kv_heads is None else kv_heads
        sizes = (batch, heads, queries, keys, head_dim, value_dim, kv_heads)
        object.__setattr__(self, "widths", read_widths(widths))
        object.__setattr__(self, "joint", joint)
        for field, size in zip(fields(self), sizes, strict=False):
            check_size(f"attention.{field.name}", size)
            object.__setattr__(self, field.name, size)
        check_groups("attention.kv_heads", heads, kv_heads)
        check_operations("attention", (batch, heads, queries, keys, max(head_dim, value_dim)))
        if not isinstance(mask, Mask):
            raise FlatError("not a mask", path="attention.mask", value=mask, expected="a Mask")
        mask.check(queries, keys)
        object.__setattr__(self, "mask", mask)
        if _checked_joint(self):
            object.__setattr__(self, "widths", replace(self.widths, V=self.widths.K))

    @property
    def group(self) -> int:
        """G, query heads per key/value head; 1 is plain multi-head attention."""
        return self.heads // self.kv_heads

    @property
    def softmax_elements(self) -> int:
        """Elements of the whole square of scores, whatever is masked: B·H·M·N."""
        return self.batch * self.heads * self.queries * self.keys

    @property
    def score_rows(self) -> int:
        """Rows of scores of all heads and sequences: B·H·M."""
        return self.batch * self.heads * self.queries

    @property
    def score_sizes(self) -> dict[str, int]:
        """Sizes of the scores, by dimension."""
        logit = self.logit()
        return {d: logit.sizes[d] for d in logit.output.dimensions}

    @property
    def needed_scores(self) -> int:
        """Scores that the mask leaves, of all heads and sequences."""
        return self.batch * self.heads * self.mask.needed(self.queries, self.keys)

    @property
    def least_scores(self) -> int:
        """Scores that are needed at least, of all heads and sequences: all that are, where that is known."""
        each = self._least.scores if self._least else self.mask.needed(self.queries, self.keys)
        return self.batch * self.heads * each

    @property
    def _least(self) -> Least | None:
        """What any selection needs; None where there is none, or it is given."""
        if self.mask.select is None or self.mask.select.keys is None:
            return None
        from flat_plugin.workload.touched_selection import least_selected

        return least_selected(self.mask, self.queries, self.keys)

    @property
    def dense(self) -> bool:
        """Whether every query needs every key, whatever the mask is called."""
        return not self.mask.select and self.needed_scores == self.softmax_elements

    @property
    def needed_rows(self) -> int:
        """Queries of a sequence and head that need a key, at least."""
        if self.mask.full:
            return self.queries
        from flat_plugin.workload.touched import needed_rows

        if least := self._least:
            return least.rows
        return needed_rows(self.mask, self.queries, self.keys)

    @property
    def needed_keys(self) -> int:
        """Keys of a sequence and head that any query needs, at least."""
        if least := self._least:
            return least.keys
        return self.keys if self.mask.full else self.mask.tiles(self.queries, self.keys, self.queries).every

    def widest(self, rows: int) -> Attention:
        """The dense layer of the same queries, whose keys are those of the tile of ``rows`` rows that touches
        most.

        Raises:
            FlatError: the mask leaves no score, or there are too many tiles.
        """
        if self.mask.full:
            return self
        keys = self.mask.most(self.queries, self.keys, rows)
        if not keys:
            raise FlatError("the mask leaves no score", path="mask", value=str(self.mask))
        return replace(self, keys=keys, mask=FULL)

    def check_full(self, what: str) -> None:
        """Raise unless every query needs every key: ``what`` knows no other mask."""
        if not self.dense:
            raise FlatError(
                f"{what} does not know masks",
                path="mask",
                value=str(self.mask),
                expected="full (--mask full), which counts every key for every query",
            )

    def unskipped(self) -> Attention:
        """The layer without its mask, as hardware computes it that skips nothing.

        Raises:
            FlatError: its keys are selected, which such hardware cannot do.
        """
        if self.mask.select:
            message = "hardware that skips nothing does not select keys"
            raise FlatError(message, path="skip", value="none", expected="skip tiles, or a mask without topk")
        return replace(self, mask=FULL)

    def without_idle_mask(self) -> Attention:
        """The layer without a mask that leaves every key to every query."""
        return replace(self, mask=FULL) if self.dense else self

    def check_apart(self, what: str) -> None:
        """Raise unless K and V are two tensors: ``what`` knows no others."""
        if self.joint:
            message = f"{what} does not know that V is a part of K"
            raise FlatError(
                message,
                path="attention.joint",
                value="V=K",
                expected="K and V apart (of latent attention: --latent expanded)",
            )

    def logit(self) -> Einsum:
        """``S[b,h,m,n] = Σ_d Q[b,h,m,d] · K[b,h,n,d]``."""
        return logit_of(self)

    def attend(self, inside: tuple[str, ...] = ()) -> Einsum:
        """``O[b,h,m,e] = Σ_n P[b,h,m,n] · V[b,h,n,e]``, with P = softmax(S) over n.

        Args:
            inside: memories that have the words of V already, as a part of K.
        """
        return attend_of(self, inside)

    def einsums(self, held: Mapping[str, str] | None = None) -> tuple[Einsum, Einsum]:
        """Logit and attend, in the order they run.

        Args:
            held: by tensor the memory that holds its whole tile while both operators run; where K is so held
                and V is a part of it, V is there too.
        """
        inside = (held["K"],) if self.joint and held and "K" in held else ()
        return self.logit(), self.attend(inside)


def _checked_joint(attention: Attention) -> bool:
    """Whether K and V are one tensor, which they can be.

    Raises:
        FlatError: they cannot.
    """
    if not isinstance(attention.joint, bool):
        raise FlatError("joint must be true or false", path="attention.joint", value=attention.joint)
    if attention.joint and attention.value_dim > attention.head_dim:
        raise FlatError(
            "V is wider than K, which it is a part of",
            path="attention.value_dim",
            value=attention.value_dim,
            expected=f"at most {attention.head_dim}",
        )
    if attention.joint and attention.widths.V not in (None, attention.widths.K):
        raise FlatError(
            "K and V are one tensor, and have one width",
            path="bits.V",
            value=attention.widths.V,
            expected="none, or that of K",
        )
    return attention.joint


_LETTERS = {
    "B": "batch",
    "H": "heads",
    "M": "queries",
    "N": "keys",
    "D": "head_dim",
    "E": "value_dim",
    "KV": "kv_heads",
}
_REQUIRED = ("B", "H", "M", "D")
_EXAMPLE = (
    "B, H, M and D, such as B=1,H=12,M=512,D=64; optional are N (else M), E (else D), KV (else H), and V=K "
    "where V is a part of K"
)
_JOINT = re.compile(r"\s*V\s*=\s*K\s*", re.IGNORECASE)


@checked
def parse_attention(text: str) -> Attention:
    """Read ``B=1,H=12,M=512,N=512,D=64``; N is M, E is D and KV is H unless given.

    ``V=K`` says that V is a part of K: the first E words of each of its rows.

    Raises:
        FlatError: a letter is unknown, missing or given twice, or a size is not a positive integer.
    """
    if not text.strip():
        raise FlatError("no sizes", path="attention", expected=_EXAMPLE)
    sizes: dict[str, int] = {}
    joint = [item for item in text.split(",") if _JOINT.fullmatch(item)]
    if len(joint) > 1:
        raise FlatError("V is given twice", path="attention", value=text)
    for item in text.split(","):
        if item in joint:
            continue
        letter, size = _parse_size(item)
        if letter in sizes:
            raise FlatError(f"{letter} is given twice", path="attention", value=text)
        sizes[letter] = size
    missing = [letter for letter in _REQUIRED if letter not in sizes]
    if missing:
        raise FlatError(f"{', '.join(missing)} missing", path="attention", value=text, expected=_EXAMPLE)
    sizes.setdefault("N", sizes["M"])
    check_groups("attention.KV", sizes["H"], sizes.get("KV", sizes["H"]))
    named: dict[str, Any] = {_LETTERS[letter]: size for letter, size in sizes.items()}
    return Attention(**named, joint=bool(joint))


def _parse_size(item: str) -> tuple[str, int]:
    """One ``letter=size``; at most 18 digits, so that a size fits a 64-bit integer."""
    letter, _, size = (part.strip() for part in item.partition("="))
    letter = letter.upper()
    if letter not in _LETTERS:
        raise FlatError("unknown dimension", path="attention", value=item, expected=_EXAMPLE)
    if not re.fullmatch(r"[0-9]{1,18}", size):
        raise FlatError(
            "a size must be a positive whole number",
            path=f"attention.{letter}",
            value=size,
            expected="1 or more",
        )
    check_size(f"attention.{letter}", int(size))
    return letter, int(size)
