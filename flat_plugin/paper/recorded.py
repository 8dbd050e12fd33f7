"""Recorded runs of the real ``timeloop-model`` that ship with the package: ours must be equal.

300 random mappings of GEMM, logit, attend and grouped-query logit on six architectures, 60 of them with
imperfect factors, by NVlabs/timeloop of March 2025 with energy tables of Accelergy 0.4 (CACTI, Aladdin); 80
of convolutions; and 200 of many kinds: two to six levels, several cores, clusters, widths by level, names of
actions, constraints, ill-formed input. Some of them it refused, and some we refuse by name.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from flat_plugin.api import evaluate_mapping
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.paper.comparison import Comparison
from flat_plugin.resources import resource
from flat_plugin.timeloop.stats import COUNTS

FILES = tuple(f"timeloop_model{kind}.jsonl.gz" for kind in ("", "_imperfect", "_windows", "_wide"))
# Tables of two runs lack an action, where Timeloop takes an energy of its own.
_OWN_ENERGIES = ("ertnames-40", "ertnames-51")


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
        architecture = {"architecture": case["architecture"], **case.get("extra", {})}
        try:
            result = evaluate_mapping(architecture, case["problem"], case["mapping"], case["ERT"])
        except FlatError as refused:
            if "rejected" in case or not _by_name(case):
                alike = refused_alike(refused, case.get("rejected", ""))
                rows.append(_exact(name, "refused alike", "", float(alike), 1.0))
            continue
        if "rejected" in case:
            rows.append(_exact(name, "refused alike", "", 0.0, 1.0))
        else:
            rows += _accepted(name, result, case["expected"])
    return rows


def refused_alike(refused: FlatError, printed: str) -> bool:
    """Whether Timeloop refuses too; for a tile that does not fit, with the same size."""
    if isinstance(refused, InvalidMapping) and "mapped tile size" in printed:
        return f"mapped tile size {refused.tile} " in printed
    return bool(printed)


def _by_name(case: Mapping[str, Any]) -> bool:
    """Whether a refusal by name is as good as Timeloop's answer."""
    return case.get("verdict") == "exact-or-refused" or case["arch_name"] in _OWN_ENERGIES


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
