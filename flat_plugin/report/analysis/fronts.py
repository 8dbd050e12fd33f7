"""Pareto fronts among runs that answer the same question: one workload, whatever runs it and how."""

from __future__ import annotations

from collections.abc import Sequence

from flat_plugin.report.analysis.columns import Row, Value

WORKLOAD = ("model", "seq_tokens", "query_tokens", "batch_sequences", "mask", "level")
FRONTS = {
    "on_front_energy_latency": ("latency_s", "energy_j"),
    "on_front_buffer_traffic": ("buffer_used_words", "dram_words"),
}


def with_fronts(rows: Sequence[Row]) -> list[dict[str, Value]]:
    """The rows, each with whether no other run of its workload is better in both figures of a front; None
    where a figure is not known."""
    answers = [dict(row) for row in rows]
    groups: dict[tuple[Value, ...], list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(tuple(row[name] for name in WORKLOAD), []).append(index)
    for name, (first, second) in FRONTS.items():
        for answer in answers:
            answer[name] = None
        for members in groups.values():
            known = [i for i in members if rows[i][first] is not None and rows[i][second] is not None]
            points = [(float(rows[i][first] or 0), float(rows[i][second] or 0)) for i in known]
            for index, best in zip(known, on_front(points), strict=True):
                answers[index][name] = best
    return answers


def on_front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which points no other point dominates: is at most as large in both and smaller in one."""
    best, limit, previous = [False] * len(points), float("inf"), (float("nan"), float("nan"))
    for index in sorted(range(len(points)), key=lambda i: points[i]):
        point = points[index]
        best[index] = point[1] < limit or point == previous
        if point[1] < limit:
            limit, previous = point[1], point
    return best
