"""The runs of a sweep: the product of its axes, without what its exclusions match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from math import prod
from typing import Any

from flat_plugin.architecture import Architecture
from flat_plugin.arguments import checked
from flat_plugin.batch.run import FORMAT, Run
from flat_plugin.batch.sweep import Sweep, read_sweep
from flat_plugin.batch.sweep_entries import Space, Workload
from flat_plugin.documents import Source, file_of
from flat_plugin.documents.problems import Problems
from flat_plugin.engines.choose import needs_divisors
from flat_plugin.errors import FlatError
from flat_plugin.model.widths import check_one_width
from flat_plugin.question.question import UNFUSED, Question, check_unfused
from flat_plugin.question.settled import settled
from flat_plugin.shown import Shown
from flat_plugin.workload import Attention, Mask, Model
from flat_plugin.workload.describe import understood
from flat_plugin.workload.resolve import Layers, masked, resolve, with_widths
from flat_plugin.workload.widths import Widths

MOST_RUNS = 100_000
FIELDS = ("model", "seq", "batch", "mask", "bits", "architecture", "dataflow", "engine")


@dataclass(frozen=True, repr=False)
class Plan(Shown):
    """The runs in the order of the sweep, each once."""

    runs: tuple[Run, ...]

    def document(self) -> dict[str, Any]:
        """The content of ``plan.json``."""
        return {
            "format": FORMAT,
            "size": len(self.runs),
            "runs": [{"run": run.key, "inputs": run.inputs()} for run in self.runs],
        }


@dataclass(frozen=True)
class _Layer:
    workload: Layers
    seq: int
    batch: int
    understood: Mapping[str, Any] | None = field(compare=False)
    asked: tuple[Workload, int | None, int, Mask | None, Widths] = field(
        compare=False
    )  # what it was resolved from


@checked
def plan_sweep(sweep: Source, engine: str | None = None) -> Plan:
    """The runs of a sweep; all of its mistakes are reported together.

    Args:
        engine: instead of the sweep's.
    """
    file = file_of(sweep)
    return make_plan(read_sweep(sweep, engine), Problems("sweep", file))


def make_plan(sweep: Sweep, problems: Problems | None = None) -> Plan:
    """Combine the axes of a sweep.

    Two combinations with the same content (a sequence length given twice, a model given by sizes
    under several lengths) are one run.

    Raises:
        FlatError: a model has no sequence length, a match names what is not there, too many runs.
    """
    problems = problems or Problems("sweep")
    own = (sweep.workloads, sweep.seqs, sweep.batches, sweep.masks, sweep.widths)
    size = prod(map(len, (*own, sweep.machines, sweep.dataflows, sweep.engines)))
    if size > MOST_RUNS:
        problems.fail("", "too many runs", size, f"at most {MOST_RUNS:,}")
        problems.raise_any()
    combinations = _product(sweep, _layers(sweep, problems), problems)
    runs = {run.key: run for run in _settled(_matching(combinations, sweep, problems))}
    if not runs:
        problems.fail("", "nothing to run: include and exclude leave no combination")
    problems.raise_any()
    return Plan(tuple(runs.values()))


def _settled(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs, whose searches all have the same factors where nobody says which."""
    divides = next(filter(None, (needs_divisors(run.engine.identity) for run in runs)), "")
    for run, question in zip(runs, settled([run.question for run in runs], divides), strict=True):
        assert question.dataflow is not None
        yield replace(run, question=question, dataflow=question.dataflow)


def _layers(sweep: Sweep, problems: Problems) -> list[_Layer]:
    found: dict[_Layer, None] = {}
    axes = (sweep.workloads, sweep.seqs, sweep.batches, sweep.masks, sweep.widths)
    for workload, seq, batch, mask, widths in product(*axes):
        read = partial(_layer, seq=seq, batch=batch, mask=mask, widths=widths, sweep=sweep)
        found |= dict.fromkeys(problems.attempt(f"models ({workload.name})", read, workload))
    return list(found)


def _layer(
    workload: Workload,
    seq: int | None,
    batch: int,
    mask: Mask | None,
    widths: Widths,
    sweep: Sweep,
    hardware: Architecture | None = None,
) -> _Layer:
    """Sizes given by hand, and requests of a step, have their own lengths, whatever the sweep's are: of those
    the longest is the length, and their number the batch.

    Args:
        hardware: whose widths hold for tensors of which nothing else says any.
    """
    own = not isinstance(workload.source, Model) or bool(workload.source.requests)
    lengths = (None, 1) if own else (seq, batch)
    given = workload.source if mask is None else masked(workload.source, mask)
    source = with_widths(given, widths, hardware.widths if hardware else Widths())
    found = resolve(source, *lengths, level=sweep.level)
    _check_alike(found, sweep)
    seen = understood(source, *lengths)
    seen = None if seen is None else {**seen, "name": workload.name}
    named, asked = replace(found, name=workload.name), (workload, seq, batch, mask, widths)
    longest = max((each.keys for each in found.requests), default=found.attention.keys)
    sequences = sum(each.number for each in found.requests) or found.attention.batch
    return _Layer(named, longest, sequences, seen, asked)


def _on(layer: _Layer, hardware: Architecture, sweep: Sweep) -> _Layer:
    """The layer as this hardware has it, where that has widths."""
    return _layer(*layer.asked, sweep, hardware) if hardware.widths else layer


def _check_alike(layers: Layers, sweep: Sweep) -> None:
    """Kinds of layers are added up where each is mapped by itself, by the built-in engine and freely; so are
    the kinds of iterations under a mask.

    Raises:
        FlatError: the layers differ, and a space or Timeloop is asked for; or Timeloop is, under a mask.
    """
    others = {block for _, block in layers.rest} if sweep.level == "model" else set()
    attentions = _attentions(layers, sweep)
    outside = [engine.name for engine in sweep.engines if engine.name != "native"]
    if sweep.setting.skip == "tiles":
        for name in outside:
            for attention in attentions:
                attention.check_full(f"the {name} engine")
    else:
        for attention in attentions:
            attention.unskipped()
    if not others or not (outside or sweep.space):
        return
    message = f"the layers of {layers.name} differ"
    if outside:
        expected = "native, or level: attention"
        raise FlatError(message, path="engines", value=outside[0], expected=expected)
    raise FlatError(message, path="space", expected="no space, or level: attention")


def _attentions(layers: Layers, sweep: Sweep) -> list[Attention]:
    """Those that are counted."""
    rest = [block for _, block in layers.rest] if sweep.level == "model" else []
    blocks = ([layers.block] if layers.block else []) + rest
    return [layers.attention, *(each for block in blocks for each in block.attentions)]


def _check_layer(layers: Layers, hardware: Architecture, sweep: Sweep) -> None:
    """What Timeloop knows of a layer on this hardware.

    Raises:
        FlatError: it is asked for, and does not know the layer's widths, its mask, or V as a part of K.
    """
    attention = layers.attention
    if layers.trace is not None:
        _check_traced(sweep)
        return
    for engine in sweep.engines:
        if engine.name != "native":
            name = f"the {engine.name} engine"
            check_one_width(attention.widths.to_dict(), hardware, name)
            if any(flow.fused for flow in sweep.dataflows):
                attention.check_apart(name)


def _check_traced(sweep: Sweep) -> None:
    """Steps of a trace are unfused, with the keys of its rows, and the built-in engine knows them.

    Raises:
        FlatError: another dataflow, engine or staging is asked for.
    """
    for flow in sweep.dataflows:
        check_unfused(flow, "dataflows")
    for engine in sweep.engines:
        if engine.name != "native":
            raise FlatError(UNFUSED, path="engine", value=engine.name, expected="native")


def _product(sweep: Sweep, layers: Sequence[_Layer], problems: Problems) -> Iterator[Run]:
    for each, machine in product(layers, sweep.machines):
        hardware = machine.platform.architecture
        layer = _on(each, hardware, sweep)
        check = partial(_check_layer, hardware=hardware, sweep=sweep)
        if not problems.attempt(f"models ({layer.workload.name})", check, layer.workload):
            continue
        seen = layer.understood
        asked = Question(layer.workload, machine.platform, None, sweep.setting, sweep.level, understood=seen)
        free = _constrained(asked, None, problems)
        spaced = _constrained(asked, sweep.space, problems) if sweep.space else free
        for dataflow, engine in product(sweep.dataflows, sweep.engines):
            native = engine.name == "native"
            kept = sweep.space if dataflow.searched else None
            yield Run(
                replace(spaced if kept else free, dataflow=dataflow),
                dataflow,
                layer.seq,
                layer.batch,
                engine,
                overrides=machine.overrides,
                stage=sweep.stage,
                space=kept.name if kept else None,
                mapper=None if native else sweep.mapper,
                time_limit=None if native else sweep.time_limit,
            )


def _constrained(question: Question, space: Space | None, problems: Problems) -> Question:
    """The question with what a space and the hardware's files fix of its layers."""
    place = "space" if space else f"architecture ({question.platform.architecture.name})"
    found = problems.attempt(place, question.constrained, space.source if space else None)
    return (
        found[0]
        if found
        else replace(question, constraints=dict.fromkeys(map(question.counted, question.attentions), {}))
    )


def _matching(runs: Iterator[Run], sweep: Sweep, problems: Problems) -> list[Run]:
    """Runs that an ``include`` (if there are any) and no ``exclude`` matches.

    A match that matches nothing is a mistake: a name that is spelt differently, say.
    """
    used: set[tuple[str, int]] = set()
    kept = []
    for run in runs:
        inputs = run.inputs()
        values = {**{name: inputs[name] for name in FIELDS}, **inputs["overrides"]}
        hits = {
            key: [index for index, match in enumerate(matches) if _matches(match, values)]
            for key, matches in (("include", sweep.include), ("exclude", sweep.exclude))
        }
        used |= {(key, index) for key, indices in hits.items() for index in indices}
        if (hits["include"] or not sweep.include) and not hits["exclude"]:
            kept.append(run)
    for key, matches in (("include", sweep.include), ("exclude", sweep.exclude)):
        for index, match in enumerate(matches):
            if (key, index) not in used:
                expected = "values of " + ", ".join(FIELDS) + " or of an override"
                problems.fail(f"{key}[{index}]", "matches no run", dict(match), expected)
    return kept


def _matches(match: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(name in values and _among(values[name], wanted) for name, wanted in match.items())


def _among(value: Any, wanted: Any) -> bool:
    return value == wanted or (isinstance(wanted, list) and value in wanted)
