"""A question: a workload on a platform, how it is mapped and chained, and how much of it is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flat_plugin import defaults
from flat_plugin.architecture.platform import Platform
from flat_plugin.documents import Source
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.space_files import layer_constraints
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.objective import objective_for
from flat_plugin.model.layer import Setting
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.prefixes import apart
from flat_plugin.workload.resolve import Layers

ByOperator = Mapping[str, Constraints]
UNFUSED = "a trace is of unfused steps"


@dataclass(frozen=True)
class Question:
    """All that decides an answer but who evaluates the operators.

    Args:
        workload: its layers at their lengths, with masks and widths.
        platform: the hardware and its energies.
        dataflow: how attention is mapped, with what it stages; None where a mapping is given.
        setting: how its operators are chained.
        level: how much is counted: ``attention``, ``block`` or ``model``.
        constraints: what mappings keep to by operator, of each attention layer that is counted.
        mapping: a fused mapping, or its file, instead of a dataflow's.
        objective: what the mapping of a searched dataflow is the best in, if it is not the usual one.
        perfect_because: why a search has perfect factors, where nobody asked for that.
        understood: the workload as results show it.

    Raises:
        FlatError: a searched dataflow is to spill, a mapping is given of layers that differ, or a trace is to
            run by anything but an unfused dataflow.
    """

    workload: Layers
    platform: Platform
    dataflow: Dataflow | None
    setting: Setting = field(default_factory=Setting)
    level: str = defaults.LEVEL
    constraints: Mapping[Attention, ByOperator] = field(default_factory=dict)
    mapping: FusedMapping | Source | None = None
    objective: str | None = None
    perfect_because: str = ""
    understood: Mapping[str, Any] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.workload.trace is not None:
            self._check_unfused()
        if self.searched and self.setting.overflow == "spill":
            message = f"{self.dataflow.name} is searched among what fits"  # type: ignore[union-attr]
            raise FlatError(message, path="overflow", value="spill", expected="reject")
        if self.mapping is not None and len({*self.attentions}) > 1:
            raise FlatError(
                "a mapping is of one attention layer, and those of this model differ",
                path="mapping",
                expected="a dataflow, or --level attention",
            )

    def _check_unfused(self) -> None:
        """Steps of a trace are unfused, each head as it fetches."""
        if self.mapping is not None:
            raise FlatError(UNFUSED, path="mapping", expected="no mapping, or dataflow base")
        if self.dataflow is not None:
            check_unfused(self.dataflow, "dataflow")

    @property
    def searched(self) -> bool:
        """Whether the mapping is searched for."""
        return self.dataflow is not None and self.dataflow.searched

    @property
    def goal(self) -> str:
        """What a mapping that is searched for is the best in; or the name of a front."""
        return self.objective or objective_for(None, self.platform.energies)

    @property
    def open(self) -> bool:
        """Whether it is searched for, and nobody says among which factors."""
        return self.dataflow is not None and self.dataflow.open

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """The attention layers that are counted, of each kind of block, the first one's first."""
        rest = self.workload.rest if self.level == "model" else ()
        first = self.workload.block.attentions if self.workload.block else (self.workload.attention,)
        found = (*first, *(attention for _, block in rest for attention in block.attentions))
        return (*found, *(apart(attention) for attention in found if attention.mask.shared))

    @property
    def attention(self) -> Attention:
        """The first attention layer, as it is counted.

        Raises:
            FlatError: it is one for each kind of requests of a step, or of heads of a trace.
        """
        if self.workload.trace is not None:
            message = "the heads of a trace have attention layers of their own"
            raise FlatError(message, path="trace", value=self.workload.name, expected="an estimate")
        if len(self.workload.requests) > 1:
            message = "the requests of a step have attention layers of their own"
            raise FlatError(message, path="mix", expected="an estimate, or requests that are alike")
        return self.counted(self.workload.attention)

    def counted(self, attention: Attention) -> Attention:
        """The layer as it is counted: without its mask where the hardware skips nothing."""
        return attention if self.setting.skip == "tiles" else attention.unskipped()

    def layer(self, attention: Attention) -> Layer:
        """A layer as it is counted, with all that its mapping depends on (once :meth:`constrained`)."""
        return Layer(
            attention,
            self.platform.architecture,
            self.platform.energies,
            self.setting.softmax,
            self.constraints[attention],
            self.understood,
        )

    def constrained(self, space: Source | None = None) -> Question:
        """The question with what the architecture's files, and a space, fix of each attention layer.

        Raises:
            FlatError: there is no such space, or its constraints are wrong.
        """
        layers = dict.fromkeys(map(self.counted, self.attentions))
        hardware = self.platform.architecture
        return replace(self, constraints={each: layer_constraints(each, hardware, space) for each in layers})


def check_unfused(flow: Dataflow, path: str) -> None:
    """
    Raises:
        FlatError: no steps of a trace run by this dataflow.
    """
    if flow.fused or flow.searched:
        raise FlatError(UNFUSED, path=path, value=flow.name, expected="base")
