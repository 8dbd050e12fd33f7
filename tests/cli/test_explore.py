"""``flat explore``: its exit codes say whether a chip was found."""

import json

import pytest

from flat_plugin.exploration.sensitivity import robustness

DESIGN = {
    "architecture": "edge",
    "axes": {"buffer_kb": [64, 128]},
    "workloads": [{"attention": "B=1,H=1,M=64,N=64,D=16"}],
    "dataflows": ["flat-h"],
    "objective": "edp",
}


@pytest.fixture
def design(tmp_path):
    def write(**more):
        file = tmp_path / "design.yaml"
        file.write_text(json.dumps({"exploration": {**DESIGN, **more}}))
        return file

    return write


def test_the_best_chip(flat, design):
    answer = flat("explore", design(), "-j", "1")
    assert answer.code == 0 and "The best chip by edp: buffer_kb " in answer.out
    found = json.loads(flat("explore", design(), "-j", "1", "--json").out)
    assert found["best"]["design"]["buffer_kb"] in (64, 128)


def test_if_none_meets_the_budgets_the_nearest_is_printed_and_1_is_returned(flat, design):
    answer = flat("explore", design(budgets={"area_mm2": 0.001}), "-j", "1")
    assert answer.code == 1 and "No design meets the budgets; the nearest misses" in answer.out


@pytest.mark.parametrize(("folder", "more"), [([], ""), (["-o", "out"], "; run it again to go on from here")])
def test_interrupted_before_anything_was_found(flat, design, monkeypatch, folder, more):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("flat_plugin.api.explore", interrupted)
    answer = flat("explore", design(), *folder)
    assert (answer.code, answer.err) == (130, f"flat: interrupted before anything was found{more}\n")


def test_a_design_that_cannot_be_read(refused, design):
    assert "exploration.axes" in refused(
        "explore", design(axes={"buffer_kb": {"from": 64, "to": 2, "step": 1}})
    )


def test_ctrl_c_while_figures_are_varied_prints_the_best(flat, design, monkeypatch):
    def one_then_ctrl_c(found, varied, oracle):
        yield next(robustness(found, varied, oracle))
        raise KeyboardInterrupt

    monkeypatch.setattr("flat_plugin.batch.exploration_runs.robustness", one_then_ctrl_c)
    answer = flat("explore", design(), "-j", "1", "--vary", "energies=10%")
    assert answer.code == 130
    assert "The best chip by edp" in answer.out
    assert "not all of them were tried" in answer.out
