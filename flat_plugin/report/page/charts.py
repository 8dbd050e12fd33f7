"""Builders of charts, each an Altair specification over a named data set.

The page fills the data sets with the runs that are shown; files are drawn with all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flat_plugin.report.analysis.fronts import WORKLOAD
from flat_plugin.report.extra_libraries import need

Chart = Any  # altair.Chart or LayerChart; Altair is an extra and may not be here


def _altair() -> Any:
    return need("altair", "drawing charts")


def _named(data: str, height: int | None = None) -> Chart:
    alt = _altair()
    size = alt.Step(17) if height is None else height
    return alt.Chart(alt.NamedData(data)).properties(width="container", height=size)


def _runs_axis() -> Any:
    """Runs down the page, in the order of the table."""
    alt = _altair()
    return alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=330, grid=False))


def _logarithmic(channel: str, field: str, title: str) -> Any:
    """A channel, X or Y, with a logarithmic scale; lines without a label are faint."""
    alt = _altair()
    faint = alt.condition("datum.label != ''", alt.value(1), alt.value(0.25))
    scale = alt.Scale(type="log", nice=False, padding=12)
    return getattr(alt, channel)(
        field, title=title, scale=scale, axis=alt.Axis(format="~s", gridOpacity=faint)
    )


def energy_bars(by: str, field: str = "energy_j", title: str = "energy [J]") -> Callable[[], Chart]:
    def build() -> Chart:
        alt = _altair()
        total = f"sum({field}):Q"
        return (
            _named("energy")
            .mark_bar()
            .encode(
                y=_runs_axis(),
                x=alt.X(total, title=title, axis=alt.Axis(format="~s")),
                color=alt.Color(f"{by}:N", title=by),
                tooltip=["label:N", f"{by}:N", alt.Tooltip(total, title=title, format=".4s")],
            )
        )

    return build


def latency() -> Chart:
    """Busy time of each resource; the ring is what the latency waits for, the bar the latency."""
    alt = _altair()
    base = _named("busy").encode(y=_runs_axis())
    points = base.mark_point(size=70, filled=True, opacity=0.95).encode(
        x=_logarithmic("X", "busy_s:Q", "time [s]"),
        color=alt.Color("component:N", title="resource"),
        shape=alt.Shape("component:N", title="resource"),
        tooltip=[
            "label:N",
            "component:N",
            alt.Tooltip("busy_s:Q", title="busy [s]", format=".4s"),
            alt.Tooltip("latency_s:Q", title="latency [s]", format=".4s"),
            alt.Tooltip("bound:N", title="bounds the latency"),
        ],
    )
    rings = base.mark_point(size=210, strokeWidth=1.8, color="#888").encode(x="busy_s:Q")
    ticks = base.mark_tick(height=15).encode(x="latency_s:Q")
    return alt.layer(ticks, rings.transform_filter("datum.bound"), points)


def limits() -> Chart:
    """The mapping's words as a dot, the limits as ticks."""
    alt = _altair()
    kinds = ["this mapping", "with this buffer", "compulsory"]
    base = _named("limits").encode(
        y=_runs_axis(),
        x=_logarithmic("X", "dram_bytes:Q", "DRAM traffic [bytes]"),
        color=alt.Color("what:N", title=None, scale=alt.Scale(domain=kinds)),
        tooltip=["label:N", "what:N", alt.Tooltip("dram_bytes:Q", title="bytes", format=",")],
    )
    return alt.layer(
        base.mark_point(size=75, filled=True).transform_filter(f"datum.what == '{kinds[0]}'"),
        base.mark_tick(height=15, thickness=3).transform_filter(f"datum.what == '{kinds[1]}'"),
        base.mark_tick(height=8, thickness=3).transform_filter(f"datum.what == '{kinds[2]}'"),
    )


def roofline() -> Chart:
    """Operators (an operator's own time) and the whole, below the machine's roof."""
    alt = _altair()
    x = _logarithmic("X", "macs_per_byte:Q", "operational intensity [MACs / DRAM byte]")
    y = _logarithmic("Y", "macs_per_cycle:Q", "MACs / cycle")
    base = _named("roofline", 360)
    roof = (
        base.transform_filter("datum.kind == 'roof'")
        .transform_aggregate(groupby=["machine", "macs_per_byte", "macs_per_cycle"])
        .mark_line(strokeWidth=1.5, color="#888")
        .encode(x=x, y=y, detail="machine:N", tooltip=["machine:N"])
    )
    points = (
        base.transform_filter("datum.kind == 'point'")
        .mark_point(size=80, filled=True, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=alt.Color("dataflow:N", title="dataflow"),
            shape=alt.Shape("operator:N", title="operator"),
            tooltip=[
                "label:N",
                "operator:N",
                alt.Tooltip("macs_per_byte:Q", title="MACs/byte", format=".4~f"),
                alt.Tooltip("macs_per_cycle:Q", title="MACs/cycle", format=".4~f"),
            ],
        )
    )
    return alt.layer(roof, points)


def front(x: str, x_title: str, y: str, y_title: str, flag: str) -> Callable[[], Chart]:
    """Runs as points; those of a workload that nothing beats are joined."""

    def build() -> Chart:
        alt = _altair()
        whole = _named("runs", 360).transform_filter(f"isValid(datum.{x}) && isValid(datum.{y})")
        base = whole.encode(x=_logarithmic("X", f"{x}:Q", x_title), y=_logarithmic("Y", f"{y}:Q", y_title))
        lines = (
            base.transform_filter(f"datum.{flag}")
            .mark_line(interpolate="step-after", strokeWidth=1, opacity=0.6, color="#888")
            .encode(detail=[f"{name}:N" for name in WORKLOAD], order=alt.Order(f"{x}:Q"))
        )
        points = base.mark_point(size=60, filled=True).encode(
            color=alt.Color("dataflow:N", title="dataflow"),
            shape=alt.Shape("architecture:N", title="architecture"),
            opacity=alt.condition(f"datum.{flag}", alt.value(1.0), alt.value(0.4)),
            tooltip=_tooltip((x, x_title), (y, y_title)),
        )
        return alt.layer(lines, points)

    return build


def curve(x: str, x_title: str, y: str, y_title: str, labels: str = "") -> Callable[[], Chart]:
    """A figure against a size: a line for each dataflow and question, named where it ends. A share has 0 to
    100 %."""

    def build() -> Chart:
        alt = _altair()
        share = y == "utilization"
        axis = alt.Axis(labelExpr=labels, labelAngle=0) if labels else alt.Axis(format="~s")
        octaves = alt.Scale(type="log", base=2, padding=16, nice=False)
        lengths = x == "seq_tokens"  # few, and doubling: each has its place
        size = (
            alt.X(f"{x}:O", title=x_title, axis=axis)
            if lengths
            else alt.X(f"{x}:Q", title=x_title, axis=axis, scale=octaves)
        )
        base = _named("runs", 320).encode(
            x=size,
            y=alt.Y(
                f"{y}:Q",
                title=y_title,
                axis=alt.Axis(format=".0%") if share else alt.Axis(format="~g"),
                scale=alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=False, padding=10),
            ),
            color=alt.Color("dataflow:N", title="dataflow"),
        )
        lines = base.mark_line(strokeWidth=1.5).encode(detail="line:N", order=alt.Order(f"{x}:Q"))
        points = base.mark_point(size=60, filled=True, opacity=0.9).encode(
            shape=alt.Shape("architecture:N", title="architecture"),
            tooltip=_tooltip((x, x_title), (y, y_title)),
        )
        ends = base.transform_filter("datum.end").mark_text(align="left", dx=8, fontSize=10)
        return alt.layer(lines, points, ends.encode(text="end:N", color=alt.value("#5b6675")))

    return build


KILO = "datum.value >= 1024 ? format(datum.value / 1024, '~g') + 'K' : datum.value"
MEBI = "datum.value >= 1024 ? format(datum.value / 1024, '~g') + ' MiB' : format(datum.value, '~g') + ' KiB'"


def _tooltip(*fields: tuple[str, str]) -> list[Any]:
    alt = _altair()
    return ["label:N", *(alt.Tooltip(f"{name}:Q", title=title, format=".4~g") for name, title in fields)]
