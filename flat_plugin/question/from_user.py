"""Questions, from what users ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.platform import Platform
from flat_plugin.documents import Source
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.model.widths import unlike
from flat_plugin.question.question import Question
from flat_plugin.workload import Block
from flat_plugin.workload.describe import understood
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.resolve import replaced_widths, resolve
from flat_plugin.workload.sized_workload import Sized, Workload
from flat_plugin.workload.widths import PARTS, Widths


def questions(
    sized: Sized,
    platform: Platform,
    dataflow: Dataflow | None,
    setting: Setting,
    *,
    level: str,
    mapping: FusedMapping | Source | None = None,
    space: Source | None = None,
) -> Iterator[Question]:
    """What is asked: one question for each form of latent attention that may be taken, expanded first.

    Args:
        dataflow: None where a mapping is given.
        space: what a searched dataflow keeps to.

    Raises:
        FlatError: bad input.
    """
    check_choice("level", level, LEVELS)
    if space is not None and not (dataflow and dataflow.searched):
        name = dataflow.name if dataflow else "a mapping that is given"
        raise FlatError(
            f"{name} is not searched, so a space does nothing",
            path="space",
            value=space,
            expected="a dataflow that is searched, such as flat-opt",
        )
    hardware = platform.architecture
    for form in sized.forms(hardware.widths):
        layers = resolve(form, sized.seq, sized.batch, level)
        seen = understood(shown(form, hardware), sized.seq, sized.batch)
        asked = Question(layers, platform, dataflow, setting, level, mapping=mapping, understood=seen)
        yield asked.constrained(space)


def flow_of(
    dataflow: Dataflow | str | Path, stage: Iterable[str] | None = None, factors: str | None = None
) -> Dataflow:
    """A dataflow with what it stages and its factors; those of its own where nothing is said.

    Raises:
        FlatError: no such dataflow, tensors or factors.
    """
    found = dataflow if isinstance(dataflow, Dataflow) else parse_dataflow(dataflow)
    found = found if stage is None else found.staging(stage)
    return found if factors is None else found.with_factors(factors)


def check_mapping_alone(mapping: object, **others: object) -> None:
    """A mapping stands for a dataflow and its staging: what is said beside it would do nothing.

    Raises:
        FlatError: one of the others is given beside a mapping.
    """
    for name, value in others.items():
        if mapping is not None and value is not None:
            raise FlatError("the mapping has its own", path=name, value=value, expected=f"no {name} with it")


def shown(workload: Workload, hardware: Architecture) -> Workload:
    """The workload as it is described: with the widths that are not those of the hardware's words."""
    widths = workload.attention.widths if isinstance(workload, Block) else workload.widths
    told = unlike(widths.to_dict(), hardware)
    if "W" in told:  # a part of the weights may be as wide as the hardware's words where the others are not
        told |= {name: bits for name, bits in widths if name in PARTS.values() and bits is not None}
    return replaced_widths(workload, Widths(**told))
