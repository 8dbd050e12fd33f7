"""What a model computes outside its layers that attend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.products import Convolution, Counted, Product, over_all
from flat_plugin.workload.size_checks import check_size

SORTS = ("linear", "convolution", "embedding", "head")
"""What weights count as: layers of the model, or what turns its input into tokens and tokens into output."""


@dataclass(frozen=True)
class Section:
    """Products beside the layers that attend: an embedding of patches, layers of another kind, a head.

    Args:
        name: for people, such as ``patch embedding``.
        products: that every one of them has.
        times: how often it is there.
        sort: what its weights count as, of :data:`SORTS`.
        kind: of the layers whose tokens it runs over; the first kind's if None.
        less: tokens of a sequence that it leaves out, such as the class token.
        last: whether it runs over the last token of a sequence alone.
        rows: that it runs over, where they do not follow from the tokens.
        wide: whether its weights are as wide as the memories' words, whatever those of the layers are.
        per: tokens of the model to one that it runs over; what is left over is cut off.
        at: the one length, in tokens, at which those rows are right; None is every length.

    Raises:
        FlatError: a field has the wrong type or size.
    """

    name: str
    products: tuple[Product, ...]
    times: int = 1
    sort: str = "linear"
    kind: str | None = None
    less: int = 0
    last: bool = False
    rows: int | None = None
    at: int | None = None
    wide: bool = False
    per: int = 1

    def __post_init__(self) -> None:
        check_size(f"{self.name}.times", self.times)
        check_size(f"{self.name}.per", self.per)
        if self.sort not in SORTS:
            message = "not a kind of weights"
            raise FlatError(message, path=f"{self.name}.sort", value=self.sort, expected=" or ".join(SORTS))

    @property
    def weights(self) -> int:
        return sum(self.by_sort.values())

    @property
    def by_sort(self) -> dict[str, int]:
        """Weights by what they count as: convolutions among linear layers are told apart."""
        found = dict.fromkeys(SORTS, 0)
        for product in self.products:
            told = self.sort == "linear" and isinstance(product, Convolution)
            found["convolution" if told else self.sort] += self.times * product.weights
        return found

    def over(self, lengths: Sequence[tuple[int, int]]) -> tuple[Counted, ...]:
        """Its operators and how often each is there.

        Args:
            lengths: (sequences, tokens of each) that it runs over, those that it leaves out included.

        Raises:
            FlatError: no token is left.
        """
        rows = [(sequences, self._rows(tokens)) for sequences, tokens in lengths]
        return tuple((self.times * times, einsum) for times, einsum in over_all(self.products, rows))

    def _rows(self, tokens: int) -> int:
        """Of a sequence of so many tokens."""
        rows = 1 if self.last else self.rows or (tokens - self.less) // self.per
        if self.at is not None and tokens != self.at:
            message = f"the {self.name} is known at the model's own length alone"
            raise FlatError(message, path="seq", value=tokens, expected=str(self.at))
        if rows < 1:
            message = f"no token is left for the {self.name}"
            raise FlatError(message, path="seq", value=tokens, expected=f"{self.less + self.per} or more")
        return rows
