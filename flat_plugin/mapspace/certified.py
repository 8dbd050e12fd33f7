"""Certificates of what searches found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flat_plugin.architecture.platform import Platform
from flat_plugin.certificate.document import read_sizes, sizes_document
from flat_plugin.certificate.space import OBJECTIVES, Space, check_chip
from flat_plugin.certificate.write import write_certificate
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.layer import Layer


def check_certifiable(layer: Layer, flows: Sequence[Dataflow], objective: str) -> None:
    """
    Raises:
        FlatError: the map space of such a search has no bounds, or is another one than a certificate says.
    """
    check_choice("objective", objective, OBJECTIVES)
    check_chip(layer.architecture)
    if layer.architecture.constraints or any(c != Constraints() for c in layer.constraints.values()):
        raise FlatError(
            "a certificate is of any mapping, and these are kept to an array's constraints",
            path="space",
            expected="no space, and an architecture without constraints",
        )
    attention = layer.attention
    attention.check_full("a certificate")
    attention.check_apart("a certificate")
    if attention != read_sizes(sizes_document(attention)):
        raise FlatError(
            "certificates are of words of the memories' width",
            path="attention",
            value=f"mask {attention.mask}, bits {attention.widths}",
            expected="a full mask, and no bits",
        )
    if len({_factors(flow) for flow in flows}) > 1:
        raise FlatError("families with the same factors have a certificate", path="factors")


def certificate_of(
    layer: Layer, flows: Sequence[Dataflow], mapping: FusedMapping, objective: str
) -> dict[str, Any]:
    """What ``flat check`` reads: that no mapping of these families is better, or how much better it may be.

    Raises:
        FlatError: as :func:`check_certifiable`.
    """
    check_certifiable(layer, flows, objective)
    platform = Platform(layer.architecture, layer.energies)
    spaces = [
        Space(layer.attention, platform, layer.softmax, flow.with_factors(_factors(flow))) for flow in flows
    ]
    return write_certificate(spaces, mapping, objective)


def _factors(flow: Dataflow) -> str:
    """The factors of its search; perfect if not given."""
    return "imperfect" if flow.factors == "imperfect" else "perfect"
