"""The form of a fused mapping's file, which readers check it by and editors complete it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from flat_plugin.form_markers import CLOSED, Among, Says
from flat_plugin.mapping.named import DataflowForm
from flat_plugin.schema import Positive, Range

Tensor = Annotated[str, Says("one of Q, K, S, V and O")]
Trips = Mapping[str, Positive]


class LoopsForm(TypedDict, total=False):
    """Trips of the loops at one memory, by dimension."""

    temporal: Trips | None
    spatial: Trips | None


class DirectiveForm(TypedDict):
    """A directive of Timeloop's mapping; ``read_mapping`` says which keys each type takes."""

    target: Annotated[str | int, Says("a memory's name, or its number from the innermost")]
    type: Annotated[str, Among(("temporal", "spatial", "bypass", "datatype", "dataspace"))]
    factors: NotRequired[Annotated[Any, Says("trips, such as M=2 N=8; 0 is the whole dimension")]]
    permutation: NotRequired[Annotated[Any, Says("dimensions, the innermost loop first")]]
    split: NotRequired[Annotated[Any, Says("how many of the dimensions lie along X")]]
    keep: NotRequired[Annotated[Any, Says("tensors that are held")]]
    bypass: NotRequired[Annotated[Any, Says("tensors that pass by")]]


class FusedForm(TypedDict):
    """How the operators of an attention layer share loops, what is held on chip, and each one's own loops."""

    version: NotRequired[Annotated[int, Range(1, 2)]]
    dataflow: Annotated[str | Annotated[DataflowForm, CLOSED], Says("a name, or what a file of it says")]
    shared: Annotated[
        Trips | Mapping[str, Annotated[LoopsForm, CLOSED]],
        Says("trips by dimension at the outermost memory, or the loops of each memory by its name"),
    ]
    stage: Annotated[list[Tensor] | Mapping[str, str] | None, Says("tensors held on chip, or where each is")]
    operators: Annotated[Mapping[str, list[DirectiveForm]], Says("the mapping of logit and of attend")]


class FusedFile(TypedDict):
    """A file whose key ``fused_mapping`` has the mapping."""

    fused_mapping: Annotated[FusedForm, CLOSED]
