"""A workload with everything that users say about its size, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.experts import HITS
from flat_plugin.workload.latent import FORMS
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model import Model
from flat_plugin.workload.resolve import masked, with_widths
from flat_plugin.workload.trace import Trace
from flat_plugin.workload.widths import Given, Widths, read_widths
from flat_plugin.workload.zoo import find_model

Workload = Attention | Block | Model | Trace


@dataclass(frozen=True)
class Sized:
    """A workload, and what is said of its size.

    Args:
        workload: an attention layer, a block, a model, a model's name or a trace.
        seq: tokens; a model's own number if not given.
        queries: new tokens of a step of decoding, against a cache of ``seq`` keys; all tokens if not given.
        mask: the keys that a query needs: a mask, its text or a file of blocks; the layers' own if not given.
        batch: sequences of a model.
        bits: widths of words, before the workload's own and those of the hardware.
        experts: whose weights are fetched: ``expected`` to be hit, or ``all`` that can be.
        latent: the form of latent attention, ``absorbed`` or ``expanded``; both if not given.
    """

    workload: Workload | str
    seq: int | None = None
    queries: int | None = None
    mask: Mask | str | Path | None = None
    batch: int = defaults.BATCH
    bits: Given = None
    experts: str = defaults.EXPERTS
    latent: str | None = None

    def forms(self, widths: Widths) -> tuple[Workload, ...]:
        """The workload as it is asked for; both forms of latent attention (expanded first) if none is named.

        Args:
            widths: of the hardware, for tensors of which nothing else says any.

        Raises:
            FlatError: new tokens, experts or a form of a workload that has none, more new tokens than there
                are keys, no widths, or no mask of these sizes.
        """
        check_choice("experts", self.experts, HITS)
        workload = _found(self.workload) if isinstance(self.workload, Model | str) else self.workload
        step = self._stepping(with_widths(workload, read_widths(self.bits), widths))
        step = step if self.mask is None else masked(step, self.mask)
        return self._formed(self._routed(step))

    def _stepping(self, workload: Workload) -> Workload:
        if self.queries is None:
            return workload
        if isinstance(workload, Model):
            return workload.decoding(self.queries)
        if isinstance(workload, Trace):
            message = "each row of a trace has one query"
            raise FlatError(message, path="queries", value=self.queries, expected="none")
        raise FlatError(
            "sizes by hand have their own queries",
            path="queries",
            value=self.queries,
            expected=f"{self.queries} queries among the sizes",
        )

    def _routed(self, workload: Workload) -> Workload:
        if self.experts == defaults.EXPERTS:
            return workload
        if isinstance(workload, Model):
            return workload.routed(self.experts)
        raise FlatError("sizes by hand have their own experts", path="experts", value=self.experts)

    def _formed(self, workload: Workload) -> tuple[Workload, ...]:
        if self.latent is not None:
            check_choice("latent", self.latent, FORMS)
        if isinstance(workload, Model) and workload.latent:
            return tuple(workload.formed(form) for form in ([self.latent] if self.latent else FORMS))
        if self.latent is not None:
            raise FlatError(
                "no model with latent attention", path="latent", value=self.latent, expected="none"
            )
        return (workload,)


def _found(model: Model | str) -> Model:
    return find_model(model) if isinstance(model, str) else model
