"""``generate``: Timeloop's files of a workload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from flat_plugin import defaults
from flat_plugin.api.inputs import (
    check_mapping_alone,
    fused_mapping,
    hardware_of,
    is_searched,
    one_of,
    workload_of,
)
from flat_plugin.architecture import Architecture, EnergyTable
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.energy import energy_for
from flat_plugin.energy.files import table_texts
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.space_files import layer_constraints
from flat_plugin.mapspace.constraints.written import directives_of
from flat_plugin.mapspace.dataflow import joint_requirement
from flat_plugin.mapspace.layer import Layer, chained
from flat_plugin.mapspace.whole import OVERFLOWS
from flat_plugin.model.iterations import Problem, problems_of
from flat_plugin.model.layer import SKIPS
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.widths import written_notes
from flat_plugin.timeloop import MapperSettings, emit_operator, write_files
from flat_plugin.timeloop.emit import NOT_WRITTEN, left_out
from flat_plugin.timeloop.fused_file import fused_text as fused_file
from flat_plugin.workload import FULL, Attention, Block, Mask, Model
from flat_plugin.workload.resolve import resolve
from flat_plugin.workload.widths import Given as Widths


@dataclass(frozen=True)
class Generated:
    """Folders written, one an operator, and what a reader of them should know."""

    folders: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@checked
def generate(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    dataflows: Iterable[Dataflow | str] | None,
    output: str | Path,
    *,
    seq: int | None = None,
    queries: int | None = None,
    mask: Mask | str | Path | None = None,
    batch: int = defaults.BATCH,
    bits: Widths = None,
    set: Mapping[str, object] | None = None,
    stage: Iterable[str] | None = None,
    overflow: str | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
    templates: Path | None = None,
    mapper: MapperSettings | None = None,
    mapping: FusedMapping | Source | None = None,
    factors: str | None = None,
    skip: str = defaults.SKIP,
) -> Generated:
    """Write Timeloop v0.4 files to ``output/<dataflow>/<operator>/``; nothing if any step fails.

    Timeloop checks each operator alone. A dataflow whose operators fit one by one but not together
    is therefore written too, with a note, unless ``overflow`` is ``reject``: then it is refused, as an
    estimate refuses it. (``spill`` is what an estimate would do with it, and refused of dataflows that are
    searched, which always fit.)

    Under a mask an operator has a folder for each kind of iteration, ``<rows>x<keys>``, and
    ``iterations.yaml`` beside the operators says how often each comes.

    Each folder holds problem, architecture, mapping and constraints (for the programs and, as
    ``*.timeloopfe.yaml``, for timeloopfe), mapper, ERT and ART (but for those where nobody has the
    energies; a note says so); beside the operators lies the
    fused mapping as a whole, which ``flat estimate --mapping`` reads.

    Args:
        dataflows: none where a mapping is given.
        queries: as for :func:`estimate`, and so are seq, mask, batch, bits, set, stage, ert and estimator.
        mapping: a fused mapping (or its file) of one's own, or a search's, instead of the dataflows'.
        factors: of the dataflows, as for :func:`estimate`, and so is skip.

    Raises:
        InvalidMapping: a dataflow does not fit.
        FlatError: bad input, no dataflow at all, or the files cannot be written.
    """
    one_of("skip", skip, SKIPS)
    if overflow is not None:
        one_of("overflow", overflow, OVERFLOWS)
    flows = list(dataflows or [])
    check_mapping_alone(mapping, dataflows=flows or None, stage=stage, factors=factors)
    if mapping is None and not flows:
        raise FlatError("nothing to write", path="dataflows", expected="a dataflow, or a mapping")
    hardware = hardware_of(architecture, set)
    attention = resolve(
        workload_of(workload, queries, mask, bits, hardware, searched=any(map(is_searched, flows))),
        seq,
        batch,
    ).attention
    attention = attention if skip == "tiles" else replace(attention, mask=FULL)
    energies = energy_for(hardware, ert, estimator)
    fixed = layer_constraints(attention, hardware)
    layer = Layer(attention, hardware, energies, chained(hardware), fixed)
    chosen = list(stage) if stage is not None else None
    folders: dict[Path, dict[str, str]] = {}
    notes = [] if energies.known else [f"ERT and ART are not written: {energies.note}"]
    notes += written_notes(list(attention.einsums()), hardware)
    for flow in flows if mapping is None else [""]:
        fused = fused_mapping(mapping, layer, flow, chosen, overflow, factors)
        named = fused.dataflow.name
        need = joint_requirement(attention, hardware, fused)
        if not need.fits:
            if overflow == "reject":
                raise InvalidMapping(f"{named} does not fit: {need}")
            notes.append(f"{named}: its operators fit one by one, not together: {need}")
        root = Path(output) / named
        masked = masked_layer(attention, hardware, fused, energies)
        problems = problems_of(masked)
        for problem in problems:
            for einsum, nest in problem.operators:
                shared = tuple(d for d, _ in fused.trips) if fused.dataflow.fused else ()
                files = emit_operator(
                    einsum,
                    hardware,
                    nest,
                    shared=shared,
                    templates=templates,
                    mapper=mapper,
                    title=f"{einsum.name} of {named} on {hardware.name}",
                    fixed=directives_of(layer.constraints_of(einsum.name), einsum, hardware),
                )
                why = dict.fromkeys(NOT_WRITTEN[file] for file in left_out(einsum, nest, shared))
                notes += [f"{named}, {einsum.name}: not all files are written: {reason}" for reason in why]
                tables = table_texts(energies, hardware) if energies.known else {}
                folders[root / einsum.name / problem.name] = files | tables
        einsums = {einsum.name: einsum for einsum in masked.widest.einsums()}
        folders[root] = {"fused_mapping.yaml": fused_file(fused, einsums, hardware)}
        if masked.kinds is not None:
            folders[root]["iterations.yaml"] = _iterations(problems)
            notes.append(f"{named}: {_WHY_SEVERAL}")
    operators = [folder for folder, files in folders.items() if "fused_mapping.yaml" not in files]
    for folder, files in folders.items():
        write_files(files, folder)
    return Generated(tuple(operators), tuple(dict.fromkeys(notes)))


_WHY_SEVERAL = (
    "Timeloop evaluates dense problems, so there is one for each kind of iteration that the mask leaves, "
    "rows x keys; iterations.yaml says how often each comes. Keys and values that stay in a memory from one "
    "iteration to the next are fetched anew in each of them"
)


def _iterations(problems: Sequence[Problem]) -> str:
    """How often each problem comes for every head that has keys of its own, as YAML."""
    entries = [{"folder": p.name, "rows": p.rows, "keys": p.keys, "times": p.times} for p in problems]
    return yaml.safe_dump({"iterations": entries}, sort_keys=False, default_flow_style=None)
