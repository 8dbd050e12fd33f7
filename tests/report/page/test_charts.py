"""Charts as Vega-Lite: which field is on which channel, and of which data set."""

import pytest

from flat_plugin.report.analysis.fronts import WORKLOAD
from flat_plugin.report.page import charts

pytest.importorskip("altair")


def spec(build):
    return build().to_dict()


def layers(found):
    return {layer["mark"]["type"]: layer for layer in found["layer"]}


@pytest.mark.parametrize("by", ["component", "operator", "tensor"])
def test_bars_add_up_energies(by):
    found = spec(charts.energy_bars(by))
    assert found["data"] == {"name": "energy"} and found["mark"]["type"] == "bar"
    assert (found["encoding"]["x"]["aggregate"], found["encoding"]["x"]["field"]) == ("sum", "energy_j")
    assert found["encoding"]["color"]["field"] == by
    per_mac = spec(charts.energy_bars(by, "energy_pj_per_mac", "energy [pJ / MAC]"))["encoding"]["x"]
    assert (per_mac["field"], per_mac["title"]) == ("energy_pj_per_mac", "energy [pJ / MAC]")


def test_busy_times_with_a_ring_around_what_bounds():
    found = spec(charts.latency)
    tick, ring, points = found["layer"]
    assert tick["encoding"]["x"]["field"] == "latency_s"
    assert ring["transform"] == [{"filter": "datum.bound"}]
    assert points["encoding"]["x"]["scale"]["type"] == "log"
    assert found["data"]["name"] == "busy"


def test_limits_are_ticks_and_the_mapping_a_dot():
    found = spec(charts.limits)
    marks = [(layer["mark"]["type"], layer["transform"][0]["filter"]) for layer in found["layer"]]
    assert marks == [
        ("point", "datum.what == 'this mapping'"),
        ("tick", "datum.what == 'with this buffer'"),
        ("tick", "datum.what == 'compulsory'"),
    ]


def test_a_roof_for_each_machine():
    found = layers(spec(charts.roofline))
    assert found["line"]["encoding"]["detail"]["field"] == "machine"
    assert found["point"]["encoding"]["x"]["field"] == "macs_per_byte"
    assert found["point"]["encoding"]["y"]["field"] == "macs_per_cycle"


def test_fronts_join_what_nothing_beats():
    found = layers(spec(charts.front("latency_s", "latency [s]", "energy_j", "energy [J]", "on_front")))
    line, point = found["line"], found["point"]
    assert [step["filter"] for step in line["transform"]] == [
        "isValid(datum.latency_s) && isValid(datum.energy_j)",
        "datum.on_front",
    ]
    assert line["mark"]["interpolate"] == "step-after"
    assert [channel["field"] for channel in line["encoding"]["detail"]] == list(WORKLOAD)
    assert (point["encoding"]["x"]["field"], point["encoding"]["y"]["field"]) == ("latency_s", "energy_j")


def test_curves_have_a_line_for_each_question():
    found = layers(spec(charts.curve("buffer_kib", "buffer", "utilization", "utilisation", charts.MEBI)))
    axes = found["line"]["encoding"]
    assert axes["x"]["scale"]["base"] == 2 and axes["x"]["axis"]["labelExpr"] == charts.MEBI
    assert axes["y"]["scale"]["domain"] == [0, 1] and axes["y"]["axis"]["format"] == ".0%"
    assert axes["detail"]["field"] == "line"
    assert found["text"]["encoding"]["text"]["field"] == "end"


def test_lengths_have_a_place_each():
    axes = layers(spec(charts.curve("seq_tokens", "tokens", "speedup", "speed-up", charts.KILO)))["line"][
        "encoding"
    ]
    assert axes["x"]["type"] == "ordinal"
    assert axes["y"]["scale"]["zero"] is False
