"""Small batches as `flat run` leaves them, made from real estimates."""

import json
from math import isfinite
from pathlib import Path

import pytest
import yaml

from flat_plugin import estimate, find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.text import fused_text
from flat_plugin.timeloop.fused_file import fused_text as fused_file
from flat_plugin.workload import find_model


def finite(value):
    return value if isfinite(value) else None


def architecture_document(hardware, energies):
    areas = {name: component.area_um2 for name, component in energies.components.items()}
    return {
        "name": hardware.name,
        "cycle_seconds": hardware.cycle_seconds,
        "technology": hardware.technology,
        "pes": hardware.compute.instances,
        "memories": [
            {
                "name": memory.name,
                "kind": memory.kind,
                "capacity_words": finite(memory.capacity),
                "instances": memory.instances,
                "word_bits": memory.word_bits,
                "read_bandwidth_words_per_cycle": finite(memory.read_bandwidth),
                "write_bandwidth_words_per_cycle": finite(memory.write_bandwidth),
                "shared_bandwidth_words_per_cycle": finite(memory.shared_bandwidth),
                "area_um2": areas.get(memory.name),
            }
            for memory in hardware.memories
        ],
        "compute": {"name": hardware.compute.name, "instances": hardware.compute.instances},
    }


def run_document(name, *, model, seq, batch=1, arch="edge", flow, level="attention", overrides=None):
    """A run's result.json; ``overrides`` is of Architecture's buffer: {"buffer_kb": 256}."""
    from dataclasses import replace

    hardware = find_architecture(arch)
    if overrides:
        outer, buffer, *rest = hardware.memories
        words = overrides["buffer_kb"] * 1024 * 8 // buffer.word_bits
        hardware = replace(hardware, memories=(outer, replace(buffer, capacity=words), *rest))
    energies = energy_for(hardware)
    document = {
        "format": 1,
        "run": name,
        "inputs": {
            "model": model,
            "seq": seq,
            "batch": batch,
            "architecture": arch,
            "overrides": overrides or {},
            "dataflow": flow,
            "level": level,
            "softmax": "serial",
            "overflow": "reject",
            "stage": None,
            "engine": "native",
        },
        "engine": {"name": "native", "tool": "flat-plugin"},
        "energies": {"source": energies.source},
        "architecture": architecture_document(hardware, energies),
        "seconds": 0.0125,
        "finished": "2024-01-01T00:00:00Z",
    }
    nothing = dict.fromkeys(("estimate", "nest", "mapping", "area_um2"))
    try:
        answer = estimate(model, hardware, flow, seq=seq, batch=batch, level=level)
    except InvalidMapping as error:
        reason = {"kind": "InvalidMapping", "message": str(error), "log_tail": ""}
        return document | nothing | {"status": "failed", "error": reason}
    attention = find_model(model).attention(seq, batch)
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    return document | {
        "status": "ok",
        "estimate": answer.to_dict(),
        "nest": fused_text(answer.mapping),
        "mapping": yaml.safe_load(fused_file(answer.mapping, einsums, hardware)),
        "area_um2": {
            entry["name"]: entry["area_um2"] * entry["instances"]
            for entry in document["architecture"]["memories"]
            if entry["area_um2"] is not None
        },
        "error": None,
    }


def write_run(folder: Path, document) -> None:
    place = folder / "runs" / document["run"]
    place.mkdir(parents=True)
    (place / "result.json").write_text(json.dumps(document))


SWEEP = (
    [
        dict(model=model, seq=seq, arch=arch, flow=flow)
        for model in ("bert-base", "t5-small")
        for seq in (512, 2048)
        for arch in ("edge", "cloud")
        for flow in ("base", "flat-h", "flat-r")
    ]
    + [
        dict(model="bert-base", seq=512, flow=flow, overrides={"buffer_kb": kb})
        for kb in (128, 256)
        for flow in ("base", "flat-r")
    ]
    + [dict(model="bert-base", seq=512, flow=flow, level="model") for flow in ("base", "flat-r")]
)


@pytest.fixture(scope="session")
def documents():
    return [run_document(f"run{number:03}", **point) for number, point in enumerate(SWEEP)]


@pytest.fixture(scope="session")
def batch(tmp_path_factory, documents):
    """A folder of runs, one of them not done yet and one unreadable."""
    folder = tmp_path_factory.mktemp("batch")
    for document in documents:
        write_run(folder, document)
    (folder / "runs" / "half-done").mkdir()
    (folder / "runs" / "half-done" / "inputs.yaml").write_text("{}")
    (folder / "runs" / "torn").mkdir()
    (folder / "runs" / "torn" / "result.json").write_text('{"format": 1, "run": "to')
    return folder
