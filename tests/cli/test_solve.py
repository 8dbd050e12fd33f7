"""``flat solve``: the answer and its crossings, curves, and Ctrl-C."""

import json

import pytest

ASKED = ["buffer_kb", "--attention", "B=1,H=1,M=64,N=64,D=16", "--dataflow", "flat-h", "--values", "8,16,64"]


def test_the_value_from_which_it_holds(flat):
    found = flat("solve", *ASKED, "--until", "cycles <= 2 * limit")
    assert found.code == 0 and "cycles <= 2 * limit" in found.out.splitlines()[0]
    answer = json.loads(flat("solve", *ASKED, "--until", "cycles <= 2 * limit", "--json").out)
    assert answer["unknown"] == "buffer_kb"


def test_a_curve_has_a_row_for_each_value_of_the_other(flat):
    curve = flat("solve", *ASKED, "--until", "cycles <= 2 * limit", "--over", "dram_gb_per_s=25,50").out
    assert curve.splitlines()[0].strip() == "cycles <= 2 * limit, by dram_gb_per_s"


@pytest.mark.parametrize("over", ["buffer_kb", "=1,2", "buffer_kb="])
def test_what_varies_is_a_name_and_its_values(refused, over):
    said = refused("solve", *ASKED, "--until", "cycles <= 1", "--over", over)
    assert said.startswith("flat: --over: not a name and its values")


@pytest.mark.parametrize(
    ("folder", "more"),
    [([], "-o FOLDER keeps what is found"), (["-o", "out"], "run it again to go on from here")],
)
def test_interrupted_it_says_what_becomes_of_the_answers(flat, monkeypatch, folder, more):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("flat_plugin.api.solve", interrupted)
    answer = flat("solve", *ASKED, "--until", "cycles <= 1", *folder)
    assert answer.code == 130 and more in answer.err
