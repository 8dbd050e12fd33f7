"""Recorded runs of the real ``timeloop-model`` that ship with the package: ours must be equal.

300 random mappings of GEMM, logit, attend and grouped-query logit on six architectures, 60 of them with
imperfect factors, by NVlabs/timeloop of March 2025 with energy tables of Accelergy 0.4 (CACTI, Aladdin);
some of them it refused.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from flat_plugin.api import evaluate_mapping
from flat_plugin.errors import InvalidMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.paper.comparison import Comparison
from flat_plugin.resources import resource
from flat_plugin.timeloop.stats import COUNTS

FILES = ("timeloop_model.jsonl.gz", "timeloop_model_imperfect.jsonl.gz")


def recorded_runs() -> Iterator[dict[str, Any]]:
    """The recorded cases: documents, and what was printed or why it was refused."""
    for name in FILES:
        with gzip.open(resource("reference", name), "rt", encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)


def timeloop_comparisons() -> list[Comparison]:
    """Cycles, energy (to the printed digits) and counters of every run, and whether both refuse it."""
    rows = []
    for number, case in enumerate(recorded_runs()):
        name = f"{number} {case['arch_name']} {case['problem']['shape']['name']}"
        documents = [case[part] for part in ("architecture", "problem", "mapping", "ERT")]
        try:
            result = evaluate_mapping(*documents)
        except InvalidMapping as refused:
            alike = f"mapped tile size {refused.tile} " in case.get("rejected", "")
            rows.append(_exact(name, "refused alike", "", float(alike), 1.0))
            continue
        if "rejected" in case:
            rows.append(_exact(name, "refused alike", "", 0.0, 1.0))
        else:
            rows += _accepted(name, result, case["expected"])
    return rows


def _accepted(name: str, result: OperatorResult, printed: Mapping[str, Any]) -> list[Comparison]:
    pairs = [
        (getattr(result[level["name"]].tensors[tensor], attribute), counts[label])
        for level in printed["levels"]
        for tensor, counts in level["tensors"].items()
        for label, attribute in COUNTS.items()
    ]
    energy, printed_energy = result.energy_pj / 1e6, float(printed["energy_uj"])
    as_printed = printed_energy if abs(energy - printed_energy) <= 0.00501 else energy
    return [
        _exact(name, "cycles", "cycles", float(result.cycles), float(printed["cycles"])),
        _exact(name, "energy as printed", "µJ", as_printed, printed_energy),
        _exact(name, "equal counters", "", float(sum(a == b for a, b in pairs)), float(len(pairs))),
    ]


def _exact(case: str, metric: str, unit: str, ours: float, theirs: float) -> Comparison:
    return Comparison("timeloop", case, metric, unit, ours, theirs, exact=True)
