"""Results of searches as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.mapspace.declared_space import Space
from flat_plugin.mapspace.result import FrontResult, SearchResult, SearchResults, figure
from flat_plugin.model.estimate import Estimate
from flat_plugin.report.quantity import apart
from flat_plugin.report.terminal.grid import grid
from flat_plugin.report.terminal.tables import comparison, understood

_COUNTED = {"latency": "cycles", "footprint": "words"}


def search_table(found: SearchResults, proof: bool = False) -> RenderableType:
    """Each family's best side by side, then the best of them: its nest and what it is the best of.

    Args:
        proof: with the spaces and why nothing else in them is better; else a line of it.
    """
    answers = [
        found.results[name].estimate if name in found.results else (name, found.refused[name])
        for name in found.names
        if name not in found.unreached
    ]
    best = found.best
    lines = [
        f"Best by {best.objective}: {best.mapping.dataflow.name}{_how(best.mapping.staged)}",
        *_interrupted(found),
    ]
    if found.fused_over_unfused is not None:
        lines.append(f"Best fused over best unfused {best.objective}: {found.fused_over_unfused:.3f}×")
    return Group(
        comparison(answers, found.unreached),
        Text("\n".join([*lines, *found.remarks, ""]), style="bold"),
        Text(fused_text(best.mapping)),
        Text(""),
        *_proofs({name: _Proof.of(each) for name, each in found.results.items()}, proof),
    )


def best_table(best: SearchResult) -> RenderableType:
    """One family's best, its nest, and what it is the best of."""
    return Group(
        comparison([best.estimate]),
        *map(Text, _not_proven(best)),
        Text(fused_text(best.mapping)),
        Text(""),
        *_proofs({"": _Proof.of(best)}, False),
    )


def front_table(front: FrontResult, proof: bool = False) -> RenderableType:
    """The points of a front, by its first metric; ``proof`` as for :func:`search_table`."""
    table = grid()
    for name in (*front.metrics, "dataflow", "shared", "staged"):
        table.add_column(name, justify="right" if name in front.metrics else "left")
    columns = [_column(name, [estimate for _, estimate in front.points]) for name in front.metrics]
    for (mapping, _), *figures in zip(front.points, *columns, strict=True):
        shared = " ".join(f"{d.lower()}{n}" for d, n in mapping.trips if n > 1)
        staged = "".join(t for t in "QKSVO" if t in mapping.staged)
        table.add_row(*figures, mapping.dataflow.name, shared, staged)
    stopped = [] if front.proven else [Text("Interrupted: the points so far, not proven.")]
    head = understood(front.points[0][1]) if front.points else []
    return Group(*head, table, *stopped, *_proofs({"": _Proof.of(front)}, proof))


def _column(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """A figure of each, with as many digits as tell the points of a front apart."""
    if name == "traffic":
        return apart([estimate.dram_bytes for estimate in estimates], "B")
    values = [figure(each, name) for each in estimates]
    if name == "energy":
        return apart([1e-12 * value for value in values], "J")
    exact = 0 if len({round(value) for value in values}) == len({*values}) else 1
    return [f"{value:,.{exact}f} {_COUNTED[name]}" for value in values]


def _interrupted(found: SearchResults) -> list[str]:
    """What is not proven because Ctrl-C came before the proof, family by family."""
    parts = [
        f"{name} the best so far, {_gap(result)}"
        for name, result in found.results.items()
        if result.interrupted
    ]
    parts += [f"{name} not reached" for name in found.unreached]
    return [f"Interrupted, not proven: {'; '.join(parts)}."] if parts else []


def _not_proven(result: SearchResult) -> list[str]:
    return [f"Interrupted: the best so far, not proven, {_gap(result)}."] if result.interrupted else []


def _gap(result: SearchResult) -> str:
    """How far the optimum of a family may be, rounded up."""
    what, gap = result.objective, result.gap
    if gap is None:
        return f"and no bound of its {what} is known"
    if gap >= 1:
        return f"at most {ceil(100 * (1 + gap)) / 100:,.2f}× the least {what}"
    return f"within {ceil(1000 * gap) / 1000:.1%} of the least {what}"


def _how(stage: frozenset[str]) -> str:
    return f", {', '.join(t for t in 'QKSVO' if t in stage)} held on chip" if stage else ""


@dataclass(frozen=True)
class _Proof:
    """What a result is the best of."""

    space: Space
    proven: bool
    among: str
    gap: float = 0.0

    @staticmethod
    def of(found: SearchResult | FrontResult) -> _Proof:
        because = f": {found.perfect_because}" if found.perfect_because else ""
        gap = found.gap or 0.0 if isinstance(found, SearchResult) else 0.0
        return _Proof(found.space, found.proven, f"{found.factors} factors{because}", gap)

    def __str__(self) -> str:
        if not self.space.size:
            return f"not proven; interrupted before the space was counted, {self.among}"
        best = f"within {self.gap:.1%} of the best of" if self.gap else "the best of"
        best = best if self.proven else "the best found, not proven, of"
        return f"{best} {_size(self.space)}, {self.among}; {self.space.evaluated:,} evaluated"


def _proofs(proofs: Mapping[str, _Proof], whole: bool) -> list[Text]:
    if whole:
        return [_space(proof) for proof in proofs.values()]
    lines = [f"{name}: {proof}".removeprefix(": ") for name, proof in proofs.items()]
    more = "`flat search --proof` prints the spaces, and why nothing else in them is better."
    return [Text("\n".join([*lines, more]))]


def _size(space: Space) -> str:
    size = f"{space.size:.3e}" if space.size > 10**9 else f"{space.size:,}"
    return f"{size} mapping" if space.size == 1 else f"{size} mappings"


def _space(proof: _Proof) -> Text:
    space = proof.space
    if not space.size:
        return Text(f"{proof}\n")
    others = "the others cannot be better:" if proof.proven else "no proof that the others are not better:"
    lines = ["Space: " + line for line in space.declaration]
    lines.append(f"{_size(space)}, {proof.among}, {space.evaluated:,} evaluated; {others}")
    return Text("\n".join([*lines, *("  - " + reason for reason in space.reasons), ""]))
