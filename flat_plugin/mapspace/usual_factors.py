"""Which factors a search has where nobody says: any tiles where they are searched, else perfect ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.dataflow import Dataflow, said_factors
from flat_plugin.mapspace.masked.rounded import has_longer
from flat_plugin.mapspace.objective import FRONTS
from flat_plugin.mapspace.search.bar import RISING
from flat_plugin.mapspace.search.shared import shared_memory
from flat_plugin.workload.attention import Attention


@dataclass(frozen=True)
class Usual:
    """The factors of searches that say none. ``reason``: why they are perfect, which nobody asked for."""

    factors: str
    reason: str = ""

    def settle(self, flow: Dataflow) -> Dataflow:
        """A dataflow that is searched for, whatever it is else, with these where it says none."""
        return flow.with_factors(self.factors) if flow.factors is None else flow


# More than this, and a search among any tiles may take minutes.
_SCORES = 1 << 32  # of a head and sequence
_UNITS = 1 << 12  # by latency


def usual_factors(flows: Iterable[Dataflow], reasons: Iterable[str]) -> Usual:
    """What searches that are compared have in common: what one of them says, or else what all can have.

    Args:
        reasons: of each layer that is searched, as of :func:`why_perfect`.
    """
    flows = [*flows]
    if said := said_factors(flows):
        factors, name = said
        others = factors == "perfect" and any(flow.open for flow in flows)
        return Usual(factors, f"as of {name}" if others else "")
    reason = next(filter(None, reasons), "")
    return Usual("perfect" if reason else "imperfect", reason)


def why_perfect(attention: Attention, architecture: Architecture, objective: str, *, online: bool) -> str:
    """Why searches of a layer have perfect factors if nobody says; nothing where they have any tiles, which
    then takes seconds, or a minute or two by EDP with online softmax and several shared memories.

    Args:
        attention: as it is counted.
        objective: or the name of a front.
        online: whether keys are tiled by the shared loops of any.
    """
    many = attention.queries * attention.keys > _SCORES
    if objective in FRONTS or many:
        return "fronts" if objective in FRONTS else "over 65,536 × 65,536 scores"
    if has_longer(attention, architecture):
        return ""
    shared = shared_memory(architecture)
    large = architecture.compute.instances > _UNITS
    reasons = {
        f"the least {objective}": objective in ("footprint", "traffic"),
        f"{objective} with online softmax": online and objective not in RISING,
        "latency on a large array": large and objective == "latency",
        "no shared memory": shared < 1,
        f"{objective} with several shared memories": shared > 1 and objective not in RISING,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
