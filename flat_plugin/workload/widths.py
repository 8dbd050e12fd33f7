"""Widths: the bits of one word of each tensor, where they are not those of the memories' words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, TypedDict

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.schema import Range
from flat_plugin.workload.einsum import Einsum

# What a projection reads and what it writes; of latent attention K is the latent tensor, too.
_PROJECTED = {
    "project_q": ("A", "Q"),
    "project_k": ("A", "K"),
    "project_v": ("A", "V"),
    "project_q_up": ("A", "Q"),
    "project_kv_down": ("A", "K"),
    "project_kv_up": ("K", "K"),
    "absorb_k": ("Q", "Q"),
    "absorb_v": ("O", "O"),
    "project_o": ("O", "A"),
}
OF_ATTENTION = ("Q", "K", "V", "S", "O")
"""Tensors of the attention itself; the others are of products around it."""
PARTS = {"attention": "WA", "feed_forward": "WF", "experts": "WE"}
"""Weights that may have widths of their own, by what their products are."""
STEP, LEAST, MOST = 256, 1, 128  # widths are whole numbers of 1/256 bit, exact in a double
_EXPECTED = f"{LEAST} to {MOST} bits, whole or in steps of 1/{STEP} (4.25: 4 bits and a scale for every 32)"
_EXAMPLE = "such as K=8,V=8,S=32,W=4"


@dataclass(frozen=True)
class Widths:
    """Bits of a word of each tensor; None is as wide as the words of each memory that keeps it.

    Args:
        Q, K, V, O: of the attention's operands and result.
        S: of the scores, before softmax and after it.
        W: of the weights, of all products around the attention.
        A: of what else those products read and write: the residual stream, and what is between the
            feed-forward layers.
        WA, WF, WE: of the weights of the projections around the attention, of the feed-forward layers (shared
            experts among them), and of the experts that a router chooses; those of W if not given.

    Raises:
        FlatError: a width is no such number.
    """

    Q: float | None = None
    K: float | None = None
    V: float | None = None
    S: float | None = None
    O: float | None = None  # noqa: E741
    W: float | None = None
    A: float | None = None
    WA: float | None = None
    WF: float | None = None
    WE: float | None = None

    def __post_init__(self) -> None:
        for name, bits in self:
            if bits is not None:
                object.__setattr__(self, name, checked_width(f"bits.{name}", bits))

    def __iter__(self) -> Iterator[tuple[str, float | None]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def __bool__(self) -> bool:
        """Whether any tensor has a width of its own."""
        return any(bits is not None for _, bits in self)

    def __str__(self) -> str:
        """``K=8,V=8``; ``8`` where one width is that of all, and nothing where the memories' words are."""
        given = self.to_dict()
        if given.keys() == {*EVERY} and len({*given.values()}) == 1:
            return f"{self.W:g}"
        return ",".join(f"{name}={bits:g}" for name, bits in self if bits is not None)

    def of(self, tensor: str) -> float | None:
        """Bits of a tensor of the attention; what attend calls P is S after softmax."""
        bits: float | None = getattr(self, "S" if tensor == "P" else tensor)
        return bits

    def product(self, einsum: Einsum) -> Einsum:
        """A product around the attention with these widths: projections write and read the attention's own
        tensors, and all others activations, as are second operands (X) that are no weights."""
        into, out = _PROJECTED.get(einsum.name, ("A", "A"))
        bits = {"A": getattr(self, into), "X": self.A, "Z": getattr(self, out)}
        bits["W"] = self.weights(einsum.name)
        return replace(einsum, tensors=tuple(replace(t, bits=bits[t.name]) for t in einsum.tensors))

    def weights(self, product: str) -> float | None:
        """Bits of the weights of a product, by its name."""
        part = part_of(product)
        own: float | None = getattr(self, PARTS[part]) if part else None
        return self.W if own is None else own

    def over(self, others: Widths) -> Widths:
        """These, and those of the others where these say nothing; a width of W is that of all its parts."""
        if self.W is not None:
            others = replace(others, **dict.fromkeys(PARTS.values()))
        return Widths(**{name: getattr(others, name) if bits is None else bits for name, bits in self})

    def to_dict(self) -> dict[str, float]:
        """What is given, by tensor."""
        return {name: bits for name, bits in self if bits is not None}


_STEPS = ("up", "gate", "down")
_PART_OF = {  # by the names of products
    **dict.fromkeys((*_PROJECTED, "project_q_down"), "attention"),
    **{f"{name}_{step}": "feed_forward" for name in ("ff", "shared") for step in _STEPS},
    **{f"{name}_{step}": "experts" for name in ("expert", "fuller_expert") for step in _STEPS},
}


def part_of(product: str) -> str | None:
    """Which of the ``PARTS`` the weights of a product are of, by its name; None of the others."""
    return _PART_OF.get(product)


def checked_width(path: str, bits: object) -> float:
    """A width as a number, whole where it can be.

    Raises:
        FlatError: it is not one.
    """
    number = isinstance(bits, int | float) and not isinstance(bits, bool)
    if not number or not LEAST <= bits <= MOST or bits * STEP % 1:  # type: ignore[operator]
        raise FlatError("no width of a word", path=path, value=bits, expected=_EXPECTED)
    return int(bits) if bits == int(bits) else float(bits)  # type: ignore[call-overload, arg-type]


TENSORS = tuple(field.name for field in fields(Widths))
EVERY = tuple(name for name in TENSORS if name not in PARTS.values())
"""Those whose widths are the widths of all, where parts of the weights have none of their own."""
Bits = Annotated[float, Range(LEAST, MOST)]


class WidthsForm(TypedDict, total=False):
    """Bits of a word of each tensor; fields as of :class:`Widths`."""

    Q: Bits
    K: Bits
    V: Bits
    S: Bits
    O: Bits  # noqa: E741
    W: Bits
    A: Bits
    WA: Bits
    WF: Bits
    WE: Bits


@checked
def parse_widths(text: str) -> Widths:
    """Read ``K=8,V=8,S=32``; one number alone, ``8``, is that of every tensor.

    Raises:
        FlatError: a tensor is unknown or given twice, or a width is none.
    """
    if re.fullmatch(r"\s*[0-9.]+\s*", text):
        return Widths(**dict.fromkeys(EVERY, _number("bits", text.strip())))
    found: dict[str, float] = {}
    for item in text.split(","):
        name, equals, bits = (part.strip() for part in item.partition("="))
        name = name.upper()
        if name not in TENSORS or not equals:
            raise FlatError(
                "unknown tensor" if equals else "not a tensor and its width",
                path="bits",
                value=item.strip() or text,
                expected=f"{_EXAMPLE}; tensors are {', '.join(TENSORS)}",
            )
        if name in found:
            raise FlatError(f"{name} is given twice", path="bits", value=text)
        found[name] = _number(f"bits.{name}", bits)
    return Widths(**found)


Given = Widths | Mapping[str, float] | str | float | None


def read_widths(value: Given) -> Widths:
    """Widths as they are given: text, a number for all, tensors and their widths, or the value itself.

    None says nothing of any tensor.

    Raises:
        FlatError: it is none of them, or wrong.
    """
    if value is None:
        return Widths()
    if isinstance(value, Widths):
        return value
    if isinstance(value, str):
        return parse_widths(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Widths(**dict.fromkeys(EVERY, value))
    if not isinstance(value, Mapping):
        raise FlatError("no widths", path="bits", value=value, expected=_EXAMPLE)
    for name in value:
        if name not in TENSORS:
            raise FlatError("unknown tensor", path="bits", value=name, expected=", ".join(TENSORS))
    return Widths(**value)


def widened(einsum: Einsum, value: Mapping[str, float] | str | float) -> Einsum:
    """An einsum whose tensors have these widths: by their own names, ``Weights=4,Inputs=8``, or one for all.

    Raises:
        FlatError: no tensor of a name, one given twice, or no width.
    """
    names = [tensor.name for tensor in einsum.tensors]
    given: Mapping[str, object]
    if isinstance(value, str) and not re.fullmatch(r"\s*[0-9.]+\s*", value):
        given = _pairs(value)
    elif isinstance(value, Mapping):
        given = value
    else:
        given = dict.fromkeys(names, _number("bits", value.strip()) if isinstance(value, str) else value)
    for name in given:
        if name not in names:
            expected = ", ".join(names)
            raise FlatError(f"no data space of {einsum.name}", path="bits", value=name, expected=expected)
    bits = {name: checked_width(f"bits.{name}", width) for name, width in given.items()}
    return replace(einsum, tensors=tuple(replace(t, bits=bits.get(t.name, t.bits)) for t in einsum.tensors))


def _pairs(text: str) -> dict[str, float]:
    """``Weights=4,Inputs=8`` by name."""
    found: dict[str, float] = {}
    for item in text.split(","):
        name, equals, bits = (part.strip() for part in item.partition("="))
        if not equals or not name:
            expected = "such as Weights=4,Inputs=8"
            raise FlatError(
                "not a tensor and its width", path="bits", value=item.strip() or text, expected=expected
            )
        if name in found:
            raise FlatError(f"{name} is given twice", path="bits", value=text)
        found[name] = _number(f"bits.{name}", bits)
    return found


def _number(path: str, text: str) -> float:
    """A width as it is written.

    Raises:
        FlatError: it is no number.
    """
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise FlatError("no width of a word", path=path, value=text, expected=_EXPECTED)
    return checked_width(path, float(text))
