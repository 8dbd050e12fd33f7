"""``exploration.json``: read as it was written, or refused."""

import json

import pytest

import flat_plugin as flat
from flat_plugin.batch.exploration_file import NAME, is_exploration, read_exploration
from flat_plugin.errors import FlatError

DESIGN = {
    "architecture": "edge",
    "axes": {"buffer_kb": [64, 128]},
    "workloads": [{"attention": "B=1,H=1,M=64,N=64,D=16"}],
    "dataflows": ["flat-h"],
}


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chips")
    return folder, flat.explore({"exploration": DESIGN}, folder, jobs=1)


def test_it_is_what_was_found(explored):
    folder, found = explored
    assert is_exploration(folder) and not is_exploration(folder.parent)
    assert read_exploration(folder) == json.loads(json.dumps(found.to_dict()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"proven": true', '"proven": false'), "changed since it was written"),
        (lambda text: text.replace('"format": ', '"format": 9'), "this version reads format"),
        (lambda text: text[:-20], "not JSON"),
        (lambda text: "[]", "format None"),
    ],
)
def test_what_was_changed_is_refused(explored, tmp_path, change, message):
    text = (explored[0] / NAME).read_text()
    assert change(text) != text
    (tmp_path / NAME).write_text(change(text))
    with pytest.raises(FlatError, match=message):
        read_exploration(tmp_path)


def test_a_folder_without_one_is_said(tmp_path):
    with pytest.raises(FlatError, match="cannot be read: No such file"):
        read_exploration(tmp_path)
