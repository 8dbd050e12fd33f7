"""Loop nests as text."""

from __future__ import annotations

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping


def fused_text(mapping: FusedMapping) -> str:
    """The shared loops, and inside them the operators one after the other."""
    lines: list[str] = []
    depth = 0
    for level, dimension, count, unrolled in mapping.loops():
        if count > 1:
            where = "" if level == mapping.levels[0] else f" at {level}"
            loop = f"parallel {dimension.lower()} in" if unrolled else f"for {dimension.lower()} in"
            below = f" below {level}" if unrolled else where
            lines.append("  " * depth + f"{loop} {count}:  # shared{below}")
            depth += 1
    if not mapping.dataflow.fused:
        lines.append("  " * depth + "# unfused: each operator runs all its loops before the next one")
    for position, (name, operator) in enumerate(mapping.operators):
        if position:
            lines.append("  " * depth + _softmax(mapping))
        lines.append("  " * depth + f"{name}:")
        lines += ["  " * (depth + 1) + line for line in nest_lines(operator, mapping)]
    return "\n".join(lines)


def _softmax(mapping: FusedMapping) -> str:
    where = "" if mapping.scores < 2 else f" in {mapping.levels[mapping.scores]}"
    if mapping.dataflow.online:
        return f"online softmax: in place on S{where}; corrects O and each row's running max and sum"
    return f"softmax: in place on S{where}" if mapping.dataflow.fused else "softmax"


def nest_lines(mapping: OperatorMapping, fused: FusedMapping | None = None) -> list[str]:
    """One line a loop, outermost first; shared loops are left out."""
    lines: list[str] = []
    depth = 0
    for index, level in enumerate(mapping.levels):
        lines.append("  " * depth + f"[{level.level}]{_bypassed(level)}")
        shared = dict(fused.at(index).temporal) if fused else {}
        last = dict(level.last_temporal)
        for dimension, factor in reversed(level.temporal):
            own = factor // shared.get(dimension, 1)
            if own > 1:
                short = f"  # {last[dimension]} in the last turn" if dimension in last else ""
                lines.append("  " * depth + f"for {dimension.lower()} in {own}{short}")
                depth += 1
        together = dict(fused.at(index).spatial) if fused else {}
        last = dict(level.last_spatial)
        for axis, factors in (("x", level.spatial_x), ("y", level.spatial_y)):
            for dimension, factor in _own(factors, together):
                short = f", {last[dimension]} in the last turn" if dimension in last else ""
                lines.append("  " * depth + f"parallel {dimension.lower()} in {factor}  # {axis}{short}")
                depth += 1
    lines.append("  " * depth + "multiply-accumulate")
    return lines


def _own(factors: Factors, shared: dict[str, int]) -> Factors:
    """Unrolled loops that are not shared, outermost first."""
    return tuple((d, n) for d, n in reversed(factors) if n > 1 and shared.get(d) != n)


def _bypassed(level: LevelMapping) -> str:
    return f"  # bypasses {', '.join(sorted(level.bypass))}" if level.bypass else ""
