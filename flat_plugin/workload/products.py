"""Products over the tokens of a sequence: linear layers, convolutions, and those with a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum, Rank, Tensor, gemm
from flat_plugin.workload.positions import Positions
from flat_plugin.workload.size_checks import check_size

Counted = tuple[int, Einsum]
"""An operator and how often it is there."""


@dataclass(frozen=True)
class Linear:
    """A linear layer over the tokens, ``times`` there: an output gate, say, or a second feed-forward pair.

    A patch embedding whose patches do not overlap is one as well, over the elements of a patch.
    """

    name: str
    width_in: int
    width_out: int
    times: int = 1

    def __post_init__(self) -> None:
        for field in ("width_in", "width_out", "times"):
            check_size(f"{self.name}.{field}", getattr(self, field))

    @property
    def weights(self) -> int:
        return self.width_in * self.width_out * self.times

    def over(self, sequences: int, tokens: int) -> Counted:
        """The operator over the tokens of all sequences."""
        return self.times, gemm(self.name, sequences * tokens, self.width_in, self.width_out)


@dataclass(frozen=True)
class Convolution:
    """A convolution that gives the tokens, or leads to them; over one dimension or two.

    What lies outside the input (padding) is counted as words of it.

    Args:
        name: of the operator.
        channels_in: input channels, of all groups.
        channels_out: output channels, of all groups.
        kernel: width of the window along the tokens; or height and width.
        stride: step of the window; or its steps.
        groups: parts of the channels that are convolved each by themselves.
        outputs: (a, b) where ``a × tokens + b`` positions of a sequence come out.
        height: rows of outputs, of two dimensions; a row then holds its share of the outputs.
        times: how often it is there.
    """

    name: str
    channels_in: int
    channels_out: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...] = (1,)
    groups: int = 1
    outputs: tuple[int, int] = (1, 0)
    height: int = 1
    times: int = 1

    def __post_init__(self) -> None:
        for field in ("channels_in", "channels_out", "groups", "height", "times"):
            check_size(f"{self.name}.{field}", getattr(self, field))
        for field in ("kernel", "stride"):
            for size in getattr(self, field):
                check_size(f"{self.name}.{field}", size)
        if self.channels_in % self.groups or self.channels_out % self.groups:
            message = f"{self.groups} groups do not divide the channels evenly"
            raise FlatError(message, path=f"{self.name}.groups", value=self.groups)
        if not len(self.kernel) == len(self.stride) <= 2:
            raise FlatError("a kernel and its stride have as many dimensions", path=f"{self.name}.stride")

    @property
    def weights(self) -> int:
        return self.channels_in // self.groups * self.channels_out * prod(self.kernel) * self.times

    def over(self, sequences: int, tokens: int) -> Counted:
        """``Z[b,g,m,p,q] = Σ_{c,r,s} A[b, g, c, stride·p + r, stride·q + s] · W[g,m,c,r,s]``.

        B are sequences, G groups, M and C output and input channels of a group, P and Q positions, R and S
        the window; dimensions of size 1 are left out where the tensors have others.

        Raises:
            FlatError: the outputs are no rectangle of this height.
        """
        scale, more = self.outputs
        width, rest = divmod(scale * tokens + more, self.height)
        if rest or width < 1:
            message = f"{scale * tokens + more} outputs of {self.name} do not fill {self.height} rows"
            raise FlatError(message, path="seq", value=tokens)
        outputs = (self.height, width)[-len(self.kernel) :]
        groups = (("G", self.groups),) if self.groups > 1 else ()
        channels = (("M", self.channels_out // self.groups), ("C", self.channels_in // self.groups))
        positions = tuple(zip(("P", "Q"), outputs, strict=False))
        window = tuple(zip(("R", "S"), self.kernel, strict=False))
        bounds = (("B", sequences), *groups, *channels, *positions, *window)
        batch, group = ((("B", 1),),), tuple(((name, 1),) for name, _ in groups)
        steps: tuple[Rank, ...] = tuple(
            ((p, step), (r, 1)) for (p, _), (r, _), step in zip(positions, window, self.stride, strict=True)
        )
        out = tuple(((name, 1),) for name, _ in positions)
        kernel = tuple(((name, 1),) for name, _ in window)
        m, c = (("M", 1),), (("C", 1),)
        tensors = (
            Tensor.of_ranks("A", (*batch, *group, c, *steps)),
            Tensor.of_ranks("W", (*group, m, c, *kernel)),
            Tensor.of_ranks("Z", (*batch, *group, m, *out), output=True),
        )
        return self.times, Einsum(self.name, bounds, tensors)


@dataclass(frozen=True)
class State:
    """A product with the state of a recurrence (linear attention, Mamba), which has no weights.

    Every token adds the outer product of a key and a value to the state of its head, and reads the state by a
    product with a key or query. What scales the state in between is element-wise and not counted. The tokens
    may be taken in any order, as products may: that they follow each other is not checked.

    Args:
        name: of the operator.
        heads: that have a state each.
        key_dim: rows of a state; keys and queries are that wide.
        value_dim: columns of a state.
        groups: of heads that share their keys and queries.
        update: whether the state is added to, or read.
    """

    name: str
    heads: int
    key_dim: int
    value_dim: int
    groups: int = 1
    update: bool = False

    def __post_init__(self) -> None:
        for field in ("heads", "key_dim", "value_dim", "groups"):
            check_size(f"{self.name}.{field}", getattr(self, field))
        if self.heads % self.groups:
            message = f"{self.groups} groups do not share the heads evenly"
            raise FlatError(message, path=f"{self.name}.groups", value=self.groups)

    @property
    def weights(self) -> int:
        return 0

    def over(self, sequences: int, tokens: int) -> Counted:
        """``Z[b,g,h,m,n] = Σ_k A[b,g,m,k] · X[b,g,h,k,n]`` of the keys A and the state X; or, of the values
        X, ``Z[b,g,h,k,n] = Σ_m A[b,g,m,k] · X[b,g,h,m,n]``.

        B are sequences, G groups, H heads of a group, M tokens, K and N rows and columns of a state.
        """
        outer = (("B", sequences), ("G", self.groups), ("H", self.heads // self.groups))
        bounds = (*outer, ("M", tokens), ("N", self.value_dim), ("K", self.key_dim))
        values, state = ("B", "G", "H", "M", "N"), ("B", "G", "H", "K", "N")
        tensors = (
            Tensor("A", ("B", "G", "M", "K")),
            Tensor("X", values if self.update else state),
            Tensor("Z", state if self.update else values, output=True),
        )
        return 1, Einsum(self.name, bounds, tensors)


Product = Linear | Convolution | State | Positions


def over_all(products: Iterable[Product], lengths: Sequence[tuple[int, int]]) -> Iterator[Counted]:
    """The operators over all tokens: of linear layers one, of the others one for each length.

    Args:
        lengths: (sequences, tokens of each).
    """
    for product in products:
        if isinstance(product, Linear):
            yield product.over(1, sum(sequences * tokens for sequences, tokens in lengths))
        else:
            yield from (product.over(sequences, tokens) for sequences, tokens in lengths)
