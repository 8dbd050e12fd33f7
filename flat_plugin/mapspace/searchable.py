"""What searches support, checked in one place."""

from __future__ import annotations

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.widths import check_one_width, widths_of
from flat_plugin.workload.attention import Attention


def check_known(attention: Attention, architecture: Architecture, dataflow: Dataflow) -> None:
    """Raise unless the search of a dataflow knows all of a layer.

    Raises:
        FlatError: factors are imperfect, there is no mask, and words differ in width or V is a part of K.
    """
    if dataflow.factors == "imperfect" and attention.dense:
        name = f"the search of {dataflow.name} with imperfect factors"
        attention.check_apart(name)
        check_one_width(widths_of(attention), architecture, name)
