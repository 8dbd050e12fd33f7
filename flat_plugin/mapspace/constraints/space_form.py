"""The form of a space's file, which readers check it by and editors complete it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from flat_plugin.form_markers import CLOSED, Says


class OperatorsForm(TypedDict, total=False):
    """Timeloop's constraints by operator: lists of ``target``, ``type`` and what the type fixes."""

    logit: list[Mapping[str, Any]] | Mapping[str, Any]
    attend: list[Mapping[str, Any]] | Mapping[str, Any]


class SpaceForm(TypedDict):
    """What mappings of each operator keep to; what is not said is free."""

    description: NotRequired[Annotated[str, Says("a line of flat list spaces")]]
    operators: Annotated[OperatorsForm, CLOSED]


class SpaceFile(TypedDict):
    """A file whose key ``space`` has the space."""

    space: Annotated[SpaceForm, CLOSED]
