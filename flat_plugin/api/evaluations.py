"""``evaluate_mapping`` and ``evaluate_mappings``: what Timeloop's files cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from flat_plugin import defaults
from flat_plugin.api.inputs import changed
from flat_plugin.architecture import Architecture, EnergyTable, read_architecture
from flat_plugin.architecture.expressions import evaluate
from flat_plugin.architecture.files_beside import with_beside
from flat_plugin.architecture.given_constraints import given_beside
from flat_plugin.architecture.nodes import read_variables
from flat_plugin.architecture.sections import check_sections
from flat_plugin.arguments import checked
from flat_plugin.documents import Source, load_timeloopfe, located
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.read import directives_of_mapping, read_mapping
from flat_plugin.mapspace.constraints.completed import completed
from flat_plugin.mapspace.constraints.explicit import check_explicit
from flat_plugin.model.mapping_batch import check_mapping
from flat_plugin.model.mixed_mappings import ManyResults, evaluate_many
from flat_plugin.model.operator import OperatorResult, evaluate_operator
from flat_plugin.model.widths import width_notes
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.problem import read_problem
from flat_plugin.workload.widths import widened


@checked
def evaluate_mapping(
    architecture: Source | Architecture,
    problem: Source,
    mapping: Source | Sequence[Any],
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
    beside: Iterable[Source] = (),
    *,
    set: Mapping[str, object] | None = None,
    bits: Mapping[str, float] | str | float | None = None,
) -> OperatorResult:
    """What ``timeloop-model`` would print for these v0.4 documents (dictionaries, text or paths).

    Args:
        beside: further documents, as the program takes them: an ERT or ART, constraints, variables.
        set: changes to the architecture, such as ``{"buffer_kb": 1024}``.
        bits: widths of words of the problem's data spaces, such as ``{"Weights": 4}``, or one width for all;
            those of the memories if not given.

    Raises:
        InvalidMapping: the hardware cannot run the mapping (Timeloop rejects it).
        FlatError: a document is wrong, or asks for what is not modelled.
    """
    hardware, ert, variables = with_beside(architecture, ert, beside)
    hardware = changed(hardware, set) if set else hardware
    einsum = _einsum(problem, architecture, variables)
    einsum = einsum if bits is None else widened(einsum, bits)
    with located(mapping):
        nest = _nest(mapping, einsum, hardware)
    energies = energy_for(hardware, ert, estimator)
    result = evaluate_operator(einsum, hardware, nest, energies)
    notes = [*result.notes, *energies.notes]
    if bits is not None:
        notes += [_WIDTHS, *width_notes([einsum], hardware.compute, energies)]
    return replace(result, notes=tuple(notes))


_WIDTHS = (
    "tensors with their own word widths: timeloop-model, which knows one width, would count every word as "
    "the memories'"
)


@checked
def evaluate_mappings(
    architecture: Source | Architecture,
    problem: Source,
    mappings: Iterable[Source | Sequence[Any]],
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
    *,
    set: Mapping[str, object] | None = None,
) -> ManyResults:
    """Many mappings of one problem and architecture in one call, as arrays in the order given.

    A mapping that the hardware cannot run is not an error here: its ``valid`` is false.
    """
    read = architecture if isinstance(architecture, Architecture) else read_architecture(architecture)
    hardware = changed(read, set) if set else read
    einsum = _einsum(problem, architecture, {})
    nests = []
    for mapping in mappings:
        with located(mapping):
            nests.append(_nest(mapping, einsum, hardware))
    return evaluate_many(einsum, hardware, nests, energy_for(hardware, ert, estimator))


def _nest(mapping: Source | Sequence[Any], einsum: Einsum, hardware: Architecture) -> OperatorMapping:
    directives: Any = list(mapping) if isinstance(mapping, list | tuple) else mapping
    if not isinstance(directives, list):
        document = load_timeloopfe(directives)
        if "mapping" in document:
            check_sections(document)
            beside = tuple(each for each in given_beside(document) if each not in hardware.constraints)
            hardware = replace(hardware, constraints=(*hardware.constraints, *beside))
        directives = directives_of_mapping(document)
    nest = read_mapping(completed(directives, einsum, hardware), einsum, hardware)
    check_mapping(einsum, hardware, nest)
    check_explicit(einsum, hardware, nest)
    return nest


def _einsum(problem: Source, architecture: Source | Architecture, beside: Mapping[str, object]) -> Einsum:
    with located(problem):
        document = load_timeloopfe(problem)
        if "problem" in document:
            check_sections(document)
        own = document.get("variables")
        if beside and isinstance(own, Mapping | None):
            own = {**beside, **(own or {})}
        return read_problem(document, _Variables(own, architecture).value)


class _Variables:
    """The ``variables`` that a problem may use: its own, and those of the architecture.

    Timeloop takes the name of a variable, timeloopfe arithmetic with them.
    """

    def __init__(self, own: object, architecture: Source | Architecture) -> None:
        self.own, self.architecture = own, architecture

    def value(self, value: Any, path: str) -> Any:
        """What a size or a coefficient stands for."""
        if not isinstance(value, str):
            return value
        found = evaluate(value, self._known, path)
        return int(found) if isinstance(found, float) and found.is_integer() else found

    @cached_property
    def _known(self) -> dict[str, object]:
        own = read_variables(self.own)
        if isinstance(self.architecture, Architecture):
            return own
        with located(self.architecture):
            theirs = read_variables(load_timeloopfe(self.architecture).get("variables"))
        if twice := sorted(name for name in own.keys() & theirs.keys() if own[name] != theirs[name]):
            raise FlatError("differs from the architecture's value", path=f"variables.{twice[0]}")
        return {**theirs, **own}
