"""``energy_table``, ``energy_dict`` and ``compare_energy``."""

import pytest

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.energy.tables import read_ert


def test_the_table_that_ships_unless_something_is_changed():
    assert flat.energy_table("edge").source.startswith("Accelergy 0.4")
    changed = flat.energy_table("edge", set={"buffer_kb": 1024})
    assert "recorded" in changed.source
    assert changed.components["GlobalBuffer"].actions["read"] > 385.762


def test_it_is_written_where_that_is_asked(tmp_path):
    table = flat.energy_table("edge", output=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"ERT.yaml", "ART.yaml"}
    read = read_ert(tmp_path / "ERT.yaml")
    assert read.components["MAC"].actions == table.components["MAC"].actions


def test_areas_are_of_one_instance_and_of_all():
    found = api.energy_dict(flat.energy_table("edge"), "edge")
    one, of_all = found["components"]["MAC"]["area_um2"], found["total_area_um2"]["MAC"]
    assert of_all == pytest.approx(32 * 32 * one)


def test_an_estimator_agrees_with_itself():
    differences = flat.compare_energy("edge", "recorded", "recorded")
    assert differences and all(each.first == each.second for each in differences)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "guess"}, "estimator: unknown choice .got 'guess'"),
        ({"estimator": "recorded", "keep": "runs"}, "keep: only Accelergy's run can be kept"),
    ],
)
def test_what_is_refused(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(flat.FlatError, match=message):
        flat.energy_table("edge", **options)
    assert not [*tmp_path.iterdir()]
