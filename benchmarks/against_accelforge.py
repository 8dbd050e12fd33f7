"""FLAT's map space in AccelForge and here: the same mappings, the same optima, and the time both take.

Run with ``python benchmarks/against_accelforge.py`` (Python 3.12 or later, ``pip install accelforge``). It
writes ``tests/reference/accelforge/runs.jsonl``, which tests compare with wherever they run: mappings that
our search found, evaluated by AccelForge's model, and the optima of AccelForge's mapper.
"""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import accelforge as af
from accelforge.mapper.FFM.main import join_pmappings, make_pmappings
from loop_tree import loop_tree

import flat_plugin as flat
from flat_plugin.api import search
from flat_plugin.architecture import Architecture, read_architecture
from flat_plugin.architecture.overrides import override
from flat_plugin.mapspace.fabric import candidates, unrollings
from flat_plugin.mapspace.menu_cache import forget_menus
from flat_plugin.mapspace.result import SearchResult
from flat_plugin.timeloop.fused_file import fused_document

FOLDER = Path(__file__).parents[1] / "tests" / "reference" / "accelforge"
EDGE, ENDLESS = 512, 2**20  # KB of the buffer
HERTZ, BITS = 0.94e9, 16
ARRAYS = ("weight-stationary", "output-stationary", "input-stationary")
SEQUENCES = tuple(f"B=1,H=2,M={n},N={n},D=64" for n in (512, 1024, 4096))
BERT = "B=1,H=12,M=512,N=512,D=64"
METRICS = {"energy": "ENERGY", "edp": "ENERGY_DELAY_PRODUCT", "latency": "LATENCY"}

# (layer, family, array, objective): evaluated by both
MAPPINGS = [
    *((layer, "flat-opt", "weight-stationary", "energy") for layer in (*SEQUENCES, BERT)),
    *((SEQUENCES[0], family, array, "energy") for family in ("flat-h", "flat-r32") for array in ARRAYS),
    *((SEQUENCES[1], "flat-opt", array, "traffic") for array in ARRAYS),
    *((SEQUENCES[2], "flash", array, "energy") for array in ARRAYS),
]
# (layer, KB of the buffer, objective, whether rows of scores stay whole): searched by AccelForge
SEARCHES = [
    *((layer, kb, "energy", True) for kb in (EDGE, ENDLESS) for layer in (*SEQUENCES, BERT)),
    *((layer, EDGE, "energy", False) for layer in SEQUENCES),
    *((SEQUENCES[0], EDGE, objective, True) for objective in ("edp", "latency")),
]


def main() -> None:
    af.set_n_parallel_jobs(1)
    tools = {name: version(name) for name in ("accelforge", "hwcomponents")}
    mappings = [evaluated(*case) for case in MAPPINGS]
    print(f"{len(mappings)} mappings evaluated")
    searches = [searched(*case) for case in SEARCHES]
    lines = [{"tools": tools}, *mappings, *searches]
    (FOLDER / "runs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def edge(kb: int = EDGE) -> Architecture:
    return override(read_architecture(FOLDER / "edge.yaml"), {"buffer_kb": kb})


def ours(layer: str, family: str, array: str, objective: str, kb: int = EDGE) -> SearchResult:
    attention, ert = flat.parse_attention(layer), FOLDER / "ERT.yaml"
    asked = {"dataflow": family, "space": array, "objective": objective, "factors": "perfect"}
    return search(attention, edge(kb), softmax="free", ert=ert, **asked)


def evaluated(layer: str, family: str, array: str, objective: str) -> dict[str, Any]:
    """A mapping of ours, and what AccelForge's model says of it: words by operator, memory, tensor and
    action, cycles of each part, pJ."""
    # flat-h does not fit the edge platform: granularities are compared on a larger buffer
    kb = ENDLESS if family == "flat-h" else EDGE
    attention = flat.parse_attention(layer)
    mapping = ours(layer, family, array, objective, kb).mapping
    tree = loop_tree(mapping, attention)
    spec = specification(layer, kb, "any", tree)
    result = spec.evaluate_mapping()
    words = result.actions(per_einsum=True, per_component=True, per_tensor=True)
    busy = result.latency(per_einsum=True, per_component=True)
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    return {
        "layer": layer,
        "buffer_kb": kb,
        **fused_document(mapping, einsums, edge(kb)),
        "tree": tree.splitlines(),
        "words": nested({key: count / BITS for key, count in words.items() if key[2] != "None" and count}),
        "cycles": nested({key: seconds * HERTZ for key, seconds in busy.items()}),
        "energy_pj": result.energy() * 1e12,
        "latency_cycles": result.latency() * HERTZ,
    }


def searched(layer: str, kb: int, objective: str, whole_rows: bool) -> dict[str, Any]:
    """AccelForge's optimum on a weight-stationary array, and how many times as long it took as ours."""
    spec = specification(layer, kb, "weight-stationary")
    spec.mapper.metrics = getattr(af.mapper.Metrics, METRICS[objective])
    start = time.process_time()
    pmappings = make_pmappings(spec, print_progress=False)
    if whole_rows:
        pmappings = pmappings._filter(keeps_rows)
    found = join_pmappings(
        pmappings, require_all_einsums=True, print_progress=False, metrics=spec.mapper.metrics
    ).data
    seconds = time.process_time() - start
    figure = {"energy": "energy", "edp": "energy_delay_product", "latency": "latency"}[objective]
    best = found[f"Total<SEP>{figure}"].to_numpy().argmin()
    spec.mapping = found.iloc[best]["Total<SEP>mapping"](_for_model=True)
    spec.model.metrics = af.mapper.Metrics.all_metrics()
    result = spec.evaluate_mapping()
    candidates.cache_clear()
    unrollings.cache_clear()
    forget_menus()
    start = time.process_time()
    own = ours(layer, "flat-opt" if whole_rows else "flash", "weight-stationary", objective, kb)
    ratio = seconds / (time.process_time() - start)
    print(f"{layer}, {kb} KB, {objective}, {'whole rows' if whole_rows else 'tiled rows'}: {ratio:.0f} ×")
    return {
        "layer": layer,
        "buffer_kb": kb,
        "objective": objective,
        "whole_rows": whole_rows,
        "energy_pj": result.energy() * 1e12,
        "latency_cycles": result.latency() * HERTZ,
        "nest": nest(spec.mapping.nodes),
        "seconds": round(seconds, 1),
        "times_ours": round(ratio, 1),
        "ours": own.value,
    }


def keeps_rows(group: Any) -> bool:
    """Whether no loop over keys is shared: FLAT's softmax needs whole rows, AccelForge's does not."""
    return all(str(loop.rank_name) != "N" for tensor in group.compatibility.tensors for loop in tensor.loops)


def specification(layer: str, kb: int, array: str, tree: str | None = None) -> af.Spec:
    """AccelForge's inputs for a layer: all metrics, and a mapping if one is given."""
    attention = flat.parse_attention(layer)
    sizes = {d: n for einsum in attention.einsums() for d, n in einsum.bounds}
    files = [FOLDER / "accelforge_edge.yaml", FOLDER / "accelforge_attention.yaml"]
    with TemporaryDirectory() as place:
        if tree is not None:
            files.append(Path(place) / "mapping.yaml")
            files[-1].write_text(tree)
        data = {"buffer_kb": kb, "array": array, **sizes}
        spec = af.Spec.from_yaml(*files, jinja_parse_data=data)
    spec.model.metrics = af.mapper.Metrics.all_metrics()
    return spec


def nest(nodes: Any, indent: int = 0) -> list[str]:
    """AccelForge's mapping, a line a node."""
    lines: list[str] = []
    for node in nodes:
        kind = type(node).__name__
        if kind in ("Sequential", "Nested"):
            lines += [" " * indent + kind.lower(), *nest(node.nodes, indent + 2)]
        elif kind == "Storage":
            lines.append(f"{' ' * indent}[{node.component}] {' '.join(map(str, node.tensors))}")
        elif kind == "Temporal":
            lines.append(f"{' ' * indent}for {node.rank_variable} tile {node.tile_shape}")
        elif kind == "Spatial":
            lines.append(f"{' ' * indent}parallel {node.rank_variable} tile {node.tile_shape} on {node.name}")
        elif kind == "Compute":
            lines.append(f"{' ' * indent}{node.einsum} on {node.component}")
    return lines


def nested(flat_keys: dict[tuple[str, ...], float]) -> dict[str, Any]:
    """{(a, b): 1} as {a: {b: 1}}, sorted."""
    tree: dict[str, Any] = {}
    for key, value in sorted(flat_keys.items()):
        inner = tree
        for part in key[:-1]:
            inner = inner.setdefault(part, {})
        inner[key[-1]] = float(value)
    return tree


if __name__ == "__main__":
    main()
