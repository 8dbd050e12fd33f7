"""Calls of the Python functions: valid ones, of which one argument, or a part of one, becomes another."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import yaml

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.api import energy_dict
from flat_plugin.workload.mask import Mask
from fuzz import mutate
from fuzz.seeds import BERT, LAYER, SWEEP

Call = tuple[Callable[..., Any], dict[str, Any]]


def calls(folder: Path) -> list[Call]:
    """Calls that are answered."""
    layer, edge = flat.parse_attention(LAYER), flat.find_architecture("edge")
    documents = {
        name: yaml.safe_load((folder / f"{name}.yaml").read_text())
        for name in ("arch", "problem", "mapping", "ERT", "fused", "space")
    }
    question = {"workload": layer, "architecture": edge}
    model = {"workload": "bert-base", "architecture": "edge", "seq": 32, "batch": 1}
    operator = {"architecture": documents["arch"], "problem": documents["problem"], "ert": documents["ERT"]}
    run = sorted((folder / "batch" / "runs").iterdir())[0]
    return [
        (
            flat.estimate,
            {**model, "dataflow": "flat-r8", "level": "block", "stage": ["K", "V"], "softmax": "serial"},
        ),
        (flat.estimate, {**question, "dataflow": flat.parse_dataflow("flat-r8"), "overflow": "spill"}),
        (flat.estimate, {**question, "ert": flat.energy_table("edge"), "engine": "native"}),
        (flat.estimate, {**question, "mapping": documents["fused"]}),
        (flat.estimate, {**question, "mapping": flat.estimate(layer, edge, "flat-r8").mapping}),
        (flat.estimate, {**question, "space": documents["space"], "dataflow": "flat-opt"}),
        (flat.estimate, {**question, "mask": Mask(causal=True), "skip": "none"}),
        (flat.estimate, {**question, "bits": {"K": 8, "S": 32}, "dataflow": "flat-r8"}),
        (flat.explain, {**model, "dataflow": "flat-r8", "estimator": "recorded"}),
        (flat.search, {**question, "objective": "edp", "dataflow": ["flat-opt"], "factors": "perfect"}),
        (flat.search_each, {**question, "dataflows": ("base-opt", "flat-r8"), "softmax": "free"}),
        (flat.pareto, {**question, "front": "footprint-traffic", "dataflow": "flat-opt"}),
        (flat.generate, {**question, "dataflows": ["flat-r8"], "output": folder / "out"}),
        (flat.evaluate_mapping, {**operator, "mapping": documents["mapping"]}),
        (flat.evaluate_mappings, {**operator, "mappings": [documents["mapping"], documents["mapping"]]}),
        (flat.energy_table, {"architecture": edge, "estimator": "recorded"}),
        (energy_dict, {"table": flat.energy_table("edge"), "architecture": edge}),
        (flat.compare_energy, {"architecture": "edge", "first": "recorded", "second": "auto"}),
        (flat.read_architecture, {"source": documents["arch"]}),
        (flat.find_model, {"name": "bert-base"}),
        (flat.parse_attention, {"text": LAYER}),
        (flat.parse_dataflow, {"name": "flat-r64"}),
        (flat.Attention, {"batch": 1, "heads": 2, "queries": 8, "keys": 8, "head_dim": 4, "kv_heads": 1}),
        (flat.Block, {"attention": layer, "hidden": 64, "feed_forward": 128, "gated": True}),
        (flat.compare, {"a": "base", "b": "flat-r8", "workload": layer, "architecture": edge}),
        (flat.compare, {"a": flat.estimate(layer, edge, "base"), "b": run}),
        (
            flat.plan,
            {"sweep": SWEEP | {"sweep": SWEEP["sweep"] | {"architectures": ["edge"], "models": ["gpt2"]}}},
        ),
        (flat.read_results, {"folders": [folder / "batch"]}),
        (flat.write_page, {"results": flat.read_results(folder / "batch"), "path": folder / "out.html"}),
        (flat.validate, {"data": folder / "tables", "experiment": "rtl"}),
        (flat.read_config, {"path": str(folder / "bert.json")}),
        (partial(_read_config_text, folder), {"content": BERT}),
    ]


def _read_config_text(folder: Path, content: Any) -> Any:
    (folder / "mine.json").write_bytes(mutate.as_json(content))
    return flat.read_config(folder / "mine.json")


def make(some: list[Call], random: Random) -> tuple[str, Callable[[], Any]]:
    """One of the calls with one thing changed: a line on it, and the call."""
    function, options = random.choice(some)
    if function is flat.write_page and random.random() < 0.9:  # it takes seconds
        function, options = some[0]
    name = random.choice(list(options))
    try:
        changed = {**options, name: _changed(options[name], random)}
    except FlatError:  # refused where it is made
        return f"{name}", lambda: None
    except Exception as error:  # which only refuses by one
        return f"an argument {name}", partial(_fail, error)
    called = getattr(function, "__name__", "read_config")
    return f"{called}({name}={_said(options[name], changed[name])})", lambda: function(**changed)


def _fail(error: Exception) -> None:
    raise error


def _said(before: Any, after: Any) -> str:
    """What was changed to what: of a dataclass its field."""
    if is_dataclass(after) and type(after) is type(before):
        pairs = [(f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(after)]
        told = [f"{name}={_said(one, other)}" for name, one, other in pairs if repr(one) != repr(other)]
        return f"{type(after).__name__}({', '.join(told)})"
    return repr(after)[:300]


def _changed(value: Any, random: Random) -> Any:
    if isinstance(value, (dict, list)) and random.random() < 0.9:
        return mutate.document(value, random)
    if is_dataclass(value) and random.random() < 0.8:
        field = random.choice(fields(value)).name
        inner = getattr(value, field)
        try:
            return replace(value, **{field: _field(inner, random)})
        except TypeError:  # a field that its constructor does not take
            return None
    return copy.deepcopy(random.choice(mutate.ODD))


def _field(value: Any, random: Random) -> Any:
    if isinstance(value, tuple) and value and random.random() < 0.7:
        at = random.randrange(len(value))
        return random.choice(
            (value[:at], (*value[:at], _changed(value[at], random), *value[at + 1 :]), value[::-1])
        )
    return _changed(value, random)
