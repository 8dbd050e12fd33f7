"""Loop nests as text."""

from __future__ import annotations

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping


def fused_text(mapping: FusedMapping) -> str:
    """The shared loops, and inside them the operators one after the other."""
    lines, depth = [], 0
    trips = dict(mapping.shared)
    for dimension, count in mapping.shared:
        if count > 1:
            lines.append("  " * depth + f"for {dimension.lower()} in {count}:  # shared")
            depth += 1
    if not mapping.dataflow.fused:
        lines.append("  " * depth + "# unfused: each operator runs all its loops before the next one")
    for position, (name, operator) in enumerate(mapping.operators):
        if position:
            lines.append("  " * depth + _softmax(mapping))
        lines.append("  " * depth + f"{name}:")
        lines += ["  " * (depth + 1) + line for line in nest_lines(operator, trips)]
    return "\n".join(lines)


def _softmax(mapping: FusedMapping) -> str:
    if mapping.dataflow.online:
        return "online softmax: in place on S; corrects O and each row's running max and sum"
    return "softmax: in place on S" if mapping.dataflow.fused else "softmax"


def nest_lines(mapping: OperatorMapping, shared: dict[str, int] | None = None) -> list[str]:
    """One line a loop, outermost first; trips of shared loops are left out."""
    lines: list[str] = []
    depth = 0
    for index, level in enumerate(mapping.levels):
        lines.append("  " * depth + f"[{level.level}]{_bypassed(level)}")
        last = dict(level.last_temporal)
        for dimension, factor in reversed(level.temporal):
            own = factor // (shared or {}).get(dimension, 1) if index == 0 else factor
            if own > 1:
                short = f"  # {last[dimension]} in the last turn" if dimension in last else ""
                lines.append("  " * depth + f"for {dimension.lower()} in {own}{short}")
                depth += 1
        last = dict(level.last_spatial)
        for axis, factors in (("x", level.spatial_x), ("y", level.spatial_y)):
            for dimension, factor in reversed(factors):
                if factor > 1:
                    short = f", {last[dimension]} in the last turn" if dimension in last else ""
                    lines.append("  " * depth + f"parallel {dimension.lower()} in {factor}  # {axis}{short}")
                    depth += 1
    lines.append("  " * depth + "multiply-accumulate")
    return lines


def _bypassed(level: LevelMapping) -> str:
    return f"  # passes {', '.join(sorted(level.bypass))} by" if level.bypass else ""
