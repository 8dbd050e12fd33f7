"""What the public functions ask alike, each option in one place; :func:`flat_plugin.estimate` explains them.

A function takes them as ``**asked: Unpack[…]``, and finds those that are not given at their defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.documents import Source
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.sized_workload import Sized, Workload
from flat_plugin.workload.widths import Given as Widths


class Sizes(TypedDict, total=False):
    """Of a workload."""

    seq: int | None
    queries: int | None
    mask: Mask | str | Path | None
    batch: int
    bits: Widths


class Changed(Sizes, total=False):
    """Of a workload, and what is changed of an architecture."""

    set: Mapping[str, object] | None


class SizedOnMachine(Changed, total=False):
    """Of a workload, and of what it runs on."""

    ert: Source | EnergyTable | None
    estimator: str


class Mapped(TypedDict, total=False):
    """How attention is mapped."""

    stage: Iterable[str] | None
    mapping: FusedMapping | Source | None
    factors: str | None


class Chained(Mapped, total=False):
    """How it is mapped, and its operators are chained."""

    space: Source | None
    softmax: str
    overflow: str
    skip: str


class MappedOnMachine(SizedOnMachine, Mapped, total=False):
    """What Timeloop's files say."""


class Asked(SizedOnMachine, Chained, total=False):
    """All that decides an estimate of attention by a dataflow."""

    latent: str | None


class Searched(SizedOnMachine, total=False):
    """What the best mapping is the best in, and among which."""

    objective: str | None
    factors: str | None
    space: Source | None
    latent: str | None


def sized(workload: Workload | str, asked: Sizes) -> Sized:
    """The workload at the sizes that are asked for."""
    return Sized(workload, asked["seq"], asked["queries"], asked["mask"], asked["batch"], asked["bits"])
