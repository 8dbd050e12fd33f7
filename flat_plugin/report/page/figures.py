"""The charts of a report, and which of them its runs can fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flat_plugin.report.analysis.columns import Row
from flat_plugin.report.page.charts import (
    KILO,
    MEBI,
    Chart,
    curve,
    energy_bars,
    front,
    latency,
    limits,
    roofline,
)


@dataclass(frozen=True)
class Figure:
    """One chart. ``group`` are figures that share a place on the page and ``tab`` its name there.

    ``data`` is ``runs`` (one row a run) or a data set of :mod:`flat_plugin.report.page.chart_rows`.
    ``varies`` is a column that must differ between runs for the chart to say anything, ``needs`` one
    in which some run must have a figure. Bars add up ``field`` ``by`` a part of the run; lines are of the
    columns ``line`` (x, y).
    """

    name: str
    group: str
    tab: str
    question: str
    data: str
    build: Callable[[], Chart]
    varies: str = ""
    needs: str = ""
    by: str = ""
    field: str = ""
    line: tuple[str, str] = ("", "")

    def to_dict(self) -> dict[str, str]:
        """What the page needs to draw it itself."""
        return {"question": self.question, "data": self.data, "by": self.by, "field": self.field}


_ENERGY = "Where does the energy go?"
_UTIL = "How large a buffer, how much bandwidth does the array need?"
_GAIN = "What does it gain over the baseline?"
_PARETO = "Which runs are unbeaten?"
FIGURES: tuple[Figure, ...] = (
    Figure(
        "speedup",
        _GAIN,
        "speed-up",
        "Latency of the baseline over that of the run, against the length of the sequence.",
        "runs",
        curve("seq_tokens", "tokens", "speedup", "speed-up [×]", KILO),
        "speedup",
        line=("seq_tokens", "speedup"),
    ),
    Figure(
        "energy-ratio",
        _GAIN,
        "energy",
        "Energy of the run over that of the baseline: below 1 is a saving.",
        "runs",
        curve("seq_tokens", "tokens", "energy_ratio", "energy / baseline's [×]", KILO),
        "energy_ratio",
        line=("seq_tokens", "energy_ratio"),
    ),
    Figure(
        "energy-per-mac",
        _ENERGY,
        "per MAC",
        "Energy per multiply-accumulate, by component, so that runs of different sizes can be compared.",
        "energy",
        energy_bars("component", "energy_pj_per_mac", "energy [pJ / MAC]"),
        needs="energy_j",
        by="component",
        field="energy_pj_per_mac",
    ),
    Figure(
        "energy-by-component",
        _ENERGY,
        "component",
        "Energy of each run by component.",
        "energy",
        energy_bars("component"),
        needs="energy_j",
        by="component",
        field="energy_j",
    ),
    Figure(
        "energy-by-operator",
        _ENERGY,
        "operator",
        "Energy of each run by operator.",
        "energy",
        energy_bars("operator"),
        needs="energy_j",
        by="operator",
        field="energy_j",
    ),
    Figure(
        "energy-by-tensor",
        _ENERGY,
        "tensor",
        "Energy of each run by the tensor that moves; compute and leakage move none.",
        "energy",
        energy_bars("tensor"),
        needs="energy_j",
        by="tensor",
        field="energy_j",
    ),
    Figure(
        "latency-by-resource",
        "What does the latency wait for?",
        "",
        "Busy time of each resource. A ring marks the resource (or the chain of two) that bounds the "
        "latency; the tick is the latency.",
        "busy",
        latency,
    ),
    Figure(
        "dram-against-limits",
        "How far is the traffic from the physical limit?",
        "",
        "DRAM words of an attention layer, beside what must move with any buffer and what must "
        "move with this one, however it is tiled.",
        "limits",
        limits,
    ),
    Figure(
        "roofline",
        "Which operators does the bandwidth hold back?",
        "",
        "Each operator by itself, and all together, below the roof of its machine.",
        "roofline",
        roofline,
    ),
    Figure(
        "pareto-energy-latency",
        _PARETO,
        "energy, latency",
        "Lines join the runs of one workload that no other run of it beats in both.",
        "runs",
        front("latency_s", "latency [s]", "energy_j", "energy [J]", "on_front_energy_latency"),
        needs="energy_j",
    ),
    Figure(
        "pareto-buffer-traffic",
        _PARETO,
        "buffer, traffic",
        "Buffer that the mapping fills against the DRAM words it moves.",
        "runs",
        front(
            "buffer_used_words",
            "buffer used [words]",
            "dram_words",
            "DRAM traffic [words]",
            "on_front_buffer_traffic",
        ),
    ),
    Figure(
        "utilisation-by-buffer",
        _UTIL,
        "buffer",
        "Utilisation of the array against the size of the buffer.",
        "runs",
        curve("buffer_kib", "buffer", "utilization", "utilisation", MEBI),
        "buffer_kib",
        line=("buffer_kib", "utilization"),
    ),
    Figure(
        "utilisation-by-bandwidth",
        _UTIL,
        "bandwidth",
        "Utilisation of the array against the bandwidth of DRAM.",
        "runs",
        curve("dram_gb_per_s", "DRAM bandwidth [GB/s]", "utilization", "utilisation"),
        "dram_gb_per_s",
        line=("dram_gb_per_s", "utilization"),
    ),
)


def figures(rows: Sequence[Row]) -> list[Figure]:
    """The figures that these runs have something to say for, in the order of the page."""
    return [
        figure
        for figure in FIGURES
        if (not figure.varies or _differs(rows, figure.varies))
        and (not figure.needs or any(row.get(figure.needs) is not None for row in rows))
    ]


def specification(figure: Figure, data: Mapping[str, Sequence[Row]] | None = None) -> dict[str, Any]:
    """Vega-Lite, with the data sets inside where they are given."""
    spec: dict[str, Any] = figure.build().to_dict()
    spec.pop("config", None)
    return spec | {"datasets": dict(data)} if data else spec


def _differs(rows: Sequence[Row], name: str) -> bool:
    return len({row.get(name) for row in rows if row.get(name) is not None}) > 1
