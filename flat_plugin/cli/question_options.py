"""What most commands ask alike: the workload, the machine, and how attention is mapped and chained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flat_plugin import defaults
from flat_plugin.cli.options import (
    Arch,
    Batch,
    Bits,
    ByHand,
    Changes,
    Config,
    Ert,
    EstimatorName,
    Factors,
    MappingFile,
    MaskText,
    ModelName,
    Overflow,
    Part,
    Queries,
    Seq,
    Skip,
    Softmax,
    SpaceName,
    Stage,
    chosen_architecture,
    chosen_workload,
    refuse_given,
    split,
)

if TYPE_CHECKING:
    from flat_plugin.architecture import Architecture, Platform
    from flat_plugin.question.options import Chained, Sizes
    from flat_plugin.workload import Attention, Model
    from flat_plugin.workload.trace import Trace


@dataclass(frozen=True)
class WorkloadOptions:
    """Which workload, at which size."""

    model: ModelName = None
    config: Config = None
    part: Part = None
    attention: ByHand = None
    seq: Seq = None
    queries: Queries = None
    mask: MaskText = None
    batch: Batch = defaults.BATCH
    bits: Bits = None

    def chosen(self) -> Attention | Model:
        """The workload that is named, with its mask, widths and new tokens."""
        given = (self.model, self.config, self.attention)
        return chosen_workload(*given, self.queries, self.part, self.mask, self.bits)

    def named(self) -> Attention | Model:
        """The workload as it is named, without what is said of its size."""
        return chosen_workload(self.model, self.config, self.attention, part=self.part)

    def asked(self) -> Sizes:
        """What is said of its size, as the functions take it."""
        return {
            "seq": self.seq,
            "queries": self.queries,
            "mask": self.mask,
            "batch": self.batch,
            "bits": self.bits,
        }

    def traced(self, trace: Path) -> Trace:
        """The steps of a trace, instead of a workload.

        Raises:
            FlatError: a workload, or what is said of its size, which does nothing here.
        """
        from flat_plugin.workload.trace import read_trace
        from flat_plugin.workload.widths import read_widths

        refuse_given("beside a trace, whose rows have their own", said_but(("bits",), self))
        return replace(read_trace(trace), widths=read_widths(self.bits))

    def chosen_if_any(self, changes: object) -> Attention | Model | None:
        """None where none is named.

        Raises:
            FlatError: what is said of its size, or of the hardware, then does nothing.
        """
        if self.model or self.config or self.attention:
            return self.chosen()
        named = ("queries", "mask", "part", "bits")
        alone = {f"--{name}": getattr(self, name) for name in named}
        refuse_given("without a workload", {**alone, "--set": changes or None})
        return None


@dataclass(frozen=True)
class MachineOptions:
    """What it runs on, and who answers for energy."""

    arch: Arch = defaults.ARCHITECTURE
    changes: Changes = None
    ert: Ert = None
    estimator: EstimatorName = defaults.ESTIMATOR

    def architecture(self, name: str | None = None) -> Architecture | str:
        """With what is changed of it; another one than ``--arch`` under the same changes, if named."""
        return chosen_architecture(name or self.arch, self.changes)

    def platform(self) -> Platform:
        """The architecture with its energies, which are found once."""
        from flat_plugin import api

        return api.platform(self.architecture(), ert=self.ert, estimator=self.estimator)


@dataclass(frozen=True)
class ChainOptions:
    """How attention is mapped and its operators are chained."""

    mapping: MappingFile = None
    space: SpaceName = None
    factors: Factors = None
    stage: Stage = None
    softmax: Softmax = defaults.SOFTMAX
    overflow: Overflow = defaults.OVERFLOW
    skip: Skip = defaults.SKIP

    def asked(self) -> Chained:
        """As the functions take them."""
        return {
            "stage": split(self.stage),
            "softmax": self.softmax,
            "overflow": self.overflow,
            "skip": self.skip,
            "mapping": self.mapping,
            "space": self.space,
            "factors": self.factors,
        }


def said_but(taken: Sequence[str], *groups: Any) -> dict[str, object]:
    """The options of some groups that have another value than if not given, but for those that are taken."""
    options = {f.name: (getattr(group, f.name), f.default) for group in groups for f in fields(group)}
    return {
        f"--{name}": value
        for name, (value, default) in options.items()
        if name not in taken and value != default
    }
