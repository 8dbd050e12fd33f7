"""The public functions: each command is a thin shell over one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flat_plugin.architecture import (
    Architecture,
    EnergyTable,
    find_architecture,
    list_architectures,
    preset_path,
    read_architecture,
)
from flat_plugin.batch.batch import plan_sweep as plan
from flat_plugin.batch.batch import run_sweep as run
from flat_plugin.documents import Source, load, located
from flat_plugin.energy import (
    ESTIMATORS,
    Difference,
    area_um2,
    differences,
    energy_for,
    find_estimator,
)
from flat_plugin.energy.files import save_tables, table_texts
from flat_plugin.engines.choose import choose_engine
from flat_plugin.engines.protocol import Engine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.mapping.read import read_mapping
from flat_plugin.mapping.text import fused_text as nest_text
from flat_plugin.mapspace.best import best_front, best_mapping, best_of_each, best_uneven
from flat_plugin.mapspace.dataflow import joint_requirement, map_dataflow
from flat_plugin.mapspace.layer import Layer, chained
from flat_plugin.mapspace.result import FrontResult, SearchResult, SearchResults
from flat_plugin.mapspace.spaces import list_spaces, read_space
from flat_plugin.mapspace.whole import LEVELS, OVERFLOWS, Layers, estimate_layers, evaluated_by
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.explain import Derivation, derivations
from flat_plugin.model.layer import Setting
from flat_plugin.model.many import ManyResults, evaluate_many
from flat_plugin.model.operator import OperatorResult, evaluate_operator
from flat_plugin.model.softmax import MODES
from flat_plugin.programs.limits import ESTIMATOR_SECONDS
from flat_plugin.timeloop import MapperSettings, emit_operator, write_files
from flat_plugin.timeloop.fused_file import fused_text as fused_file
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.workload import MODELS, Attention, Block, Model
from flat_plugin.workload.problem import read_problem
from flat_plugin.workload.resolve import resolve

FACTORS = ("perfect", "imperfect")

__all__ = [
    "Generated",
    "estimate",
    "evaluate_mapping",
    "evaluate_mappings",
    "explain",
    "explanation_dict",
    "generate",
    "names",
    "plan",
    "resolve",
    "run",
]


@dataclass(frozen=True)
class Generated:
    """Folders written, one an operator, and what a reader of them should know."""

    folders: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def evaluate_mapping(
    architecture: Source | Architecture,
    problem: Source,
    mapping: Source | Sequence[Any],
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
) -> OperatorResult:
    """What ``timeloop-model`` would print for these v0.4 documents (dictionaries, text or paths).

    Raises:
        InvalidMapping: the hardware cannot run the mapping (Timeloop rejects it).
        FlatError: a document is wrong, or asks for what is not modelled.
    """
    hardware = architecture if isinstance(architecture, Architecture) else read_architecture(architecture)
    with located(problem):
        einsum = read_problem(load(problem))
    with located(mapping):
        nest = read_mapping(_directives(mapping), einsum, hardware)
    return evaluate_operator(einsum, hardware, nest, energy_for(hardware, ert, estimator))


def evaluate_mappings(
    architecture: Source | Architecture,
    problem: Source,
    mappings: Iterable[Source | Sequence[Any]],
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
) -> ManyResults:
    """Many mappings of one problem and architecture in one call, as arrays in the order given.

    A mapping that the hardware cannot run is not an error here: its ``valid`` is false.
    """
    hardware = architecture if isinstance(architecture, Architecture) else read_architecture(architecture)
    with located(problem):
        einsum = read_problem(load(problem))
    nests = []
    for mapping in mappings:
        with located(mapping):
            nests.append(read_mapping(_directives(mapping), einsum, hardware))
    return evaluate_many(einsum, hardware, nests, energy_for(hardware, ert, estimator))


def estimate(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    dataflow: Dataflow | str = "base",
    *,
    seq: int | None = None,
    batch: int = 1,
    level: str = "attention",
    stage: Iterable[str] | None = None,
    softmax: str = "serial",
    overflow: str = "reject",
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
    mapping: FusedMapping | Source | None = None,
    engine: Engine | str = "native",
) -> Estimate:
    """Cycles, energy and traffic of a workload under a dataflow.

    Args:
        workload: an attention layer, a block, a model or a model's name.
        architecture: an architecture, a preset's name or a v0.4 file.
        dataflow: ``base``, ``base-h``, ``flat-m``, ``flat-r64``, …
        seq: tokens; a model's own number if not given.
        level: ``attention`` (one layer's logit, softmax, attend), ``block`` or ``model``.
        stage: tensors of Q, K, S, V, O that hold their whole tile on chip; chosen if not given.
        softmax: ``free``, ``serial`` (the array waits for it) or ``overlapped``.
        overflow: ``reject`` what does not fit, or ``spill`` the share of S that does not.
        ert: energies; else the estimator's.
        estimator: ``accelergy``, ``hwcomponents``, ``recorded``, or ``auto``: the preset's own table,
            else what is installed, else what is recorded (``energy_for``).
        mapping: a fused mapping (or its file) of one's own instead of the dataflow's.
        engine: who evaluates the operators: ``native`` (milliseconds), ``timeloop`` (the real
            one; a second an operator, minutes on 65,536 PEs), ``auto`` (Timeloop where it is
            installed, else native) or an engine. The estimate says which it was.

    Raises:
        InvalidMapping: the dataflow does not fit; the message is the inequality.
        ProgramError: Timeloop was asked for and gave no result.
        FlatError: bad input.
    """
    _one_of("level", level, LEVELS)
    _one_of("softmax", softmax, MODES)
    _one_of("overflow", overflow, OVERFLOWS)
    name, attention, block, layers = resolve(workload, seq, batch)
    hardware = _architecture(architecture)
    energies = energy_for(hardware, ert, estimator)
    runner = choose_engine(engine) if isinstance(engine, str) else engine
    fused = _mapping(mapping, Layer(attention, hardware, energies, softmax), dataflow, stage, overflow)
    answer = estimate_layers(
        Layers(name, attention, block, layers),
        hardware,
        fused,
        energies,
        Setting(softmax, overflow),
        level,
        lambda einsum, nest, _: (nest, runner.evaluate(einsum, hardware, nest, energies)),
    )
    return evaluated_by(runner.name, runner.tool, answer)


def search(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    *,
    seq: int | None = None,
    batch: int = 1,
    objective: str = "edp",
    dataflow: Dataflow | str | Iterable[Dataflow | str] = "flat-opt",
    factors: str = "perfect",
    space: Source | None = None,
    softmax: str | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
) -> SearchResult:
    """The best mapping of an attention layer over a declared map space, exactly.

    Args:
        objective: ``edp`` [pJ × cycles], ``energy``, ``latency``, ``traffic`` (DRAM words) or
            ``footprint`` (buffer words); ties are broken by the others, in this order.
        dataflow: the families to search, comma separated or one by one: ``base-opt``, ``flat-opt``,
            or a part of it such as ``flat-h``, ``flat-r`` (any rows), ``flat-r64``.
        factors: ``perfect``, or ``imperfect`` for lengths with few divisors: the optima of lengths
            rounded up, cut to the real ones (not proven).
        space: an array of a fixed dataflow to keep to: ``weight-stationary``, ``output-stationary``,
            ``input-stationary``, or a file of one's own (``read_space``); any mapping if not given.
        softmax: ``free``, ``serial`` or ``overlapped``; serial if not given and there is a unit.
        ert: as for :func:`estimate`.
        estimator: as for :func:`estimate`.

    Returns:
        The mapping, its estimate at attention level, and what was searched. Interrupted (Ctrl-C),
        the best so far, marked as not proven.

    Raises:
        InvalidMapping: no mapping of these families fits the buffer.
        FlatError: bad input.
    """
    name, layer = _layer(workload, architecture, seq, batch, space, softmax, ert, estimator)
    _one_of("factors", factors, FACTORS)
    find = best_mapping if factors == "perfect" else best_uneven
    return find(name, layer, dataflow, objective)


def search_each(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    dataflows: Iterable[Dataflow | str] = ("base-opt", "flat-opt"),
    *,
    seq: int | None = None,
    batch: int = 1,
    objective: str = "edp",
    factors: str = "perfect",
    space: Source | None = None,
    softmax: str | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
) -> SearchResults:
    """The best mapping of each family, side by side; arguments and errors as :func:`search`."""
    name, layer = _layer(workload, architecture, seq, batch, space, softmax, ert, estimator)
    _one_of("factors", factors, FACTORS)
    return best_of_each(name, layer, dataflows, objective, imperfect=factors == "imperfect")


def save_mapping(
    mapping: FusedMapping,
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    file: Path,
    *,
    seq: int | None = None,
    batch: int = 1,
) -> None:
    """Write a mapping of this workload as the YAML that ``flat estimate --mapping`` reads."""
    _, attention, _, _ = resolve(workload, seq, batch)
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    text = fused_file(mapping, einsums, _architecture(architecture))
    write_files({file.name: text}, file.parent)


def pareto(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    front: str = "footprint-traffic",
    *,
    seq: int | None = None,
    batch: int = 1,
    dataflow: Dataflow | str | Iterable[Dataflow | str] = "base-opt,flat-opt",
    space: Source | None = None,
    softmax: str | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
) -> FrontResult:
    """All mappings that none beats in both of two metrics; arguments and errors as :func:`search`.

    Args:
        front: ``footprint-traffic`` (buffer words against DRAM words) or ``energy-latency``.
    """
    name, layer = _layer(workload, architecture, seq, batch, space, softmax, ert, estimator)
    return best_front(name, layer, dataflow, front)


def explain(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    dataflow: Dataflow | str,
    *,
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
    seq: int | None = None,
    batch: int = 1,
    **options: Any,
) -> tuple[Estimate, list[tuple[str, tuple[Derivation, ...]]]]:
    """An attention estimate, and the derivation of every count of its operators."""
    hardware = _architecture(architecture)
    energies = energy_for(hardware, ert, estimator)
    answer = estimate(workload, hardware, dataflow, seq=seq, batch=batch, ert=energies, **options)
    _, attention, _, _ = resolve(workload, seq, batch)
    return answer, [
        (einsum.name, derivations(einsum, hardware, answer.mapping[einsum.name], energies))
        for einsum in attention.einsums()
    ]


def explanation_dict(
    answer: Estimate, steps: Sequence[tuple[str, Sequence[Derivation]]]
) -> dict[str, object]:
    """The machine-readable form that ``flat explain --json`` prints."""
    return answer.to_dict() | {
        "nest": nest_text(answer.mapping),
        "derivations": {name: [asdict(step) for step in derived] for name, derived in steps},
    }


def generate(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    dataflows: Iterable[Dataflow | str],
    output: Path,
    *,
    seq: int | None = None,
    batch: int = 1,
    stage: Iterable[str] | None = None,
    overflow: str = "spill",
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
    templates: Path | None = None,
    mapper: MapperSettings | None = None,
    mapping: FusedMapping | Source | None = None,
) -> Generated:
    """Write Timeloop v0.4 files to ``output/<dataflow>/<operator>/``; nothing if any step fails.

    Timeloop checks each operator alone. A dataflow whose operators fit one by one but not together
    is therefore written too, with a note, unless ``overflow`` is ``reject``.

    Each folder holds problem, architecture, mapping and constraints (for the programs and, as
    ``*.timeloopfe.yaml``, for timeloopfe), mapper, ERT and ART; beside the operators lies the
    fused mapping as a whole, which ``flat estimate --mapping`` reads.

    Args:
        mapping: a fused mapping (or its file) of one's own, or a search's, instead of the dataflows'.
    """
    _one_of("overflow", overflow, OVERFLOWS)
    _, attention, _, _ = resolve(workload, seq, batch)
    hardware = _architecture(architecture)
    energies = energy_for(hardware, ert, estimator)
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    layer = Layer(attention, hardware, energies, chained(hardware))
    chosen = list(stage) if stage is not None else None
    folders: dict[Path, dict[str, str]] = {}
    notes = []
    for dataflow in dataflows if mapping is None else [""]:
        fused = _mapping(mapping, layer, dataflow, chosen, overflow)
        need = joint_requirement(attention, hardware, fused)
        if not need.fits:
            notes.append(f"{fused.dataflow.name}: its operators fit one by one, not together: {need}")
        root = output / fused.dataflow.name
        shared = tuple(d for d, _ in fused.shared) if fused.dataflow.fused else ()
        for name, operator in fused.operators:
            title = f"{name} of {fused.dataflow.name} on {hardware.name}"
            files = emit_operator(
                einsums[name],
                hardware,
                operator,
                shared=shared,
                templates=templates,
                mapper=mapper,
                title=title,
            )
            folders[root / name] = files | table_texts(energies, hardware)
        folders[root] = {"fused_mapping.yaml": fused_file(fused, einsums, hardware)}
    for folder, files in folders.items():
        write_files(files, folder)
    return Generated(tuple(folder for folder in folders if folder.name in einsums), tuple(notes))


def energy_table(
    architecture: Architecture | str | Path,
    estimator: str = "auto",
    *,
    output: Path | None = None,
    keep: Path | None = None,
    time_limit: float = ESTIMATOR_SECONDS,
) -> EnergyTable:
    """Energy and area of an architecture: pJ per action of the full width, µm² per instance.

    Args:
        estimator: ``accelergy``, ``hwcomponents``, ``recorded``, or ``auto``: the preset's own table,
            else what is installed, else what is recorded.
        output: a folder to write ERT.yaml and ART.yaml to; nothing is written if it fails.
        keep: a folder for the input, output and log of Accelergy's run.
        time_limit: seconds for Accelergy or hwcomponents.

    Raises:
        ProgramError: the estimator is not installed, or failed.
        FlatError: it knows no answer, or the files cannot be written.
    """
    _one_of("estimator", estimator, ESTIMATORS)
    if keep is not None and estimator != "accelergy":
        raise FlatError("only Accelergy's runs are kept", path="keep", expected="estimator accelergy")
    hardware = _architecture(architecture)
    if estimator == "auto":
        table = energy_for(hardware)
    else:
        table = find_estimator(estimator, folder=keep, time_limit=time_limit).estimate(hardware)
    if output is not None:
        save_tables(table, hardware, output)
    return table


def energy_dict(table: EnergyTable, architecture: Architecture | str | Path) -> dict[str, object]:
    """The machine-readable form that ``flat energy --json`` prints: pJ, and µm² of all instances."""
    hardware = _architecture(architecture)
    return {
        "architecture": hardware.name,
        "source": table.source,
        "tools": list(table.tools),
        "components": {
            name: {
                "energy_pj": dict(component.actions),
                "area_um2": component.area_um2,
                "estimator": component.estimator,
            }
            for name, component in table.components.items()
        },
        "total_area_um2": area_um2(table, hardware),
    }


def compare_energy(
    architecture: Architecture | str | Path, first: str, second: str
) -> tuple[Difference, ...]:
    """How far two estimators disagree on every action and area of an architecture."""
    hardware = _architecture(architecture)
    return differences(energy_for(hardware, estimator=first), energy_for(hardware, estimator=second))


def names() -> dict[str, dict[str, str]]:
    """Models, architectures, dataflows and spaces by name, with a line on each."""
    return {
        "models": {model.name: _describe(model) for model in MODELS.values()},
        "architectures": {name: str(preset_path(name)) for name in list_architectures()},
        "dataflows": {flow.name: flow.description for flow in list_dataflows()},
        "spaces": list_spaces(),
    }


def _describe(model: Model) -> str:
    heads = f"{model.heads} heads" + (f" ({model.kv_heads} kv)" if model.kv_heads != model.heads else "")
    return f"{model.layers} layers, {heads} of {model.head_dim}, hidden {model.hidden}"


def _mapping(
    given: FusedMapping | Source | None,
    layer: Layer,
    dataflow: Dataflow | str,
    stage: Iterable[str] | None,
    overflow: str,
) -> FusedMapping:
    if isinstance(given, FusedMapping):
        return given
    if given is not None:
        einsums = {einsum.name: einsum for einsum in layer.attention.einsums()}
        with located(given):
            return read_fused(given, einsums, layer.architecture)
    flow = parse_dataflow(dataflow) if isinstance(dataflow, str) else dataflow
    flow = flow.staging(stage) if stage is not None else flow
    return map_dataflow(
        layer.attention,
        layer.architecture,
        flow,
        layer.energies,
        spill=overflow == "spill",
        softmax=layer.softmax,
    )


def _layer(
    workload: Attention | Block | Model | str,
    architecture: Architecture | str | Path,
    seq: int | None,
    batch: int,
    space: Source | None,
    softmax: str | None,
    ert: Source | EnergyTable | None,
    estimator: str,
) -> tuple[str, Layer]:
    name, attention, _, _ = resolve(workload, seq, batch)
    hardware = _architecture(architecture)
    setting = softmax or chained(hardware)
    _one_of("softmax", setting, MODES)
    limits = read_space(space, attention, hardware) if space is not None else {}
    return name, Layer(attention, hardware, energy_for(hardware, ert, estimator), setting, limits)


def _architecture(architecture: Architecture | str | Path) -> Architecture:
    return architecture if isinstance(architecture, Architecture) else find_architecture(architecture)


def _directives(mapping: Source | Sequence[Any]) -> Mapping[str, Any] | Sequence[Any]:
    return mapping if isinstance(mapping, list | tuple) else load(mapping)  # type: ignore[arg-type]


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise FlatError("unknown choice", path=name, value=value, expected=" or ".join(allowed))
