"""What searches support, checked in one place."""

from __future__ import annotations

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.widths import check_one_width, widths_of
from flat_plugin.workload.attention import Attention


def check_known(attention: Attention, architecture: Architecture, dataflow: Dataflow) -> None:
    """Raise unless the search of a dataflow knows all of a layer.

    Raises:
        FlatError: keys are selected, or, with imperfect factors, there is a mask, words differ in width or V
            is a part of K.
    """
    name = f"the search of {dataflow.name}"
    if dataflow.factors == "imperfect":
        name = f"{name} with imperfect factors"
        attention.check_apart(name)
        attention.check_full(name)
        check_one_width(widths_of(attention), architecture, name)
    if attention.mask.select:
        raise FlatError(
            f"{name} does not know selected keys",
            path="mask",
            value=str(attention.mask),
            expected="a mask without topk, or a dataflow with staging of its own such as flat-r",
        )
