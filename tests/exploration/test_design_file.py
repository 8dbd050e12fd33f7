"""The design file: what is wrong is said with its place, all together, before anything is searched."""

import copy

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import preset_path
from flat_plugin.errors import FlatError
from flat_plugin.exploration.design_file import read_design
from flat_plugin.exploration.run import known_of

GOOD = {
    "architecture": "edge",
    "axes": {"buffer_kb": [128, 256], "width": [16, 32]},
    "set": {"pes": ["width", "width"], "softmax_lanes": "width", "DRAM.type": "LPDDR5"},
    "where": ["buffer_kb >= width * 4"],
    "workloads": [
        {"model": "bert-base", "seq": 64, "weight": 2, "budgets": {"latency_s": 1}},
        {"attention": "B=1,H=2,M=64,N=64,D=16", "name": "mine"},
    ],
    "dataflows": ["base-opt", "flat-opt"],
    "objective": ["area", "edp"],
    "budgets": {"area_mm2": 100, "power_w": 100},
    "softmax": "serial",
    "area_um2": {"MAC": 1000, "PERegs": "width * 3"},
    "estimator": "recorded",
}


def test_a_good_one_is_read():
    asked = read_design({"exploration": GOOD})
    assert asked == read_design(yaml.safe_dump(GOOD, sort_keys=False))
    assert len(asked.space) == 4 and [case.name for case in asked.cases] == ["bert-base 64 tokens", "mine"]
    known_of(asked)


def places(value, path=()):
    """Every value of the file with its path."""
    yield path, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    if isinstance(value, list):
        for n, each in enumerate(value):
            yield from places(each, (*path, n))


def changed(path, value):
    document = copy.deepcopy(GOOD)
    *outer, last = path
    holder = document
    for key in outer:
        holder = holder[key]
    holder[last] = value
    return document


WRONG = (True, float("nan"), float("inf"), -1, 1e40, "", "no such thing", [], {}, None, [[]], {"a": 1}, b"x")


@pytest.mark.parametrize("path", [path for path, _ in places(GOOD) if path], ids=str)
def test_whatever_stands_at_any_place_is_read_or_refused(path):
    """With one error of ours, and never with another exception."""
    for value in WRONG:
        try:
            known_of(read_design(changed(path, value)))
        except FlatError as error:
            assert str(error)


@pytest.mark.parametrize("path", [path for path, value in places(GOOD) if isinstance(value, dict)], ids=str)
def test_a_key_that_nobody_reads_is_refused(path):
    extra = {"nobody": [1, 2]} if path and path[-1] == "axes" else {"nobody": 1}
    document = copy.deepcopy(GOOD)
    holder = document
    for key in path:
        holder = holder[key]
    holder.update(extra)
    with pytest.raises(FlatError, match="nobody"):
        known_of(read_design(document))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architecture": "nowhere"}, "exploration.architecture: no such architecture"),
        ({"axes": {"GlobalBuffer.nothing": [1, 2]}}, "axes.GlobalBuffer.nothing: .* could read nothing"),
        ({"axes": {"GlobalBuffer.n_bank": [4, 8]}}, r"meant n_banks\?"),
        ({"set": {"GlobalBuffer.n_bank": 4}}, r"set.GlobalBuffer.n_bank: .*meant n_banks\?.*got 4"),
        ({"set": {"PERegs.dept": "buffer_kb"}}, r"set.PERegs.dept: .*meant depth\?"),
        ({"axes": {"x": [1, 2]}}, "it sets nothing"),
        ({"set": {"buffer_kb": "y * 128"}}, "y is not known here"),
        ({"set": {"nothing_kb": 3}}, "nothing to set"),
        ({"set": {"buffer_kb": 128}}, "an axis sets it"),
        ({"where": ["buffer_kb > 1000"]}, "leave no design"),
        ({"where": ["buffer_kb"]}, "not a condition"),
        ({"axes": {"buffer_kb": [1, 2]}, "where": []}, "exploration.where: empty"),
        ({"axes": {"buffer_kb": [1]}}, "outside what is recorded"),
        ({"axes": {"pes": [32, 64]}}, "bad number of PEs"),
        ({"axes": {"DRAM.type": ["DDR5"]}}, "no maker states its energy"),
        ({"workloads": ["bert-base", "bert-base"]}, "two entries of one name"),
        ({"softmax": "none"}, "softmax: unknown choice"),
        ({"budgets": {"power": 3}}, "did you mean power_w"),
        ({"objective": "power"}, "latency_s or runs_per_s"),
        ({"objective": ["edp", "edp"]}, "not an objective or two"),
        ({"area_um2": {"Nobody": 3}}, "no such component"),
        ({"area_um2": {"MAC": "buffer_kb - 500"}}, "area_um2.MAC: bad area"),
        ({"axes": {"softmax_lanes": [8.5]}}, "a whole number"),
    ],
)
def test_what_is_wrong_is_said(changes, said):
    good = {"architecture": "edge", "axes": {"buffer_kb": [128, 256]}, "workloads": ["bert-base"]}
    with pytest.raises(FlatError, match=said):
        flat.explore({**good, **changes}, jobs=1)


def test_all_mistakes_are_reported_together(tmp_path):
    file = tmp_path / "design.yaml"
    document = {**GOOD, "softmax": "none", "objective": "speed"}
    document["axes"] = {"buffer_kb": [], "width": {"from": 1}}
    file.write_text(yaml.safe_dump({"exploration": document}), encoding="utf-8")
    with pytest.raises(FlatError) as raised:
        read_design(file)
    lines = str(raised.value).splitlines()
    assert lines[0] == "5 errors" and all(
        line.strip().startswith(f"{file}: exploration.") for line in lines[1:]
    )


def test_an_area_that_nobody_knows_is_refused_by_name(tmp_path):
    document = yaml.safe_load((preset_path("edge") / "arch.yaml").read_text(encoding="utf-8"))
    local = document["architecture"]["subtree"][0]["local"]
    mac = next(each for each in local if each["name"].startswith("MAC"))
    mac["attributes"]["energy_pj"] = 2.0
    (tmp_path / "chip.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    design = tmp_path / "design.yaml"
    asked = {"architecture": "chip.yaml", "axes": {"buffer_kb": [128, 256]}, "objective": "area"}
    asked["workloads"] = [{"attention": "B=1,H=2,M=64,N=64,D=16"}]
    design.write_text(yaml.safe_dump(asked), encoding="utf-8")
    with pytest.raises(FlatError, match="no area is known for MAC"):
        flat.explore(design, jobs=1)
    design.write_text(yaml.safe_dump({**asked, "area_um2": {"MAC": 1500}}), encoding="utf-8")
    found = flat.explore(design, jobs=1)
    assert found.best.areas["MAC"] == pytest.approx(1500 * 1024 / 1e6)


@pytest.mark.parametrize(
    "sweep", [{"sweep": {}}, {"models": ["gpt2"], "architectures": ["edge"], "dataflows": ["base"]}]
)
def test_a_sweep_is_told_from_a_design(sweep):
    with pytest.raises(FlatError, match="this is a sweep; expected a design space; flat run"):
        read_design(sweep)
    with pytest.raises(FlatError, match="this is a design space; expected a sweep; flat explore"):
        flat.plan({"exploration": GOOD})
