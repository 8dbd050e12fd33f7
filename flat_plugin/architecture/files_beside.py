"""Files beside an architecture, as ``timeloop-model`` takes them: tables, constraints, variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.given_constraints import given_beside
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.read import read_architecture
from flat_plugin.architecture.sections import check_sections
from flat_plugin.documents import Source, file_of, load_timeloopfe, located
from flat_plugin.errors import FlatError

_OWN = ("architecture", "problem", "mapping")


def with_beside(
    architecture: Source | Architecture, ert: Source | EnergyTable | None, beside: Iterable[Source]
) -> tuple[Architecture, Source | EnergyTable | None, dict[str, object]]:
    """The architecture with the constraints and variables of further files, their ERT, and the variables.

    Raises:
        FlatError: a section that is not known, that has its own file, or that is given twice.
    """
    variables: dict[str, object] = {}
    constraints: list[Any] = []
    for source in beside:
        with located(source):
            document = load_timeloopfe(source)
            if "tables" in document:
                document = {"ERT": document}
            check_sections(document)
            for name in _OWN:
                if name in document:
                    raise FlatError("it has a file of its own", path=name, expected="tables or constraints")
            if "ERT" in document:
                if ert is not None:
                    raise FlatError("a second energy table", path="ERT", expected="one")
                ert = source if file_of(source) is not None else document
            variables |= _variables(document.get("variables"), variables)
            constraints += given_beside(document)
    hardware = _read(architecture, variables)
    return replace(hardware, constraints=(*hardware.constraints, *constraints)), ert, variables


def _variables(given: object, before: Mapping[str, object]) -> dict[str, object]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise FlatError("not a mapping", path="variables", value=given, expected="names and values")
    for name in given:
        if name in before:
            raise FlatError("a second value", path=f"variables.{name}", expected="one")
    return dict(given)


def _read(architecture: Source | Architecture, variables: Mapping[str, object]) -> Architecture:
    if isinstance(architecture, Architecture):
        if variables:
            raise FlatError("the architecture is read already", path="variables", expected="a document")
        return architecture
    if not variables:
        return read_architecture(architecture)
    with located(architecture):
        document = load_timeloopfe(architecture)
        own = _variables(document.get("variables"), variables)
        content = document if "architecture" in document else {"architecture": document}
        hardware = read_architecture({**content, "variables": {**own, **variables}})
    file = file_of(architecture)
    return replace(hardware, name=file.stem) if file is not None else hardware
