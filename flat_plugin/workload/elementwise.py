"""Steps that are no products: norms, activations, additions to the residual stream.

Each is a number of elementary operations for an element and for a row, in the vocabulary of the softmax unit
(one a lane and cycle: add, scale, exponent, …). ELECTRA (``flops_computation.py``) counts 8 for GELU too, and
5 for a layer norm, without the mean taken off and the deviation divided by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flat_plugin.errors import check_choice
from flat_plugin.workload.size_checks import check_size


@dataclass(frozen=True)
class Step:
    """A kind of step.

    Args:
        each: operations of an element of the result.
        row: operations of a row besides.
        passes: over its input; 2 where a row's mean must be known before an element is done.
        inputs: tensors of the result's size that it reads.
    """

    each: tuple[str, ...]
    row: tuple[str, ...] = ()
    passes: int = 1
    inputs: int = 1


_SIGMOID = ("exponent", "add", "reciprocal")
_SILU = (*_SIGMOID, "multiply")
_TANH = ("scale", *_SIGMOID, "scale", "add")

STEPS: Mapping[str, Step] = {
    # sum of squares; then the row's scale and the column's weight
    "rms_norm": Step(("square", "add", "scale", "scale"), ("scale", "add", "root"), passes=2),
    # sum and sum of squares; then (x·a + b)·weight + bias, a and b of the row
    "layer_norm": Step(
        ("add", "square", "add", "scale", "add", "scale", "add"),
        ("scale", "scale", "square", "subtract", "add", "root", "multiply"),
        passes=2,
    ),
    "layer_norm_unbiased": Step(
        ("add", "square", "add", "scale", "add", "scale"),
        ("scale", "scale", "square", "subtract", "add", "root", "multiply"),
        passes=2,
    ),
    # an RMS norm without weights
    "l2_norm": Step(("square", "add", "scale"), ("scale", "add", "root"), passes=2),
    "add": Step(("add",), inputs=2),
    "relu": Step(("max",)),
    "relu2": Step(("max", "square")),
    "silu": Step(_SILU),
    "quick_gelu": Step(("scale", *_SILU)),
    # x·sigmoid(x·(a + b·x²)), which is the form with tanh; units have no error function of their own
    "gelu": Step(("square", "scale", "add", "multiply", *_SILU)),
    # gpt-oss: gate and input bounded, a sigmoid of the scaled gate, the input shifted by one
    "clamped_swiglu": Step(("min", "min", "max", "scale", *_SILU, "add")),
    "tanh": Step(_TANH),
    "sigmoid": Step(_SIGMOID),
}
"""Kinds of steps by name; a gate multiplies what an activation gives, one operation and one input more."""

NORMS = ("rms_norm", "layer_norm", "layer_norm_unbiased", "l2_norm")
HEADS = ("each", "whole")
ACTIVATIONS = tuple(name for name in STEPS if name not in (*NORMS, "add"))


@dataclass(frozen=True)
class Elementwise:
    """A step over all tokens of a layer.

    Args:
        name: of the operator.
        step: its kind, of :data:`STEPS`.
        rows: of all tokens, that a norm is taken of by themselves.
        width: elements of a row.
        gated: whether another tensor gates what comes out.
    """

    name: str
    step: str
    rows: int
    width: int
    gated: bool = False

    @property
    def elements(self) -> int:
        """Of the result, and of each input."""
        return self.rows * self.width

    @property
    def row_operations(self) -> int:
        """Elementary operations of a row."""
        step = STEPS[self.step]
        return self.width * (len(step.each) + self.gated) + len(step.row)

    @property
    def operations(self) -> int:
        """Elementary operations, all together."""
        return self.rows * self.row_operations

    @property
    def passes(self) -> int:
        """Over the input."""
        return STEPS[self.step].passes

    @property
    def inputs(self) -> int:
        """Tensors that are read, each of as many elements as the result."""
        return STEPS[self.step].inputs + self.gated


@dataclass(frozen=True)
class Steps:
    """What a layer does besides its products.

    Args:
        norm: its kind, of :data:`NORMS`.
        activation: between the feed-forward layers; None where there is none.
        each: norms, as wide as the stream, of either half: the attention, and the feed-forward layers.
        once: whether both halves begin with one norm: they run beside each other.
        heads: whether Q and K are normed, ``each`` head by itself or their ``whole`` width.
        head_norm: the kind of that norm; ``norm`` if None.
        before, behind: norms of the stream before the first of all layers (of the embeddings) and behind the
            last (the final one); a model has them, and no layer.
        pooled: whether the one behind is of one token of a sequence alone.

    Raises:
        FlatError: a field has the wrong type or size.
    """

    norm: str
    activation: str | None
    each: int = 1
    once: bool = False
    heads: str | None = None
    head_norm: str | None = None
    before: int = 0
    behind: int = 0
    pooled: bool = False

    def __post_init__(self) -> None:
        check_choice("steps.norm", self.norm, NORMS)
        check_size("steps.each", self.each)
        for name in ("before", "behind"):
            check_size(f"steps.{name}", getattr(self, name), least=0)
        if self.activation is not None:
            check_choice("steps.activation", self.activation, ACTIVATIONS)
        if self.heads is not None:
            check_choice("steps.heads", self.heads, HEADS)
        if self.head_norm is not None:
            check_choice("steps.head_norm", self.head_norm, NORMS)

    def stream(self, tokens: int, hidden: int, halves: int) -> Iterator[tuple[int, Elementwise]]:
        """(times, step) of the residual stream: its norms, and what each half adds to it."""
        norms = self.each if self.once else self.each * halves
        yield norms, Elementwise("norm", self.norm, tokens, hidden)
        yield halves, Elementwise("residual", "add", tokens, hidden)

    def outside(
        self, lengths: Sequence[tuple[int, int]], hidden: int, *, first: bool
    ) -> Iterator[tuple[int, Elementwise]]:
        """(times, step) of the stream before the first layer, or behind the last.

        Args:
            lengths: (sequences, tokens of each).
        """
        times = self.before if first else self.behind
        rows = sum(number * (1 if self.pooled and not first else tokens) for number, tokens in lengths)
        if times:
            name = "embedding_norm" if first else "final_norm"
            yield times, Elementwise(name, self.norm, rows, hidden)

    def of_heads(self, rows: int, heads: int, head_dim: int) -> Iterator[tuple[int, Elementwise]]:
        """Of Q, or of K, of so many tokens."""
        norm = self.head_norm or self.norm
        if self.heads == "each":
            yield 1, Elementwise("head_norm", norm, rows * heads, head_dim)
        elif self.heads == "whole":
            yield 1, Elementwise("head_norm", norm, rows, heads * head_dim)

    def activated(self, rows: int, width: int, gated: bool) -> Iterator[tuple[int, Elementwise]]:
        """Between feed-forward layers of a width, over so many tokens."""
        if self.activation is not None:
            yield 1, Elementwise("activation", self.activation, rows, width, gated)


def summed_operations(steps: Iterable[tuple[int, Elementwise]]) -> dict[str, int]:
    """Elementary operations by operator."""
    found: dict[str, int] = {}
    for times, step in steps:
        found[step.name] = found.get(step.name, 0) + times * step.operations
    return found
