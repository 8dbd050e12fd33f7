"""An estimate cut into its parts: operator × component × tensor. Every total is a sum of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Operators that are chained; all others run alone.
ATTENTION = frozenset(("logit", "softmax", "overflow", "attend", "indices"))

# Those around the attention, by the start of their names.
SCOPES = {
    "project_": "projections",
    **dict.fromkeys(("index", "choose"), "choice of keys"),
    **dict.fromkeys(
        ("norm", "head_norm", "latent_norm", "embedding_norm", "final_norm", "residual", "activation"),
        "norms and activations",
    ),
    **dict.fromkeys(("ff_", "router", "shared_", "expert_", "fuller_expert_"), "feed-forward"),
}

# What results say of the words of a tensor, besides those of each memory.
CROSSINGS = ("dram_reads", "dram_writes", "buffer_reads", "buffer_writes")


@dataclass(frozen=True)
class Part:
    """Energy in pJ of one operator in one component for one tensor; None where it is not known.

    ``tensor`` is ``leak`` or ``compute`` for energy that belongs to no tensor.
    """

    operator: str
    component: str
    tensor: str
    energy_pj: float | None


def parts_of(estimate: Mapping[str, Any]) -> Iterator[Part]:
    """From the machine-readable form of an estimate."""
    for operator, work in estimate["operators"].items():
        for key, energy in work["energy_by_tensor_pj"].items():
            component, _, tensor = key.rpartition(".")
            yield Part(operator, component, tensor, energy)


def energy_by(parts: Iterable[Part], key: str) -> dict[str, float | None]:
    """pJ by ``operator``, ``component`` or ``tensor``; None where a part of it is not known."""
    members: dict[str, list[float | None]] = {}
    for part in parts:
        members.setdefault(getattr(part, key), []).append(part.energy_pj)
    return {name: total(values) for name, values in members.items()}


def total(values: Iterable[float | None]) -> float | None:
    """The sum; None where a term is."""
    terms = list(values)
    return None if None in terms else sum(term for term in terms if term is not None)


def scope_of(operator: str) -> str:
    """``attention``, ``projections``, ``feed-forward``, ``norms and activations`` or ``others``."""
    if operator in ATTENTION:
        return "attention"
    return next((scope for prefix, scope in SCOPES.items() if operator.startswith(prefix)), "others")


def dram_words(tensors: Mapping[str, Mapping[str, float]]) -> float:
    """Words that these tensors move to and from DRAM."""
    return sum(words["dram_reads"] + words["dram_writes"] for words in tensors.values())


def dram_bytes(tensors: Mapping[str, Mapping[str, Any]], word_bits: float) -> float:
    """Bytes to and from DRAM, whose words have ``word_bits``; those of a tensor may have others."""
    return sum(
        (words["dram_reads"] + words["dram_writes"]) * words.get("bits", word_bits) / 8
        for words in tensors.values()
    )


def cycles_around(cycles: Mapping[str, float]) -> float:
    """Cycles of the operators around attention, which run alone, from those of all by name."""
    return sum(float(count) for name, count in cycles.items() if scope_of(name) != "attention")
