"""The page read back without a browser: every number in it is the one in ``result.json``."""

import base64
import gzip
import json
import re
import sys
from dataclasses import replace
from importlib.resources import files

import pytest

from flat_plugin import FlatError
from flat_plugin.report.analysis.baseline import Baseline
from flat_plugin.report.page.html import SCRIPTS
from flat_plugin.report.read.results import Results, Run
from flat_plugin.report.write import write_figures, write_page


@pytest.fixture(scope="module")
def html(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(results, path)
    return path.read_text(encoding="utf-8")


def embedded(html, name):
    return re.search(rf'<script id="{name}"[^>]*>(.*?)</script>', html, re.S)[1].strip()


def unpacked(text):
    return json.loads(gzip.decompress(base64.b64decode(text)))


@pytest.fixture(scope="module")
def table(html):
    values = unpacked(embedded(html, "packed-runs"))["values"]
    return {run: {name: column[i] for name, column in values.items()} for i, run in enumerate(values["run"])}


@pytest.fixture(scope="module")
def details(html):
    chunks = json.loads(embedded(html, "packed-details"))
    return {one["document"]["run"]: one for chunk in chunks for one in unpacked(chunk)}


def test_every_run_is_there_with_its_whole_result(details, documents):
    assert set(details) == set(documents)
    for name, one in details.items():
        assert one["document"] == {key: value for key, value in documents[name].items() if key != "mapping"}


def test_every_number_of_the_table_is_that_of_the_result(table, documents):
    for name, row in table.items():
        document = documents[name]
        estimate, cycle = document["estimate"], document["architecture"]["cycle_seconds"]
        words = [t["dram_reads"] + t["dram_writes"] for t in estimate["tensors"].values()]
        assert row["cycles"] == estimate["cycles"]
        assert row["latency_s"] == estimate["seconds"] == pytest.approx(estimate["cycles"] * cycle)
        assert row["energy_pj"] == estimate["energy_pj"]
        assert row["energy_j"] == estimate["energy_pj"] * 1e-12
        assert row["utilization"] == estimate["utilization"]
        assert row["dram_words"] == sum(words)
        assert row["bound"] == estimate["bound"]
        assert row["seq_tokens"] == document["inputs"]["seq"]
        assert row["buffer_used_words"] == estimate["capacity"]["words"]
        assert row["buffer_words"] == document["architecture"]["memories"][1]["capacity_words"]


def test_the_charts_draw_the_numbers_of_the_results(details, documents):
    for name, one in details.items():
        estimate, cycle = documents[name]["estimate"], documents[name]["architecture"]["cycle_seconds"]
        energies = [row["energy_j"] for row in one["charts"]["energy"]]
        assert sum(energies) == pytest.approx(estimate["energy_pj"] * 1e-12, rel=1e-12)
        for row in one["charts"]["busy"]:
            assert row["busy_s"] == estimate["components"][row["component"]]["busy_cycles"] * cycle
            assert row["bound"] == (row["component"] in estimate["bound"].split(" + "))
        for row in one["charts"]["limits"]:
            key = {
                "compulsory": "compulsory_dram_words",
                "with this buffer": "best_tiling_dram_words",
            }
            if row["what"] in key:
                assert row["dram_words"] == estimate["limits"][key[row["what"]]]
        for row in one["charts"]["roofline"]:
            if row["kind"] == "point" and row["operator"] in estimate["operators"]:
                operator = estimate["operators"][row["operator"]]
                assert row["macs_per_cycle"] == operator["computes"] / operator["cycles"]


def test_no_point_is_above_the_roof(details):
    for one in details.values():
        rows = one["charts"]["roofline"]
        _, ridge, _ = [row for row in rows if row["kind"] == "roof"]
        for row in (row for row in rows if row["kind"] == "point"):
            slope = ridge["macs_per_cycle"] * row["macs_per_byte"] / ridge["macs_per_byte"]
            assert row["macs_per_cycle"] <= min(ridge["macs_per_cycle"], slope) * 1.0001


def test_it_is_one_file_that_asks_for_no_other(html):
    head = html[: html.index("packed-runs")]
    assert not re.search(r'(src|href)="(?!#)', head)
    assert len(html) < 1e6


def test_the_page_needs_no_library_of_charts(results, tmp_path, monkeypatch):
    for name in ("altair", "vl_convert", "pandas", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    write_page(results, tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 1e4


def test_the_scripts_are_those_of_the_folder():
    folder = files("flat_plugin.report.page") / "web"
    every = {p.name for p in folder.iterdir() if p.name.endswith(".js")}
    assert {f"{name}.js" for name in SCRIPTS} == every - {"exploration.js"}  # of a page of its own


def test_failed_runs_are_listed_with_their_reasons(html, results):
    assert html.count("flat-h does not fit: GlobalBuffer") == 2  # each for two runs
    assert "<code>torn</code>" in html


def test_a_name_cannot_smuggle_markup(results, tmp_path):
    evil = "</script><script>alert(1)</script>"
    run = results.runs[0]
    inputs = dict(run.document["inputs"]) | {"model": evil}
    document = dict(run.document) | {"inputs": inputs}
    write_page(replace(results, runs=(Run(run.folder, document),)), tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text()
    assert evil not in html
    assert unpacked(embedded(html, "packed-runs"))["values"]["model"] == [evil]


def test_a_batch_without_a_success_has_no_page(results, tmp_path):
    with pytest.raises(FlatError, match="no run succeeded"):
        write_page(Results(results.folders, (), results.failures), tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_thousand_runs_stay_under_10_mb(results, tmp_path):
    many = tuple(
        Run(run.folder, dict(run.document) | {"run": f"{i:04}{j:04}"})
        for i in range(1000 // len(results.runs) + 1)
        for j, run in enumerate(results.runs)
    )[:1000]
    write_page(replace(results, runs=many), tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 10e6


def test_figures_for_papers(results, tmp_path):
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    written = write_figures(results, tmp_path, Baseline.parse("base"), formats=("svg",))
    names = {path.name for path in written}
    assert {"speedup.svg", "energy-by-tensor.svg", "roofline.svg", "pareto-energy-latency.svg"} <= names
    for path in written:
        if path.suffix == ".svg":
            assert path.read_text().startswith("<svg")
    source = json.loads((tmp_path / "energy-by-tensor.vl.json").read_text())
    total = sum(row["energy_j"] for row in source["datasets"]["energy"])
    assert total == pytest.approx(sum(run.joules for run in results.runs), rel=1e-9)


def test_a_file_in_the_way_of_figures_is_said(results, tmp_path):
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    (tmp_path / "figures").write_text("mine")
    with pytest.raises(FlatError, match="figures: cannot write: File exists"):
        write_figures(results, str(tmp_path / "figures"), formats=("svg",))
    assert (tmp_path / "figures").read_text() == "mine"
    (tmp_path / "other" / "energy-per-mac.vl.json").mkdir(parents=True)
    with pytest.raises(FlatError, match="energy-per-mac.vl.json: cannot write: Is a directory"):
        write_figures(results, str(tmp_path / "other"), formats=("svg",))
