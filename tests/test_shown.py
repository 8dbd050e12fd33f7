"""Results in a line, in print, in a notebook, as a frame and as a chart."""

import pkgutil
from dataclasses import replace
from importlib import import_module

import pytest
from small_documents import chain, dram, gemm, mac
from small_traces import ROW, written

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.shown import Shown

AXES = {"models": ["bert-base"], "seq": [512, 1024], "architectures": ["edge"]}
SWEEP = {"sweep": AXES | {"dataflows": ["base", "flat-r"]}}
LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")
SMALL = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")
ONE_BY_ONE = [{"target": "DRAM", "type": "temporal", "factors": "M=2 N=2 K=2"}]
CONDITION = {"until": "cycles <= 2 * limit", "values": "8,16", "dataflow": "flat-h"}
DESIGN = {
    "exploration": {
        **{"architecture": "edge", "axes": {"buffer_kb": [64, 128]}, "dataflows": ["flat-h"]},
        **{"workloads": [{"attention": "B=1,H=1,M=64,N=64,D=16"}], "objective": ["area", "edp"]},
    }
}
MAKERS = {
    "Estimate": lambda *_: flat.estimate("bert-base", "edge", "flat-r", seq=512),
    "Explanation": lambda *_: flat.explain("bert-base", "edge", "flat-r", seq=512),
    "SearchResult": lambda *_: flat.search("bert-base", "edge", seq=512, dataflow="flat-r64"),
    "SearchResults": lambda *_: flat.search_each("bert-base", "edge", ["base-opt", "flat-r64"], seq=512),
    "FrontResult": lambda *_: flat.pareto("bert-base", "edge", seq=512, dataflow=["flat-opt"]),
    "Difference": lambda *_: flat.compare("base", "flat-r", "bert-base", seq=512),
    "EnergyTable": lambda *_: flat.energy_table("edge"),
    "Architecture": lambda *_: flat.find_architecture("edge"),
    "Overview": lambda *_: flat.show("edge"),
    "Plan": lambda *_: flat.plan(SWEEP),
    "Work": lambda *_: flat.estimate(LAYER, "edge", "flat-h").operators["logit"],
    "FusedMapping": lambda *_: flat.estimate(LAYER, "edge", "flat-h").mapping,
    "OperatorResult": lambda *_: flat.evaluate_mapping(chain(dram(), mac()), gemm(2, 2, 2), ONE_BY_ONE),
    "TraceEstimate": lambda folder: flat.estimate_trace(written(folder, ROW)),
    "Verdict": lambda *_: flat.check(flat.search(SMALL, dataflow="flat-opt").certificate()),
    "BatchResult": lambda folder: flat.run(SWEEP, folder, jobs=1),
    "Results": lambda folder: flat.read_results(flat.run(SWEEP, folder, jobs=1).output),
    "Run": lambda folder: flat.read_results(flat.run(SWEEP, folder, jobs=1).output).runs[0],
    "Reproduction": lambda *_: flat.reproduce("footprint", "ours", jobs=1),
    "Validation": lambda folder: flat.validate(_published(folder), "fusemax"),
    "ExploreResult": lambda *_: flat.explore(DESIGN, jobs=1),
    "Chip": lambda *_: flat.explore(DESIGN, jobs=1).front[0],
    "Solution": lambda *_: flat.solve("buffer_kb", SMALL, **CONDITION),
    "Curve": lambda *_: flat.solve_over("dram_gb_per_s", "25,50", "buffer_kb", SMALL, **CONDITION),
}
NO_ROWS = {"Architecture", "FusedMapping", "Overview"}
NO_CHART = {*NO_ROWS, "Chip", "OperatorResult", "Plan", "Reproduction", "Run", "Validation", "Verdict"}


def _published(folder):
    (folder / "fusemax_attn_onepass.csv").write_text("model,seq_len,traffic,latency\nXLM,2K,1e9,1\n")
    return folder


@pytest.fixture(scope="module", params=MAKERS)
def shown(request, tmp_path_factory):
    return MAKERS[request.param](tmp_path_factory.mktemp("shown"))


@pytest.fixture(scope="module")
def answer():
    return MAKERS["Estimate"]()


def test_a_repr_is_one_short_line(shown):
    line = repr(shown)
    assert line.startswith(f"<{type(shown).__name__} ") and "\n" not in line and len(line) <= 200


def test_every_kind_of_result_is_among_them():
    for module in pkgutil.walk_packages(flat.__path__, "flat_plugin."):
        if ".plug_in." not in module.name:
            import_module(module.name)
    assert {kind.__name__ for kind in Shown.__subclasses__()} == set(MAKERS)


def test_frames_and_charts_of_all_that_have_rows(shown):
    pytest.importorskip("altair")
    name = type(shown).__name__
    for show, without in ((shown.to_frame, NO_ROWS), (shown.plot, NO_CHART)):
        if name in without:
            with pytest.raises(FlatError, match="nothing to show in rows|no chart shows this"):
                show()
        else:
            assert show() is not None


def test_print_and_notebooks_show_it(shown):
    assert str(shown) and "object at" not in str(shown)
    assert (str(shown) == repr(shown)) == (type(shown).__name__ in {"Architecture", "Chip", "Run", "Work"})
    assert shown._repr_html_().startswith("<p><b>&lt;")


def test_print_is_what_the_command_prints(answer):
    from typer.testing import CliRunner

    from flat_plugin.cli import app

    asked = ["estimate", "--model", "bert-base", "--seq", "512", "--dataflow", "flat-r"]
    printed = CliRunner().invoke(app, asked, env={"COLUMNS": "100"}).output
    assert [line.rstrip() for line in printed.strip("\n").splitlines()] == str(answer).splitlines()


def test_a_long_line_is_cut_with_a_sign_of_it(answer):
    line = repr(replace(answer, model="m" * 400))
    assert len(line) == 200 and line.endswith("…>")


def test_markup_in_a_name_is_text_in_a_notebook(answer):
    assert "<script>" not in replace(answer, model="<script>")._repr_html_()


def test_frames_hold_the_numbers(answer):
    pytest.importorskip("pandas")
    assert answer.to_frame()["energy_pj"].sum() == pytest.approx(answer.energy_pj)
    found = MAKERS["Difference"]()
    causes = found.to_frame()
    for figure in found.figures:
        total = causes[causes.figure == figure.name].difference.sum()
        assert total == pytest.approx(figure.difference, abs=1e-9 * figure.a)
    points = MAKERS["FrontResult"]()
    assert points.to_frame()["dram_bytes"].tolist() == [e.dram_bytes for _, e in points.points]
    assert len(MAKERS["Plan"]().to_frame()) == 4
    table = MAKERS["EnergyTable"]()
    assert len(table.to_frame()) == sum(len(part.actions) for part in table.components.values())


def test_a_batch_shows_itself(tmp_path):
    pytest.importorskip("altair")
    flat.run(SWEEP, tmp_path, jobs=1)
    results = flat.read_results(tmp_path)
    assert repr(results) == "<Results 4 runs>"
    assert results.to_frame()["latency_s"].tolist() == [run.seconds for run in results.runs]
    assert results.plot().to_dict()["mark"]["type"] == "point"


def test_charts_draw_the_rows(answer):
    pytest.importorskip("altair")
    rows = answer.plot().to_dict()["data"]["values"]
    assert sum(row["energy_pj"] for row in rows) == pytest.approx(answer.energy_pj)
    with pytest.raises(FlatError, match="no chart shows this: Plan"):
        MAKERS["Plan"]().plot()


def test_inverse_questions_are_drawn_along_their_unknown():
    pytest.importorskip("altair")
    asked = {"workload": "bert-base", "values": [128, 256], "until": "base.cycles > 1.5 * flat-r.cycles"}
    drawn = flat.solve("seq", **asked).plot().to_dict()
    rows = {(row["seq"], row["figure"]): row["value of the figure"] for row in drawn["data"]["values"]}
    assert {name for _, name in rows} == {"base.cycles", "flat-r.cycles"}
    assert rows[256, "base.cycles"] == pytest.approx(
        flat.estimate("bert-base", "edge", "base", seq=256).cycles
    )
    assert drawn["encoding"]["x"]["scale"]["type"] == "log"
    curve = flat.solve_over("pes", [[16, 16], [32, 32]], "seq", **asked).plot().to_dict()
    assert [row["pes"] for row in curve["data"]["values"]] == ["16×16", "32×32"]
    assert curve["encoding"]["y"]["field"] == "first seq"


def test_what_has_no_rows_is_said():
    pytest.importorskip("pandas")
    with pytest.raises(FlatError, match="nothing to show in rows: <Architecture edge"):
        MAKERS["Architecture"]().to_frame()


def test_dir_and_help_show_every_public_name():
    assert dir(flat) == sorted(flat.__all__)
    assert all(name in (flat.__doc__ or "") for name in flat.__all__)


def test_text_is_text_in_a_notebook_and_where_colours_are_forced(monkeypatch, capsys):
    estimate = flat.estimate("bert-base", "edge", "base", seq=512)
    plain = str(estimate)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert str(estimate) == plain and "cycles" in plain and "\x1b" not in plain
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("front", ["footprint-traffic", "energy-latency"])
def test_a_front_is_drawn_over_its_own_two_figures(front):
    pytest.importorskip("altair")
    found = flat.pareto("bert-base", "edge", front, seq=128)
    drawn = found.plot().to_dict()["encoding"]
    columns = {
        "footprint": "footprint_words",
        "traffic": "dram_bytes",
        "energy": "energy_pj",
        "latency": "latency_s",
    }
    assert [drawn[axis]["field"] for axis in "xy"] == [columns[name] for name in front.split("-")]


def test_figures_of_different_units_have_scales_of_their_own():
    pytest.importorskip("altair")
    drawn = MAKERS["Difference"]().plot().to_dict()
    assert drawn["resolve"]["scale"] == {"x": "independent", "y": "independent"}
    assert "row" in drawn["encoding"]
