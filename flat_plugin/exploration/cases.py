"""The workloads that a chip is for, and what each needs at least on any chip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from flat_plugin.architecture import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.exploration.budgets import Budget
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.limits import compulsory_words
from flat_plugin.workload import Attention
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.latent import FORMS
from flat_plugin.workload.resolve import Layers, resolve
from flat_plugin.workload.sized_workload import Sized
from flat_plugin.workload.widths import Widths


@dataclass(frozen=True)
class Case:
    """A workload with its weight in sums, its level (attention, block, model) and its own budgets."""

    name: str
    sized: Sized
    level: str = "attention"
    weight: float = 1.0
    budgets: tuple[Budget, ...] = ()

    def has_menu(self, flow: Dataflow) -> bool:
        """Whether all mappings of a dataflow that nothing beats can be asked for at once: of attention alone,
        with perfect factors."""
        return flow.searched and flow.factors != "imperfect" and self.level == "attention"

    def bounds_others(self, flow: Dataflow) -> bool:
        """Whether these bound what chips cost that are no better in any trait: without a mask, for which
        mappings are looked at on each chip that are not on others."""
        if not self.has_menu(flow):
            return False
        return _resolved(self, Widths()).attention.dense

    def on(self, architecture: Architecture) -> Layers:
        """What is computed, on hardware that may have widths of its own.

        Raises:
            FlatError: it has two forms, of which none is named.
        """
        return _resolved(self, architecture.widths)


@lru_cache(maxsize=256)
def _resolved(case: Case, widths: Widths) -> Layers:
    sized = case.sized
    form, *others = sized.forms(widths)
    if others:
        raise FlatError("latent attention needs a form", path="latent", expected=" or ".join(FORMS))
    return resolve(form, sized.seq, sized.batch, case.level)


@dataclass(frozen=True)
class Demand:
    """What any chip must do for a piece of work: multiply-accumulates, softmax operations, and words that it
    reads from and writes to the outermost memory, each with its bits (None: the memory's own). ``times``
    such pieces run one after the other.
    """

    times: float
    macs: float
    scores: float
    read: tuple[tuple[float, float | None], ...]
    written: tuple[tuple[float, float | None], ...]


def demands(layers: Layers, level: str, fused: bool) -> Iterator[Demand]:
    """The pieces of a workload at a level; what the attention's products share on chip is moved once.

    Args:
        fused: whether the scores stay on chip; else each is written and read, before and after the softmax.
    """
    if level == "attention" or layers.block is None:
        yield _of_attention(layers.attention, 1, fused)
        return
    blocks = [(1, layers.block)] if level == "block" else layers.blocks
    for times, block in blocks:
        yield _of_attention(block.attention, times, fused)
        for count, product in block.around():
            yield _of_product(block.attention.widths.product(product), times * count)
    for section, counted in layers.beside if level == "model" else ():
        widths = layers.attention.widths
        widths = replace(widths, W=None) if section.wide else widths
        for count, product in counted:
            yield _of_product(widths.product(product), count)


def _of_attention(attention: Attention, times: int, fused: bool) -> Demand:
    words, widths, scores = compulsory_words(attention), attention.widths, attention.needed_scores
    read = tuple((float(words[name]), widths.of(name)) for name in "QKV")
    macs = float(scores * (attention.head_dim + attention.value_dim))
    written: tuple[tuple[float, float | None], ...] = ((float(words["O"]), widths.of("O")),)
    if not fused:
        spilt = ((2.0 * scores, widths.of("S")),)
        read, written = read + spilt, written + spilt
    return Demand(times, macs, float(scores), read, written)


def _of_product(einsum: Einsum, times: int) -> Demand:
    words = [(float(einsum.words(t)), t.bits, t.output) for t in einsum.tensors]
    if not einsum.plain:  # words that windows skip need not be moved
        words = [(0.0 if not output else count, bits, output) for count, bits, output in words]
    read = tuple((count, bits) for count, bits, output in words if not output)
    written = tuple((count, bits) for count, bits, output in words if output)
    return Demand(times, float(einsum.operations), 0.0, read, written)
