"""The recipes of the house, followed; engines and estimators are added in ``tests/engines``."""

import shutil

import pytest

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.mapping import named
from flat_plugin.report.page import figures, html
from flat_plugin.report.page.charts import energy_bars
from flat_plugin.resources import resource_folder

AXES = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base", "flat-r"]}


def test_a_file_in_the_folder_of_dataflows_ships(tmp_path, monkeypatch):
    folder = tmp_path / "mappings"
    shutil.copytree(resource_folder("mappings"), folder)
    (folder / "mine.yaml").write_text(
        "dataflow: {name: mine, fused: true, granularity: H, description: ours}"
    )
    monkeypatch.setattr(named, "resource_folder", lambda kind: folder)
    assert api.names()["dataflows"]["mine"] == "ours"
    assert flat.estimate("bert-base", "cloud", "mine", seq=512).dataflow == "mine"
    assert flat.plan({"sweep": AXES | {"dataflows": ["mine"]}}).runs[0].dataflow.granularity == "H"


def test_a_figure_is_on_the_page_and_in_files(tmp_path, monkeypatch):
    pytest.importorskip("altair")
    mine = figures.Figure(
        "mine", "Ours?", "", "Energy by tensor and MAC.", "energy",
        energy_bars("tensor", "energy_pj_per_mac", "energy [pJ / MAC]"),
        by="tensor", field="energy_pj_per_mac",
    )  # fmt: skip
    monkeypatch.setattr(figures, "FIGURES", (*figures.FIGURES, mine))
    flat.run({"sweep": AXES}, tmp_path / "runs", jobs=1)
    results = flat.read_results(tmp_path / "runs")
    assert "Energy by tensor and MAC." in html.page(results) and "Ours?" in html.page(results)
    written = flat.write_figures(results, tmp_path / "figures", formats=["svg"])
    assert "mine.svg" in [path.name for path in written]
