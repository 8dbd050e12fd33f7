"""A mapping that was found, as the engine that is built in evaluates it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flat_plugin.engines.native import NativeEngine
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.index_products import behind_choosing
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.objective import METRICS, Metrics
from flat_plugin.mapspace.result import figure
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.masked import masked_layer


def evaluated(name: str, layer: Layer, mapping: FusedMapping) -> Estimate:
    """The estimate of a layer, called so, under a mapping."""
    engine = NativeEngine()
    widest = masked_layer(layer.attention, layer.architecture, mapping, layer.energies).widest
    results = [
        engine.evaluate(einsum, layer.architecture, mapping[einsum.name], layer.energies)
        for einsum in widest.einsums(mapping.held)
    ]
    answer = attention_estimate(
        name, layer.attention, layer.architecture, mapping, results, layer.energies, Setting(layer.softmax)
    )
    answer = behind_choosing(answer, layer.attention, mapping, layer.architecture, layer.energies)
    return replace(answer, workload=layer.workload)


def metrics_of(answer: Estimate) -> Metrics:
    """What searches compare an estimate by, as one row."""
    return Metrics(*(np.array([figure(answer, name)]) for name in METRICS))
