"""Results as Rich tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.explain import Explanation
from flat_plugin.model.explain_masked import iteration_lines
from flat_plugin.model.operator import OperatorResult
from flat_plugin.report.analysis.compare import Difference, Figure, shown
from flat_plugin.report.quantity import NOTHING, quantity
from flat_plugin.report.read.parts import scope_of
from flat_plugin.report.terminal.grid import grid, named_grid
from flat_plugin.report.terminal.hanging import hanging
from flat_plugin.wording import counted
from flat_plugin.workload.describe import line_of

_BESIDE = 40  # columns that what is said of a tool needs beside its name
_INDENT = 4  # of what stands below it

if TYPE_CHECKING:
    from flat_plugin.engines.doctor import Finding


def comparison(
    answers: Sequence[Estimate | tuple[str, str]], unreached: Sequence[str] = ()
) -> RenderableType:
    """Dataflows side by side, against the first one; (dataflow, reason) where one does not fit, and those
    that an interrupted search did not reach."""
    estimates = [answer for answer in answers if isinstance(answer, Estimate)]
    first = estimates[0]
    title = f"{first.model}, {first.level} level, on {first.architecture}, softmax {first.softmax}"
    table = grid()
    for name in ("dataflow", "cycles", "time", "energy", "DRAM", "util", "speed-up", "bound by"):
        left = name in ("dataflow", "bound by")
        table.add_column(name, justify="left" if left else "right")
    for answer in answers:
        table.add_row(*(_row(answer, first) if isinstance(answer, Estimate) else (answer[0], "✗")))
    for name in unreached:
        table.add_row(name, "not reached")
    refused = [Text(f"✗ {a[1]}", style="yellow") for a in answers if isinstance(a, tuple)]
    return Group(
        *understood(first),
        Text(title, style="italic"),
        table,
        *kinds_table(estimates),
        *(Text(line) for line in _remarks(estimates)),
        *refused,
    )


def kinds_table(estimates: Sequence[Estimate]) -> list[RenderableType]:
    """Of a model, what each kind of layer and each section beside them takes; nothing where there is one."""
    first = estimates[0]
    if len(first.kinds) < 2:
        return []
    rows = [*zip(*(each.kinds for each in estimates), strict=True)]
    names = [each.dataflow for each in estimates]
    same = all(kind.computes == row[0].computes for row in rows for kind in row)
    counts = ["MACs"] if same else [f"{name} MACs" for name in names]  # under a mask each has its own tiles
    table = grid("")
    for name in ("of which", "times", *counts, *(f"{name} cycles" for name in names)):
        table.add_column(name, justify="left" if name == "of which" else "right")
    for row in rows:
        work = (quantity(kind.computes) for kind in row[: len(counts)])
        table.add_row(row[0].name, str(row[0].times), *work, *(quantity(kind.cycles) for kind in row))
    return [table]


def understood(estimate: Estimate) -> list[Text]:
    """The workload in a line, where the estimate says what was understood of it."""
    return [] if estimate.workload is None else [Text(line_of(estimate.workload))]


def _row(estimate: Estimate, first: Estimate) -> tuple[str, ...]:
    return (
        estimate.dataflow,
        quantity(estimate.cycles),
        quantity(estimate.seconds, "s"),
        _pj(estimate.energy_pj),
        quantity(estimate.dram_bytes, "B"),
        f"{estimate.utilization:.1%}",
        f"{first.cycles / estimate.cycles:.2f}×",
        estimate.bound,
    )


def _remarks(estimates: Sequence[Estimate]) -> list[str]:
    last = estimates[-1]
    limits = last.limits
    lines = [
        f"Limits of {_layer(last)}: {quantity(limits.cycles)} cycles, {_pj(limits.energy_pj)}; "
        f"DRAM {quantity(limits.compulsory_dram_bytes, 'B')} compulsory, "
        f"{quantity(limits.best_tiling_dram_bytes, 'B')} at least with this buffer."
    ]
    if last.level == "attention":
        ratios = ", ".join(f"{e.dataflow} {e.cycles / limits.cycles:.2f}×" for e in estimates)
        lines.append(f"Cycles over the limit: {ratios}.")
    lines += _touched(estimates) + _vector(estimates) + _steps(estimates)
    if last.energy_source:
        lines.append(f"Energies by {last.energy_source}.")
    unfused = min((e.dram_bytes for e in estimates if not e.mapping.dataflow.fused), default=None)
    for estimate in estimates:
        if unfused and estimate.mapping.dataflow.fused and estimate.dram_bytes > unfused:
            lines.append(
                f"{estimate.dataflow} moves {estimate.dram_bytes / unfused:.1f}× the DRAM traffic of the "
                "unfused dataflow: K and V stream past once for every tile of rows."
            )
    return [*lines, *_losers(estimates), *_notes(estimates)]


def _masked(estimate: Estimate) -> bool:
    """Whether a mask leaves out any score of any layer."""
    layers = (estimate.workload or {}).get("layers", ())
    return any(layer["mask"] != "full" for layer in layers)


def _touched(estimates: Sequence[Estimate]) -> list[str]:
    """Under a mask, how many scores are needed, and how many each dataflow computes for one of them."""
    scored = [(e.dataflow, e.scores) for e in estimates if _masked(e) and e.scores]
    if not scored:
        return []
    ratios = ", ".join(
        f"{name} {'at most ' if scores.bound else ''}{scores.ratio:.2f}×" for name, scores in scored
    )
    return [f"Scores needed: {quantity(scored[0][1].needed)}; computed: {ratios}."]


def _vector(estimates: Sequence[Estimate]) -> list[str]:
    """Of blocks and models, how much is element-wise."""
    first = estimates[0]
    if not first.elementwise:
        return []
    shares = [
        f"{e.dataflow} {sum(e.operators[name].cycles for name in e.elementwise) / e.cycles:.1%}"
        for e in estimates
    ]
    operations = quantity(sum(first.elementwise.values()))
    what = "Norms, activations and residual additions"
    return [f"{what}: {operations} operations of the softmax unit; share of the cycles: {', '.join(shares)}."]


def _steps(estimates: Sequence[Estimate]) -> list[str]:
    """Of a step of serving, its size, and what a token of it takes under each dataflow."""
    served = [(each, each.step) for each in estimates if each.step is not None]
    if not served:
        return []
    step = served[0][1]
    each = ", ".join(
        f"{e.dataflow} {_pj(e.energy_pj and e.energy_pj / s.tokens)}, {quantity(s.tokens / e.seconds)}/s"
        for e, s in served
    )
    return [
        f"A step of {counted(step.requests, 'request')} and {counted(step.tokens, 'new token')}; it reads "
        f"{quantity(step.cache_bytes, 'B')} of keys and values.",
        f"Energy per token and tokens per second: {each}.",
    ]


def _losers(estimates: Sequence[Estimate]) -> list[str]:
    """Named fused dataflows that are slower, or dearer, than the unfused one beside them."""
    unfused = next((e for e in estimates if not e.mapping.dataflow.fused), None)
    named = [e for e in estimates if e.mapping.dataflow.fused and not e.mapping.dataflow.searched]
    lines = []
    for estimate in named if unfused else []:
        assert unfused is not None
        worse = (
            [f"{estimate.cycles / unfused.cycles:.2f}× the cycles"]
            if _more(estimate.cycles, unfused.cycles)
            else []
        )
        if _more(estimate.energy_pj, unfused.energy_pj):
            worse.append(f"{(estimate.energy_pj or 0) / (unfused.energy_pj or 1):.2f}× the energy")
        if worse:
            hint = "" if _masked(estimate) else "; `flat search` looks for the best mapping of either kind"
            lines.append(f"{estimate.dataflow} takes {' and '.join(worse)} of {unfused.dataflow} here{hint}.")
    return lines


def _more(one: float | None, other: float | None) -> bool:
    """By so much that two digits show it."""
    return one is not None and other is not None and one > other * 1.005


def _notes(estimates: Sequence[Estimate]) -> list[str]:
    """Each note once: with the dataflows that it is of, unless it is of all."""
    whose: dict[str, list[str]] = {}
    for estimate in estimates:
        for note in estimate.notes:
            whose.setdefault(note, []).append(estimate.dataflow)
    return [
        note if len(names) == len(estimates) > 1 else f"{', '.join(names)}: {note}"
        for note, names in whose.items()
    ]


def _layer(estimate: Estimate) -> str:
    of_all = " (all requests)" * bool((estimate.workload or {}).get("requests"))
    if estimate.level == "attention":
        return f"an attention layer{of_all}"
    if estimate.level == "model":
        return f"one attention layer of {estimate.layers}{of_all}"
    return f"its attention layer{of_all}"


def operator(result: OperatorResult) -> RenderableType:
    """What ``timeloop-model`` prints, as a table."""
    energy = NOTHING if isnan(result.energy_pj) else f"{result.energy_pj / 1e6:,.2f} µJ"
    title = f"{result.operator}: {result.cycles:,} cycles, {energy}"
    table = grid(title)
    for name in ("level", "tensor", "reads", "fills", "updates", "instances", "energy"):
        table.add_column(name, justify="left" if name in ("level", "tensor") else "right")
    for level in result.levels:
        table.add_row(level.name, "", "", "", "", f"{level.instances:,}", _pj(level.energy_pj), style="bold")
        for name, counts in level.tensors.items():
            table.add_row(
                "",
                name,
                f"{counts.reads:,}",
                f"{counts.fills:,}",
                f"{counts.updates:,}",
                f"{counts.utilized_instances:,}",
                _pj(counts.energy_pj),
            )
    summary = f"utilisation {result.utilization:.1%}, {result.computes:,} multiply-accumulates"
    return Group(table, Text(f"{summary}; counts are words per instance."))


def explanation(found: Explanation) -> RenderableType:
    """The nest, every figure with its derivation, and what bounds the latency."""
    estimate = found.estimate
    head = [] if estimate.workload is None else [line_of(estimate.workload), ""]
    needs = estimate.requirements[: estimate.requirements.index(estimate.requirement) + 1]
    together = [f"On chip together: {need}" for need in needs]
    lines = [*head, fused_text(estimate.mapping), "", *together, "", *_iterations(found)]
    for step in found.steps:
        lines += [step.name, *("  " + line for line in step.lines())]
        lines += [f"  together {_pj(step.energy_pj)}", ""]
    lines.append("Busy cycles by component:")
    lines += [f"  {name}: {cycles:,.0f}" for name, cycles in estimate.busy.items()]
    lines.append(f"Latency: {_latency(estimate)} = {estimate.cycles:,.0f} cycles, bound by {estimate.bound}.")
    lines.append("Energy by component:")
    lines += [f"  {name}: {_pj(energy)}" for name, energy in estimate.energy.items()]
    lines.append(f"  total: {_pj(estimate.energy_pj)}")
    return Text("\n".join(lines))


def _iterations(found: Explanation) -> list[str]:
    """What a mask leaves, iteration by iteration."""
    if not found.iterations:
        return []
    title = "Iterations that the mask leaves, for each head of keys (the nest is of the widest):"
    return [title, *("  " + line for line in iteration_lines(found.iterations)), ""]


def _latency(estimate: Estimate) -> str:
    """What it is the sum of: operators one after the other, or the busiest and the first and last tile."""
    if not estimate.mapping.dataflow.fused:
        return " + ".join(f"{name} {work.cycles:,.0f}" for name, work in estimate.operators.items())
    alone = {name: work.cycles for name, work in estimate.operators.items() if scope_of(name) != "attention"}
    if alone:
        before = " + ".join(f"{name} {cycles:,.0f}" for name, cycles in alone.items())
        return f"{before} + {estimate.cycles - sum(alone.values()):,.0f} for the tiles of the attention"
    busiest = sum(estimate.busy[name] for name in estimate.bound.split(" + "))
    return f"{busiest:,.0f} + {estimate.cycles - busiest:,.0f} for the first tiles in and the last tiles out"


def tools(findings: Sequence[Finding], width: int) -> RenderableType:
    """Outside tools: where each is, or what it would add and how to get it, in lines of at most ``width``."""
    text = Text()
    column = max(len(finding.name) for finding in findings) + 3
    if narrow := 0 < width < column + _BESIDE:
        column = _INDENT
    for finding in findings:
        if finding.found:
            lines = [f"{finding.version}  {finding.where}".strip(), *finding.details]
        else:
            lines = [f"would add: {finding.adds}", *finding.details, f"to get it: {finding.get}"]
        hung = "\n".join(hanging(" " * column, line, width) for line in lines)
        text.append("✓" if finding.found else "✗", style="green" if finding.found else "yellow")
        name = f" {finding.name}\n" + " " * (column - 1) if narrow else f" {finding.name}".ljust(column - 1)
        text.append(name + hung[column - narrow :] + "\n")
    text.rstrip()
    return text


def _pj(picojoules: float | None) -> str:
    if picojoules is None or isnan(picojoules):
        return NOTHING
    return quantity(picojoules * 1e-12, "J")


def difference_table(difference: Difference, causes: int = 8) -> RenderableType:
    """Two results side by side; below each figure what explains its difference, largest first.

    The last column is B over A for a figure, and for a cause its difference as a share of the figure in A.
    """
    a, b = difference.a.name, difference.b.name
    workloads = (difference.a.workload, difference.b.workload)
    seen = dict.fromkeys(line_of(each) for each in workloads if each is not None)
    settings = named_grid("", ("", a, b), ())
    for row in difference.settings:
        settings.add_row(*row)
    table = named_grid("", ("",), (a, b, "difference", ""))
    for figure in difference.figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}×"
        table.add_row(figure.name, *_amounts(figure, figure.a, figure.b), ratio, style="bold")
        largest, rest = shown(figure.causes, causes)
        for cause in largest + ([rest] if rest else []):
            share = f"{cause.difference / figure.a:+.1%}" if figure.a else ""
            table.add_row(f"  {cause.what}", *_amounts(figure, cause.a, cause.b), share)
    return Group(*map(Text, seen), settings, table)


def _amounts(figure: Figure, a: float | None, b: float | None) -> tuple[str, str, str]:
    scale, unit = (1e-12, "J") if figure.unit == "pJ" else (1.0, {"bytes": "B"}.get(figure.unit, figure.unit))
    change = None if a is None or b is None else b - a
    one, other, both = (NOTHING if v is None else quantity(v * scale, unit) for v in (a, b, change))
    return one, other, f"+{both}" if change and change > 0 else both
