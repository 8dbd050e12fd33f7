"""``flat energy``: a table, a template, or two estimators."""

import json

import pytest
import yaml


def test_a_row_for_each_action(flat):
    printed = flat("energy", "--arch", "edge").out
    assert "GlobalBuffer  read          385.762" in printed
    assert "4.535 mm² in all, at 45nm." in printed
    assert json.loads(flat("energy", "--json").out)["components"]["MAC"]["energy_pj"][
        "compute"
    ] == pytest.approx(2.4304)


def test_changed_sizes_have_their_own_energies(flat):
    table = json.loads(flat("energy", "--set", "buffer_kb=1024", "--json").out)
    assert table["components"]["GlobalBuffer"]["energy_pj"]["read"] > 385.762


def test_a_template_is_filled_in_as_far_as_it_is_known(flat, tmp_path):
    answer = flat("energy", "--template", "-o", tmp_path)
    assert answer.out.splitlines() == [str(tmp_path / name) for name in ("ERT.yaml", "ART.yaml")]
    assert yaml.safe_load((tmp_path / "ERT.yaml").read_text())["ERT"]["tables"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--template"], "--template: no folder to write to; expected -o FOLDER"),
        (["--template", "-o", "x", "--estimator", "recorded"], "no --estimator with --template"),
        (["--compare", "recorded"], "--compare: not two names"),
        (["--compare", "recorded,recorded", "-o", "x"], "no --output with --compare"),
        (["--estimator", "guess"], "guess"),
    ],
)
def test_what_does_not_go_together(refused, options, said):
    assert said in refused("energy", *options)
