"""``result.json``: what a run gave, or why it gave nothing, as :mod:`.result_form` declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any, cast

from flat_plugin.architecture import Memory, Platform
from flat_plugin.batch.evaluate import Evaluated
from flat_plugin.batch.result_file import sealed
from flat_plugin.batch.result_form import NoResult
from flat_plugin.batch.run import FORMAT, Run
from flat_plugin.energy import area_um2
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.masked import masked_layer
from flat_plugin.plain import plain
from flat_plugin.timeloop.fused_file import fused_document

LOG_TAIL = 4000  # characters of a log that a result repeats


def success(run: Run, found: Evaluated, seconds: float) -> dict[str, Any]:
    """The document of a run that gave an estimate."""
    mapping = found.estimate.mapping
    return _document(
        run,
        "ok",
        {"name": run.engine.name, "tool": found.tool, "calls": plain(found.calls)},
        seconds,
        estimate=plain(found.estimate.to_dict()),
        nest=fused_text(mapping),
        mapping=_mapping(run, mapping),
        front=[_point(run, each) for each in found.front],
    )


def _mapping(run: Run, mapping: FusedMapping) -> dict[str, Any]:
    attention, platform = run.question.workload.attention, run.question.platform
    layer = masked_layer(attention, platform.architecture, mapping, platform.energies)  # of its widest part
    einsums = {einsum.name: einsum for einsum in layer.widest.einsums()}
    return fused_document(mapping, einsums, platform.architecture)


def _point(run: Run, estimate: Estimate) -> dict[str, Any]:
    return {
        "cycles": estimate.cycles,
        "energy_pj": estimate.energy_pj,
        "leak_pj": estimate.leak_pj,
        "mapping": _mapping(run, estimate.mapping),
    }


def failure(run: Run, kind: str, message: str, log: str, seconds: float, status: str = "failed") -> NoResult:
    """The document of a run that gave none, and why; ``unfit`` where the dataflow does not fit."""
    error = {"kind": kind, "message": message, "log_tail": log[-LOG_TAIL:] or None}
    engine = {"name": run.engine.name, "tool": run.engine.identity, "calls": {}}
    document = _document(run, status, engine, seconds, error=error)
    return cast(NoResult, document)


def _document(
    run: Run,
    status: str,
    engine: Mapping[str, object],
    seconds: float,
    *,
    estimate: object = None,
    nest: str | None = None,
    mapping: object = None,
    front: Sequence[Mapping[str, object]] = (),
    error: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    platform = run.question.platform
    document = {
        "format": FORMAT,
        "run": run.key,
        "status": status,
        "inputs": run.inputs(),
        "engine": engine,
        "energies": {"source": platform.energies.source},
        "architecture": _architecture(platform),
        "area_um2": area_um2(platform.energies, platform.architecture),
        "estimate": estimate,
        "nest": nest,
        "mapping": mapping,
        **({"front": front} if front else {}),
        "error": error,
        "seconds": seconds,
        "finished": datetime.now(UTC).isoformat(),
    }
    return sealed(document)


def _architecture(platform: Platform) -> dict[str, Any]:
    """What a reader of results compares: sizes in words, bandwidths in words/cycle and instance."""
    architecture = platform.architecture
    compute, softmax = architecture.compute, architecture.softmax
    return {
        "name": architecture.name,
        "cycle_seconds": architecture.cycle_seconds,
        "technology": architecture.technology,
        "pes": compute.instances,
        "memories": [_memory(platform, memory) for memory in architecture.memories],
        "compute": {
            "name": compute.name,
            "kind": compute.kind,
            "instances": compute.instances,
            "mesh": [compute.mesh_x, compute.mesh_y],
            "word_bits": compute.word_bits,
            "area_um2": _area(platform, compute.name),
        },
        "softmax": None
        if softmax is None
        else {
            "name": softmax.name,
            "lanes": softmax.lanes,
            "instances": softmax.instances,
            "area_um2": _area(platform, softmax.name),
        },
    }


def _memory(platform: Platform, memory: Memory) -> dict[str, Any]:
    return {
        "name": memory.name,
        "kind": memory.kind,
        "capacity_words": int(memory.capacity) if isfinite(memory.capacity) else None,
        "instances": memory.instances,
        "word_bits": memory.word_bits,
        "read_words_per_cycle": plain(memory.read_bandwidth),
        "write_words_per_cycle": plain(memory.write_bandwidth),
        "shared_words_per_cycle": plain(memory.shared_bandwidth),
        "area_um2": _area(platform, memory.name),
    }


def _area(platform: Platform, name: str) -> float | None:
    """µm² of one instance."""
    component = platform.energies.components.get(name)
    return component.area_um2 if component else None
