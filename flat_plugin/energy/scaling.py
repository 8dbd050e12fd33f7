"""Recorded answers at other technology nodes, by published scaling; what is scaled says so.

Arithmetic and registers: see ``flat_arithmetic``.

SRAM: between 22 and 45 nm along a straight line in log-log space between the recorded answers; below 22 nm
as Accelergy's CACTI plug-in scales (energy with the square root of the node, area with the node, leakage
0.79 of that of energy); above 45 nm as arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log, sqrt

from flat_plugin.energy.grid import Record
from flat_plugin.energy.plug_in.flat_arithmetic import REFERENCE_NM, node_scales
from flat_plugin.errors import FlatError

SCALED = "scaled from"
LEAST_NM, MOST_NM = 5.0, 65.0
SRAM_NODES_NM = (22.0, 45.0)  # recorded
_FINFET_LEAK = 0.79


def check_node(nanometres: float, name: str, instead: str) -> None:
    """Raises: FlatError: outside of what is published."""
    if not LEAST_NM <= nanometres <= MOST_NM:
        raise FlatError(
            f"{name}: nothing is recorded at {nanometres:g} nm",
            expected=f"{LEAST_NM:g} to {MOST_NM:g} nm; {instead}",
        )


def scaled_sram(recorded: Mapping[float, Record], nanometres: float) -> Record | None:
    """An SRAM at another node from its answers at 22 and 45 nm; None where the one it takes is missing."""
    small, large = (recorded.get(node) for node in SRAM_NODES_NM)
    if nanometres > SRAM_NODES_NM[1]:
        return large and _times(large, *node_scales(nanometres))
    if nanometres < SRAM_NODES_NM[0]:
        ratio = nanometres / SRAM_NODES_NM[0]
        return small and _times(small, sqrt(ratio), ratio, sqrt(ratio) * _FINFET_LEAK)
    if small is None or large is None:
        return None
    share = log(nanometres / SRAM_NODES_NM[0]) / log(SRAM_NODES_NM[1] / SRAM_NODES_NM[0])
    actions = {name: _between(small.actions[name], large.actions[name], share) for name in small.actions}
    return replace(small, actions=actions, area_um2=_between(small.area_um2, large.area_um2, share))


def scaled_from(nanometres: float) -> str:
    """What a scaled answer says of itself: ``scaled from 45 nm to 32 nm``."""
    return f"{SCALED} {REFERENCE_NM:g} nm to {nanometres:g} nm"


def sram_scaled_from(nanometres: float) -> str:
    """As :func:`scaled_from`, of an SRAM."""
    small, large = SRAM_NODES_NM
    base = f"{small:g}" if nanometres < small else f"{large:g}"
    between = f"{small:g} and {large:g}" if small < nanometres < large else base
    return f"{SCALED} {between} nm to {nanometres:g} nm"


def _times(record: Record, energy: float, area: float, leak: float | None = None) -> Record:
    factors = {"leak": energy if leak is None else leak}
    actions = {name: value * factors.get(name, energy) for name, value in record.actions.items()}
    return replace(record, actions=actions, area_um2=record.area_um2 * area)


def _between(one: float, two: float, share: float) -> float:
    return exp(log(one) + share * (log(two) - log(one))) if one > 0 and two > 0 else one + share * (two - one)
