"""What physics allows, printed beside every estimate (elements per head: M(D+E) + N(D+E))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.model.cost import action_energy
from flat_plugin.model.softmax import passes_of
from flat_plugin.model.tiling import WORDS, Weights, least_traffic
from flat_plugin.model.widths import mac_energy, share
from flat_plugin.plain import known
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.widths import Widths


@dataclass(frozen=True)
class Limits:
    """Bounds that no mapping of this attention layer beats.

    ``best_tiling_dram_words`` is what the best of all tilings reaches with this buffer
    (:func:`least_traffic`); the least bytes may be those of another tiling. ``busy`` are cycles that each
    resource takes at least.
    """

    compulsory_dram_words: int
    best_tiling_dram_words: int
    compulsory_dram_bytes: float
    best_tiling_dram_bytes: float
    busy: Mapping[str, float]
    energy_pj: float | None  # None without an energy table

    @property
    def cycles(self) -> float:
        """What the resource that takes longest does."""
        return max(self.busy.values())

    def __add__(self, other: Limits) -> Limits:
        """Of both layers, in whatever order."""
        energy = None
        if self.energy_pj is not None and other.energy_pj is not None:
            energy = self.energy_pj + other.energy_pj
        return Limits(
            self.compulsory_dram_words + other.compulsory_dram_words,
            self.best_tiling_dram_words + other.best_tiling_dram_words,
            self.compulsory_dram_bytes + other.compulsory_dram_bytes,
            self.best_tiling_dram_bytes + other.best_tiling_dram_bytes,
            {name: self.busy.get(name, 0) + other.busy.get(name, 0) for name in {**self.busy, **other.busy}},
            energy,
        )

    def __mul__(self, times: int) -> Limits:
        """Of this many equal layers."""
        return Limits(
            self.compulsory_dram_words * times,
            self.best_tiling_dram_words * times,
            self.compulsory_dram_bytes * times,
            self.best_tiling_dram_bytes * times,
            {name: busy * times for name, busy in self.busy.items()},
            None if self.energy_pj is None else self.energy_pj * times,
        )

    def to_dict(self) -> dict[str, float | None]:
        return {
            "compulsory_dram_words": self.compulsory_dram_words,
            "best_tiling_dram_words": self.best_tiling_dram_words,
            "compulsory_dram_bytes": self.compulsory_dram_bytes,
            "best_tiling_dram_bytes": self.best_tiling_dram_bytes,
            "cycles": self.cycles,
            "energy_pj": self.energy_pj,
        }


def attention_limits(
    attention: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    *,
    softmax: str,
    online: bool = False,
    innermost: int = 1,
) -> Limits:
    """Limits of the attention level, with the operations for every score that this softmax takes: of what the
    mask needs.

    Args:
        softmax: free, serial, overlapped or array.
        innermost: the memory (0 = outermost) in which the scores are staged.
    """
    scores, widths = attention.least_scores, (attention.head_dim, attention.value_dim)
    macs = [(e, scores * width) for e, width in zip(attention.einsums(), widths, strict=True)]
    least = Least(compulsory_words(attention), macs, scores)
    found = limits_of(least, attention.widths, architecture, energies, softmax=softmax, online=online)
    least_words, least_bytes = _least_traffic(attention, architecture, innermost)
    return replace(found, best_tiling_dram_words=least_words, best_tiling_dram_bytes=least_bytes)


@dataclass(frozen=True)
class Least:
    """What has to be done: words of Q, K, V and O that pass to and from the outermost memory,
    multiply-accumulates of operators, and scores that softmax is of."""

    words: Mapping[str, int]
    macs: Sequence[tuple[Einsum, int]]
    scores: int


def limits_of(
    least: Least,
    widths: Widths,
    architecture: Architecture,
    energies: EnergyTable,
    *,
    softmax: str,
    online: bool = False,
) -> Limits:
    """Limits of what moves every word once, which is then the best tiling."""
    outer, compute = architecture.memories[0], architecture.compute
    taken = {name: count * share(widths.of(name), outer) for name, count in least.words.items()}
    written = taken.pop("O")
    read = sum(taken.values())
    macs = sum(count for _, count in least.macs)
    energy = sum(count * mac_energy(einsum, compute, energies) for einsum, count in least.macs)
    passes = passes_of(architecture, online=online, on_array=softmax == "array")
    operations = 0 if softmax == "free" else least.scores * passes.operations
    if softmax == "array":
        energy += operations * action_energy(energies, architecture.compute.name, "compute")
        macs, operations = macs + operations, 0
    unit = architecture.softmax
    busy = {"compute": macs / compute.instances}
    busy |= {f"{outer.name} {what}": moved / width for what, moved, width in outer.ports(read, written)}
    for moved, action in ((read, "read"), (written, "update")):
        energy += moved / outer.block_size * action_energy(energies, outer.name, action)
    if unit and operations:
        busy[unit.name] = operations / (unit.lanes * unit.instances)
        energy += operations * (unit.energy_pj or action_energy(energies, unit.name, "compute"))
    words, moved_bytes = sum(least.words.values()), (read + written) * outer.word_bits / 8
    return Limits(words, words, moved_bytes, moved_bytes, busy, known(energy))


def compulsory_words(attention: Attention) -> dict[str, int]:
    """Words of each tensor that pass between the outermost memory and the chip at least once; of V none
    where it is a part of K."""
    a = attention
    queries, keys = a.batch * a.heads * a.needed_rows, a.batch * a.kv_heads * a.needed_keys
    return {
        "Q": queries * a.head_dim,
        "K": keys * a.head_dim,
        "V": 0 if a.joint else keys * a.value_dim,
        "O": queries * a.value_dim,
    }


def _least_traffic(attention: Attention, architecture: Architecture, innermost: int) -> tuple[int, float]:
    """(words, bytes) of the outermost memory that the best tiling moves."""
    inside, outer = _inside(architecture, innermost), architecture.memories[0]
    each = replace(WORDS, V=0.0) if attention.joint else WORDS
    if not attention.widths:
        room = sum(memory.capacity * memory.instances for memory in inside) if inside else inf
        words = ceil(least_traffic(attention, room, room=each, cost=each))
        return words, words * outer.word_bits / 8
    bits = sum(memory.capacity * memory.instances * memory.word_bits for memory in inside) if inside else inf
    taken = weights_of(attention, min((memory.word_bits for memory in inside), default=outer.word_bits))
    moved = weights_of(attention, outer.word_bits)
    words = ceil(least_traffic(attention, bits, room=taken, cost=each))
    return words, least_traffic(attention, bits, room=taken, cost=moved) / 8


def weights_of(attention: Attention, word_bits: float) -> Weights:
    """Bits of each tensor's words; ``word_bits`` if it has no width of its own, and none of a part of K."""
    bits = {name: attention.widths.of(name) or word_bits for name in "QKSVO"}
    return Weights(**bits | ({"V": 0.0} if attention.joint else {}))


def _inside(architecture: Architecture, innermost: int) -> tuple[Memory, ...]:
    """Memories on chip that a tiling may use: all but the innermost ones, the registers; those too,
    where the scores are staged in them."""
    last = max(1, innermost, len(architecture.memories) - 2)
    return architecture.memories[1 : last + 1]
