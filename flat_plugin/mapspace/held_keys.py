"""K held in the buffer for both operators, where V is a part of it."""

from __future__ import annotations

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.operator_side import Side
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum


def einsums_of(family: Family, attention: Attention, architecture: Architecture) -> tuple[Einsum, Einsum]:
    """Both operators; where K is held the buffer has the words of V already."""
    return attention.einsums({"K": architecture.memories[1].name} if family.held else None)


def keep_held(family: Family, logit: Side) -> None:
    """Leave logit the tilings whose tile of K is the whole one of the shared loops, or those where it is not,
    as a family says."""
    if family.held is not None:
        whole = logit.whole(logit.structure.names.index("K"), np.arange(len(logit.rows)))
        logit.only(np.flatnonzero(whole == family.held))
