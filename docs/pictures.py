"""The pictures of the pages, each drawn from what it shows; ``fill.py`` writes them, and a test compares.

A chart ends with the digest of its rows: how Altair's renderer draws them differs from version to version,
the rows do not.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flat_plugin as flat
from flat_plugin.report.extra_libraries import vega_lite
from flat_plugin.report.page.drawing import alone, drawing_of
from flat_plugin.report.page.hierarchy import hierarchy
from flat_plugin.report.page.masks import mask_drawing
from flat_plugin.report.page.theme import PALETTES, config

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
_LONG = {"seq": 4096, "softmax": "overlapped"}
_CORES = {"seq": 512, "softmax": "overlapped"}
_COLOURS = list(PALETTES["light"])
Rows = list[dict[str, Any]]


def causes() -> tuple[Rows, Any]:
    """Of the difference in latency between an unfused and a fused dataflow."""
    import altair as alt

    sides = (flat.estimate("bert-base", "edge", name, **_LONG) for name in ("base", "flat-r"))
    latency = flat.compare(*sides).figures[0]
    rows = [{"cause": each.what, "ms": round(1e3 * each.difference, 6)} for each in latency.causes]
    bars = alt.Chart(alt.Data(values=rows)).mark_bar().encode(
        x=alt.X("ms:Q", title="flat-r32 against base [ms]"),
        y=alt.Y("cause:N", sort=None, title=None),
        color=alt.condition("datum.ms < 0", alt.value(_COLOURS[2]), alt.value(_COLOURS[3])),
    )  # fmt: skip
    return rows, bars


def mapping() -> str:
    return drawing_of(flat.estimate("bert-base", "edge", "flat-r64", seq=512))


def cores() -> str:
    mapped = flat.estimate(
        "bert-base", EXAMPLES / "npu4.yaml", mapping=EXAMPLES / "npu4_mapping.yaml", **_CORES
    )
    return drawing_of(mapped)


def tiles() -> str:
    asked = {"seq": 1024, "mask": "causal,window=256", "dataflow": "flat-r128"}
    return alone(mask_drawing(flat.estimate("bert-base", "edge", **asked).to_dict(), "tiles"))


def chip() -> str:
    with tempfile.TemporaryDirectory() as name:
        axes = {
            "models": ["bert-base"],
            "architectures": [str(EXAMPLES / "npu4.yaml")],
            "dataflows": ["base"],
        }
        flat.run({"sweep": axes}, name, jobs=1)
        (run,) = flat.read_results(name).runs
    return alone(hierarchy(run.architecture))


def curve() -> tuple[Rows, Any]:
    """Speed-up against length, a line for each buffer: the figure of ``flat report --figures``."""
    import altair as alt

    with tempfile.TemporaryDirectory() as name:
        flat.run(EXAMPLES / "sweep.yaml", f"{name}/results", jobs=1)
        flat.write_figures(flat.read_results(f"{name}/results"), f"{name}/figures", formats=())
        chart = json.loads(Path(f"{name}/figures/speedup.vl.json").read_text(encoding="utf-8"))
    names = ("dataflow", "seq_tokens", "buffer_kib", "speedup")
    rows = [{key: _rounded(row[key]) for key in names} for row in chart["datasets"]["runs"]]
    return rows, alt.Chart.from_dict(chart)


def front() -> tuple[Rows, Any]:
    found = flat.pareto("bert-base", "edge", "footprint-traffic", seq=512)
    names = ("dataflow", "footprint_words", "dram_bytes")
    rows = [{key: _rounded(row[key]) for key in names} for row in found.to_frame().to_dict("records")]
    return rows, found.plot()


def decoding() -> tuple[Rows, Any]:
    """What a step of decoding fetches, by widths."""
    import altair as alt

    rows: Rows = []
    for widths in ("", "K=8,V=8", "K=8,V=8,W=4"):
        asked = {"seq": 4096, "queries": 1, "level": "model", "bits": widths or None}
        step = flat.estimate("llama-3-8b", "cloud", "base", **asked)
        moved = dict.fromkeys(("weights", "K", "V", "others"), 0.0)
        for tensor, traffic in step.traffic.items():
            kind = "weights" if tensor.endswith(".W") else tensor if tensor in moved else "others"
            moved[kind] += traffic.bytes(0, step.dram_word_bits) / 1e9
        rows += [
            {"widths": widths or "16 bits", "what": kind, "GB": _rounded(size)}
            for kind, size in moved.items()
        ]
    bars = alt.Chart(alt.Data(values=rows)).mark_bar().encode(
        x=alt.X("GB:Q", title="DRAM traffic of one step [GB]"),
        y=alt.Y("widths:N", sort=None, title=None),
        color=alt.Color("what:N", sort=None, title=None, scale=alt.Scale(range=_COLOURS)),
    )  # fmt: skip
    return rows, bars


def crossings() -> tuple[Rows, Any]:
    """The length from which fusing stops to pay, by the size of the buffer, as ``crossings.py`` recorded."""
    import altair as alt

    with (Path(__file__).parent / "crossings.csv").open(encoding="utf-8", newline="") as file:
        rows: Rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
    octaves = {
        "scale": alt.Scale(type="log", base=2, nice=False),
        "axis": alt.Axis(values=[256, 512, 1024, 2048]),
    }
    sizes = alt.X("buffer_kb:Q", title="buffer [KB]", **octaves)
    tokens = alt.Scale(type="log", base=2, nice=False, domain=[2048, 65536])
    lengths = alt.Y("stops:Q", title="tokens from which base-opt is better", scale=tokens)
    colour = _COLOURS[0]
    drawn = alt.Chart(alt.Data(values=rows)).mark_line(point={"color": colour}, color=colour)
    return rows, drawn.encode(x=sizes, y=lengths)


def _rounded(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


DRAWINGS: dict[str, Callable[[], str]] = {"mapping": mapping, "cores": cores, "tiles": tiles, "chip": chip}
CHARTS: dict[str, Callable[[], tuple[Rows, Any]]] = {
    **{"causes": causes, "curve": curve, "front": front, "decoding": decoding, "crossings": crossings}
}


def digest(rows: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def drawn(name: str) -> str:
    """A picture as SVG."""
    if name in DRAWINGS:
        return DRAWINGS[name]() + "\n"
    import vl_convert

    rows, chart = CHARTS[name]()
    described = chart.to_dict() | {"config": config("light") | {"background": "white"}}
    described.setdefault("width", 480)
    svg = vl_convert.vegalite_to_svg(described, vl_version=vega_lite("drawing pictures"))
    return f"{svg}\n<!-- rows: {digest(rows)} -->\n"
