"""The page of an exploration, and its chips as a table."""

import csv
import io
import json
import re
import subprocess
import sys

import pytest

import flat_plugin as flat
from flat_plugin.batch.exploration_file import read_exploration
from flat_plugin.errors import FlatError
from flat_plugin.report.page.exploration import exploration_page
from flat_plugin.report.page.scatter import Point, Scale, scatter

DESIGN = {
    "architecture": "edge",
    "axes": {"buffer_kb": [128, 256, 1024], "pes": [[16, 16], [32, 32]], "DRAM.type": ["LPDDR4", "HBM2E"]},
    "workloads": [{"attention": "B=1,H=4,M=128,N=128,D=64", "name": "<one> & only"}],
    "dataflows": ["flat-opt"],
    "objective": ["area", "edp"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explored")
    flat.explore(DESIGN, folder, jobs=1, vary="energies=20%")
    return folder


def flat_command(*words):
    typed = [sys.executable, "-c", "from flat_plugin.cli import main; main()", *map(str, words)]
    return subprocess.run(typed, capture_output=True, text=True, timeout=120)


def test_the_page_has_every_chip_in_every_picture(folder):
    document = read_exploration(folder)
    page = exploration_page(document)
    count = len(document["front"])
    assert count > 1
    for number in range(count):  # the front, three small charts, the table
        assert page.count(f'data-chip="{number}"') == 5
    places = json.loads(re.search(r"const CHIPS = (.*);", page)[1])
    axes = list(document["axes"].values())
    for chip, place in zip(document["front"], places, strict=True):
        assert [values[n] for values, n in zip(axes, place, strict=True)] == list(chip["design"].values())
    assert "The best chip: buffer_kb" in page and "&lt;one&gt; &amp; only" in page and "<one>" not in page
    assert "<dd>32×32</dd>" in page and "[32, 32]" not in page.split("<details>")[0]
    assert document["proof"].split(":")[0] in page and len(document["robust"]) == 10


def test_the_command_writes_the_page_and_the_table(folder, tmp_path):
    answer = flat_command("report", folder)
    assert answer.returncode == 0 and (folder / "report.html").is_file(), answer.stderr
    document = read_exploration(folder)
    rows = list(csv.DictReader(io.StringIO(flat_command("report", folder, "--csv", "-").stdout)))
    assert [float(row["edp_js"]) for row in rows] == [chip["edp_js"] for chip in document["front"]]
    assert json.loads(flat_command("report", folder, "--json").stdout)[0]["pes"] in ("16×16", "32×32")
    refused = flat_command("report", folder, "--by", "pes")
    assert refused.returncode == 2 and "--by: does nothing here" in refused.stderr


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-50], lambda t: t.replace('"proven": true', '"proven": false')]
)
def test_a_damaged_result_is_refused(folder, tmp_path, damage):
    text = (folder / "exploration.json").read_text()
    (tmp_path / "exploration.json").write_text(damage(text))
    with pytest.raises(FlatError, match=r"exploration\.json"):
        read_exploration(tmp_path)


def test_no_chip_is_a_page_too():
    found = flat.explore({**DESIGN, "budgets": {"area_mm2": 0.1}}, jobs=1)
    page = exploration_page(json.loads(json.dumps(found.to_dict())))
    assert "No design meets the budgets; the nearest misses area by" in page and 'id="front"' not in page


def test_points_lie_where_their_figures_are():
    picture = scatter([Point(1, 2, "a", "", 0), Point(3, 2, "b", "", 1, True)], ("x", ""), ("y", "s"))
    (x0, y0), (x1, y1) = (map(float, m) for m in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', picture))
    assert y0 == y1 and x1 < x0 and picture.count("best") == 1  # the best is drawn first
    assert scatter([], ("x", ""), ("y", "")) == ""


@pytest.mark.parametrize("values", [[1], [0, 0], [1, 2, 3], [1e-9, 1e3], [5, 5.0001], [-3, 4]])
def test_scales_have_a_few_round_ticks_inside(values):
    scale = Scale.of(values)
    assert all(0 <= scale.at(value) <= 1 for value in values)
    assert 2 <= len(scale.ticks()) <= 40 and all(scale.least <= t <= scale.most for t in scale.ticks())
