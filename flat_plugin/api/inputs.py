"""What users give, as the values that the functions below take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.architecture import Architecture, EnergyTable, find_architecture
from flat_plugin.architecture.dummies import without_dummies
from flat_plugin.architecture.overrides import overridden
from flat_plugin.documents import Source, load, located
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.constraints.explicit import check_explicit
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.space_files import layer_constraints
from flat_plugin.mapspace.dataflow import map_dataflow
from flat_plugin.mapspace.layer import Layer, chained
from flat_plugin.model.cut import cut_mapping
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.softmax import MODES
from flat_plugin.model.widths import check_one_width, unlike, widths_of
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.workload import FULL, Attention, Block, Mask, Model, describe, find_model
from flat_plugin.workload.resolve import masked, replaced_widths, resolve, with_widths
from flat_plugin.workload.widths import Given as GivenWidths
from flat_plugin.workload.widths import Widths, read_widths


def fused_mapping(
    given: FusedMapping | Source | None,
    layer: Layer,
    dataflow: Dataflow | str,
    stage: Iterable[str] | None,
    overflow: str | None,
    factors: str | None,
) -> FusedMapping:
    """The mapping that is given, or read; else the dataflow's (``overflow`` of None spills where it may).

    Raises:
        InvalidMapping: the dataflow does not fit.
        FlatError: the file, the dataflow, the staging or the factors are wrong, or a searched dataflow is to
            spill.
    """
    if given is not None:
        return _given(given, layer)
    flow = parse_dataflow(dataflow) if isinstance(dataflow, str) else dataflow
    if flow.searched and overflow == "spill":
        raise FlatError(
            f"{flow.name} is searched among what fits", path="overflow", value=overflow, expected="reject"
        )
    flow = flow.staging(stage) if stage is not None else flow
    flow = flow.with_factors(factors) if factors is not None else flow
    return map_dataflow(
        layer.attention,
        layer.architecture,
        flow,
        layer.energies,
        spill=overflow != "reject",
        softmax=layer.softmax,
        constraints=layer.constraints,
    )


def _given(given: FusedMapping | Source, layer: Layer) -> FusedMapping:
    """A mapping of all keys, or under a mask of those of the tile of rows that touches most."""
    attention = layer.attention
    dense = replace(attention, mask=FULL)
    try:
        fused = _read_mapping(given, dense, layer)
    except FlatError:
        if attention.mask.full:
            raise
        widest = _widest_of(given, layer)
        if widest is None or widest == dense:
            raise
        return _read_mapping(given, widest, layer)
    widest = masked_layer(attention, layer.architecture, fused, layer.energies).widest
    return fused if widest == dense else cut_mapping(fused, dense, widest, layer.architecture)


def _widest_of(given: FusedMapping | Source, layer: Layer) -> Attention | None:
    """The dense layer of the widest tile, whose rows follow from the shared loops; None if they do not."""
    attention = layer.attention
    trips: object = None
    if isinstance(given, FusedMapping):
        trips = given.turns("M")
    else:
        shared = load(given).get("fused_mapping", {}).get("shared")
        trips = shared.get("M", 1) if isinstance(shared, Mapping) else None
    if not isinstance(trips, int) or trips < 1:
        return None
    return attention.widest(-(-attention.queries // trips))


def _read_mapping(given: FusedMapping | Source, attention: Attention, layer: Layer) -> FusedMapping:
    """A mapping, checked against a dense layer."""
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    if isinstance(given, FusedMapping):
        check_fused(given, einsums, [memory.name for memory in layer.architecture.memories])
        check_given(given, attention, layer)
        return given
    with located(given):
        fused = read_fused(given, einsums, layer.architecture)
        check_given(fused, attention, layer)
        return fused


def constraints_of(
    space: Source | None, dataflow: Dataflow | str, attention: Attention, hardware: Architecture
) -> Mapping[str, Constraints]:
    """What a dataflow's mapping keeps to, by operator: the architecture's constraints and a space's.

    Raises:
        FlatError: there is no such space, or the dataflow is not searched.
    """
    if space is None:
        return layer_constraints(attention, hardware)
    flow = parse_dataflow(dataflow) if isinstance(dataflow, str) else dataflow
    if not flow.searched:
        raise FlatError(
            f"{flow.name} is not searched, so it keeps to no space",
            path="space",
            value=space,
            expected="a dataflow that is searched, such as flat-opt",
        )
    return layer_constraints(attention, hardware, space)


def check_given(mapping: FusedMapping, attention: Attention, layer: Layer) -> None:
    """A mapping that is given is checked as ``timeloop-model`` does, against the architecture's constraints.

    Raises:
        InvalidMapping: it breaks one.
    """
    einsums = attention.einsums()
    for einsum in einsums:
        check_explicit(einsum, layer.architecture, mapping[einsum.name], einsums)


def check_mapping_alone(mapping: object, **options: object) -> None:
    """A mapping stands for a dataflow and its staging: what is said beside it would do nothing."""
    for name, value in options.items():
        if mapping is not None and value is not None:
            raise FlatError("the mapping has its own", path=name, value=value, expected=f"no {name} with it")


def layer_of(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    seq: int | None,
    batch: int,
    space: Source | None,
    softmax: str | None,
    ert: Source | EnergyTable | None,
    estimator: str,
    queries: int | None,
    set: Mapping[str, object] | None,
    mask: Mask | str | Path | None,
    bits: GivenWidths,
) -> tuple[str, Layer]:
    """A workload's name and its attention layer on this hardware, as the searches take it."""
    hardware = hardware_of(architecture, set)
    workload = workload_of(workload, queries, mask, bits, hardware, searched=True)
    found = resolve(workload, seq, batch)
    attention = found.attention
    attention.check_full("a search")
    check_one_width(widths_of(attention), hardware, "a search")
    attention.check_apart("a search")
    setting = softmax or chained(hardware)
    one_of("softmax", setting, MODES)
    constraints = layer_constraints(attention, hardware, space)
    energies = energy_for(hardware, ert, estimator)
    understood = describe(shown(workload, hardware), seq, batch).document
    return found.name, Layer(attention, hardware, energies, setting, constraints, understood)


def workload_of(
    workload: Attention | Block | Model | str,
    queries: int | None = None,
    mask: Mask | str | Path | None = None,
    bits: GivenWidths = None,
    hardware: Architecture | None = None,
    *,
    searched: bool = False,
) -> Attention | Block | Model:
    """The workload, or a step of decoding of a model with so many new tokens, under a mask if one
    is given.

    Args:
        searched: whether a search is to take it, which knows no masks: of models the whole square is counted
            if no mask is asked for.
        bits: widths of its tensors, instead of its own, which go before those of the hardware.

    Raises:
        FlatError: new tokens beside sizes that have their own, or more than there are keys; no widths; or no
            mask of these sizes.
    """
    model = find_model(workload) if isinstance(workload, str) else workload
    if mask is None and searched and isinstance(model, Model):
        model = model.squares()
    model = with_widths(model, read_widths(bits), hardware.widths if hardware else Widths())
    if queries is None:
        return model if mask is None else masked(model, mask)
    if not isinstance(model, Model):
        raise FlatError(
            "sizes by hand have their own queries",
            path="queries",
            value=queries,
            expected=f"{queries} queries among the sizes",
        )
    step = model.decoding(queries)
    return step if mask is None else masked(step, mask)


def routed(workload: Attention | Block | Model, hit: str) -> Attention | Block | Model:
    """The workload whose tokens hit ``expected`` or ``all`` experts.

    Raises:
        FlatError: another number than is expected is asked for, of a workload without experts.
    """
    if hit == defaults.EXPERTS:
        return workload
    if not isinstance(workload, Model):
        raise FlatError("sizes by hand have their own experts", path="experts", value=hit)
    return workload.routed(hit)


def shown(workload: Attention | Block | Model, hardware: Architecture) -> Attention | Block | Model:
    """The workload as it is described: with the widths that are not those of the hardware's words."""
    widths = workload.attention.widths if isinstance(workload, Block) else workload.widths
    return replaced_widths(workload, Widths(**unlike(widths.to_dict(), hardware)))


def hardware_of(
    architecture: Architecture | str | Path, set: Mapping[str, object] | None = None
) -> Architecture:
    """An architecture, or the one that a preset's name or a file stands for; with what is changed of it.

    Raises:
        FlatError: it is not there or is wrong, or a change is unknown or cannot be made.
    """
    given = architecture
    found = without_dummies(given) if isinstance(given, Architecture) else find_architecture(given)
    return changed(found, set) if set else found


def changed(architecture: Architecture, set: Mapping[str, object]) -> Architecture:
    """An architecture with these figures changed.

    Raises:
        FlatError: a change is unknown, or cannot be made.
    """
    try:
        return overridden(architecture, set)
    except FlatError as error:
        path = f"set.{error.path}" if error.path else "set"
        raise FlatError(error.message, path=path, value=error.value, expected=error.expected) from None


def one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    """Raises: FlatError: not one of the allowed values."""
    if value not in allowed:
        raise FlatError("unknown choice", path=name, value=value, expected=allowed)


def is_searched(dataflow: Dataflow | str | None) -> bool:
    """Whether a dataflow's mapping is searched for; not where there is no such dataflow, which others say."""
    if isinstance(dataflow, Dataflow) or dataflow is None:
        return dataflow is not None and dataflow.searched
    try:
        return parse_dataflow(dataflow).searched
    except FlatError:
        return False
