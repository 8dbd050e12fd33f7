"""Spaces: constraints by operator, from a file or by the name of an array's dataflow; and all that a layer
on an architecture keeps to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flat_plugin.architecture.given_constraints import directives_in, given_beside
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import Source, file_of, load, located, missing
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.constraints.directives import read_constraints
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.space_form import SpaceFile
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary
from flat_plugin.resources import resource_folder
from flat_plugin.schema import check
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

_PLACES = ("architecture_constraints", "arch_constraints", "mapspace_constraints", "mapspace", "constraints")


def list_spaces() -> dict[str, str]:
    """The spaces that ship with the package, with a line on each."""
    return {name: load(file)["space"]["description"] for name, file in _shipped().items()}


def layer_constraints(
    attention: Attention, architecture: Architecture, space: Source | None = None
) -> dict[str, Constraints]:
    """What the architecture and a space fix of each operator; those that are free are left out.

    Raises:
        FlatError: no such space, a constraint that is wrong, or two that contradict each other.
    """
    found = read_space(space, attention, architecture) if space is not None else {}
    einsums = attention.einsums()
    for einsum in einsums:
        own = of_architecture(einsum, architecture, einsums)
        found[einsum.name] = own.both(found.get(einsum.name, Constraints()))
    return {name: constraints for name, constraints in found.items() if not constraints.free}


def read_space(source: Source, attention: Attention, architecture: Architecture) -> dict[str, Constraints]:
    """Constraints by operator, of a shipped space's name, a file, YAML text or a dictionary.

    ``space: {operators: {logit: [constraints], attend: [constraints]}}``, where a constraint is Timeloop's;
    or Timeloop's own file, whose ``architecture_constraints`` or ``mapspace_constraints`` hold for
    all operators that have the dimensions and tensors they name. What is not said is free.

    Raises:
        FlatError: no such space, or a constraint that is wrong.
    """
    shipped = _shipped()
    called = source if isinstance(source, str) and source in shipped else file_of(source)
    if isinstance(source, str) and source in shipped:
        source = shipped[source]
    file = file_of(source)
    if isinstance(source, str) and file is None and "\n" not in source:
        raise FlatError("unknown space", path="space", value=source, expected=[*shipped, "a file"])
    document = load(source)
    with located(file):
        found = _read(document, attention, architecture)
    whose = f"{called}: " if called else ""
    return {name: replace(each, place=f"{whose}{each.place}") for name, each in found.items()}


def _shipped() -> dict[str, Path]:
    return {file.stem: file for file in sorted((resource_folder("mappings") / "spaces").glob("*.yaml"))}


def _read(
    document: Mapping[str, Any], attention: Attention, architecture: Architecture
) -> dict[str, Constraints]:
    einsums = attention.einsums()
    if "space" not in document and any(key in document for key in _PLACES):
        _no_other(document, _PLACES, "")
        said = given_beside(document)
        directives, places = [each.directive for each in said], [each.place for each in said]
        return {
            e.name: read_constraints(directives, places, Vocabulary.of(e, einsums), architecture)
            for e in einsums
        }
    if "space" not in document:
        raise missing("space", document)
    operators = check(SpaceFile, document, closed=True)["space"]["operators"]
    names = {einsum.name: einsum for einsum in einsums}
    return {name: _operator(names[name], listed, architecture) for name, listed in operators.items()}


# Dimensions that an operator may lack: one space serves grouped queries and others.
_OPTIONAL = ("B", "H", "G")


def _operator(einsum: Einsum, listed: Any, architecture: Architecture) -> Constraints:
    path = f"space.operators.{einsum.name}"
    words = Vocabulary.of(einsum)
    words = replace(words, dimensions=words.dimensions | set(_OPTIONAL))
    directives, places = [], []
    for directive, place in directives_in(listed, path):
        directives.append(directive)
        places.append(place)
    found = read_constraints(directives, places, words, architecture, ordered=False)
    return replace(found, place=path)


def _no_other(content: Mapping[Any, Any], keys: Collection[str], path: str) -> None:
    for key in content:
        if key not in keys:
            raise FlatError("unknown key", path=f"{path}{key}", expected=_among(keys))


def _among(keys: Collection[str]) -> str:
    return "the keys " + ", ".join(keys)
