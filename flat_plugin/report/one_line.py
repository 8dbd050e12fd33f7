"""A result in one line of at most 200 characters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flat_plugin.report.quantity import NOTHING, quantity
from flat_plugin.wording import counted

_MOST = 200


def line(value: Any) -> str:
    """``<Estimate …>``: what it is and what it says."""
    name = type(value).__name__
    said = _LINES[name](value) if name in _LINES else ""
    text = " ".join(f"{name} {said}".split())
    return f"<{text}>" if len(text) <= _MOST - 2 else f"<{text[: _MOST - 3]}…>"


def _estimate(e: Any) -> str:
    return (
        f"{e.dataflow} for {e.model} ({e.level}) on {e.architecture}: {quantity(e.cycles)} cycles, "
        f"{quantity(e.seconds, 's')}, {_energy(e.energy_pj)}, DRAM {quantity(e.dram_bytes, 'B')}, "
        f"bound by {e.bound}"
    )


def _trace(t: Any) -> str:
    return (
        f"{t.trace} on {t.architecture}: {counted(t.steps, 'step')}, "
        f"{t.total.bits_ratio:.4f} of the K and V bits, {t.total.macs_ratio:.4f} of the MACs, "
        f"{quantity(t.cost.cycles)} cycles, {_energy(t.cost.energy_pj)}, "
        f"DRAM {quantity(t.cost.dram_bytes, 'B')}"
    )


def _energy(picojoules: float | None) -> str:
    return NOTHING + " J" if picojoules is None else quantity(picojoules * 1e-12, "J")


def _operator(o: Any) -> str:
    return f"{o.operator}: {o.cycles:,} cycles, {quantity(o.computes)} MACs, utilisation {o.utilization:.1%}"


def _search(s: Any) -> str:
    return f"best by {s.objective}{'' if s.proven else ', not proven'}: {_estimate(s.estimate)}"


def _searches(s: Any) -> str:
    stopped = "interrupted, " if s.interrupted else ""
    return f"{', '.join(s.names)}; {stopped}{_search(s.best)}"


def _front(f: Any) -> str:
    return f"{' and '.join(f.metrics)}: {counted(len(f.points), 'point')}{'' if f.proven else ', not proven'}"


def _verdict(v: Any) -> str:
    families, objective = ", ".join(v.families), v.content["objective"]
    return f"{families} by {objective}, within {v.gap:.2%}: {v.reason or 'holds'}"


def _difference(d: Any) -> str:
    ratios = (f"{f.name} {f.ratio:.3f}×" for f in d.figures if f.ratio is not None)
    return f"{d.b.name} over {d.a.name}: {', '.join(ratios)}"


def _architecture(a: Any) -> str:
    levels = " > ".join(
        [*(memory.name for memory in a.memories), f"{a.compute.instances:,} × {a.compute.name}"]
    )
    return f"{a.name}: {levels}, {a.technology}, {quantity(1 / a.cycle_seconds, 'Hz')}"


def _overview(o: Any) -> str:
    return f"{o.name}: {' > '.join(level.name for level in o.levels)}, {o.technology}"


def _table(t: Any) -> str:
    return t.unknown or f"{counted(len(t.components), 'component')} by {t.source}"


def _work(w: Any) -> str:
    return f"{w.name}: {quantity(w.cycles)} cycles, {_energy(w.energy_pj)}, {quantity(w.computes)} MACs"


def _mapping(m: Any) -> str:
    shared = " ".join(f"{dimension.lower()}{trips}" for dimension, trips in m.trips if trips > 1)
    staged = ", ".join(f"{tensor} in {level}" for tensor, level in m.stage)
    parts = (f"shared loops {shared}" if shared else "no shared loops", staged and f"staged {staged}")
    return f"{m.dataflow.name}: {'; '.join(filter(None, parts))}"


def _run(r: Any) -> str:
    inputs = r.inputs
    return (
        f"{r.name[:8]}: {inputs['dataflow']} for {inputs['model']} on {inputs['architecture']}: "
        f"{quantity(r.estimate['cycles'])} cycles, {quantity(r.seconds, 's')}, "
        f"{_energy(r.estimate['energy_pj'])}"
    )


def _validation(v: Any) -> str:
    experiments = dict.fromkeys(row.experiment for row in v.rows)
    worst = max((summary.max_error for summary in v.summaries), default=0.0)
    return f"{counted(len(v.rows), 'row')} of {', '.join(experiments)}; largest error {worst:.2%}"


def _solution(s: Any) -> str:
    from flat_plugin.report.terminal.solve import answer_of

    return answer_of(s)


def _exploration(r: Any) -> str:
    from flat_plugin.report.terminal.explore import answer_of

    return f"{answer_of(r)}; {counted(r.designs, 'design')}"


_LINES: dict[str, Callable[[Any], str]] = {
    "Estimate": _estimate,
    "Explanation": lambda e: f"of {_estimate(e.estimate)}",
    "FusedMapping": _mapping,
    "OperatorResult": _operator,
    "Work": _work,
    "TraceEstimate": _trace,
    "SearchResult": _search,
    "SearchResults": _searches,
    "FrontResult": _front,
    "Verdict": _verdict,
    "Difference": _difference,
    "Architecture": _architecture,
    "Overview": _overview,
    "EnergyTable": _table,
    "Results": lambda r: r.tally,
    "Run": _run,
    "Validation": _validation,
    "Reproduction": lambda r: (
        f"{counted(len(r.rows), 'row')}: {', '.join(each.name for each in r.experiments)}; "
        f"assumptions {', '.join(each.name for each in r.assumptions)}"
    ),
    "Plan": lambda p: counted(len(p.runs), "run"),
    "ExploreResult": _exploration,
    "Solution": _solution,
    "Curve": lambda c: f"by {c.name}: {counted(len(c.points), 'value')}",
    "Chip": lambda c: c.label,
    "BatchResult": lambda b: f"{counted(len(b.outcomes), 'run')} in {b.output}, {len(b.failures)} failed",
}
