"""The two einsums of an attention layer: logit and attend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flat_plugin.workload.einsum import Einsum, Tensor

if TYPE_CHECKING:
    from flat_plugin.workload.attention import Attention


def logit_of(layer: Attention) -> Einsum:
    """``S[b,h,m,n] = Σ_d Q[b,h,m,d] · K[b,h,n,d]``."""
    outer, rows = _outer(layer), _rows(layer)
    return Einsum(
        "logit",
        (*outer, ("M", layer.queries), ("N", layer.keys), ("D", layer.head_dim)),
        (
            _tensor(layer, "Q", (*rows, "D")),
            _tensor(layer, "K", ("B", "H", "N", "D")),
            _tensor(layer, "S", (*rows, "N"), output=True),
        ),
    )


def attend_of(layer: Attention, inside: tuple[str, ...]) -> Einsum:
    """``O[b,h,m,e] = Σ_n P[b,h,m,n] · V[b,h,n,e]``.

    Args:
        inside: memories that have the words of V already, as a part of K.
    """
    outer, rows = _outer(layer), _rows(layer)
    part_of = "K" if layer.joint else None
    return Einsum(
        "attend",
        (*outer, ("M", layer.queries), ("N", layer.keys), ("E", layer.value_dim)),
        (
            _tensor(layer, "P", (*rows, "N")),
            Tensor("V", ("B", "H", "N", "E"), bits=layer.widths.of("V"), part_of=part_of, inside=inside),
            _tensor(layer, "O", (*rows, "E"), output=True),
        ),
    )


def _tensor(layer: Attention, name: str, dimensions: tuple[str, ...], output: bool = False) -> Tensor:
    return Tensor(name, dimensions, output, bits=layer.widths.of(name))


def _outer(layer: Attention) -> tuple[tuple[str, int], ...]:
    """B, H and, where queries are grouped, G: then H counts the key/value heads, so that
    every rank still is one dimension (Timeloop has no h/G)."""
    outer = (("B", layer.batch), ("H", layer.kv_heads))
    return (*outer, ("G", layer.group)) if layer.group > 1 else outer


def _rows(layer: Attention) -> tuple[str, ...]:
    """The dimensions that name one query row."""
    return (*(name for name, _ in _outer(layer)), "M")
