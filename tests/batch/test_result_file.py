"""``result.json`` is read whole and unchanged, or not at all."""

import json

import pytest

import flat_plugin as flat
from flat_plugin.batch.result_file import read_document, read_result, sealed
from flat_plugin.errors import FlatError

SWEEP = {"models": ["bert-base"], "seq": [64], "architectures": ["edge"], "dataflows": ["flat-h"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    output = tmp_path_factory.mktemp("batch")
    flat.run({"sweep": SWEEP}, output, jobs=1)
    (found,) = (output / "runs").iterdir()
    return found


@pytest.fixture
def changed(folder, tmp_path):
    """``changed(change)`` is a copy of the result with a change made to it; ``seal``: with a right digest."""

    def write(change, seal=False):
        document = json.loads((folder / "result.json").read_text())
        change(document)
        place = tmp_path / document["run"]
        place.mkdir(exist_ok=True)
        (place / "result.json").write_text(json.dumps(sealed(document) if seal else document))
        return place

    return write


def test_it_is_there_whole(folder):
    assert read_result(folder) == read_document(folder / "result.json")
    assert read_result(folder.parent) is None


def test_a_change_by_hand_shows(changed):
    place = changed(lambda document: document.update(seconds=1.0))
    assert read_result(place) is None
    with pytest.raises(FlatError, match="sha256: changed since it was written"):
        read_document(place / "result.json")


def test_so_does_one_with_a_new_digest_where_figures_no_longer_agree(changed):
    place = changed(lambda document: document["estimate"].update(seconds=1.0), seal=True)
    with pytest.raises(FlatError, match="estimate.seconds: not the cycles of this clock"):
        read_document(place / "result.json")


def test_another_format_is_named(changed):
    place = changed(lambda document: document.update(format=1))
    with pytest.raises(FlatError, match="format 1; this version reads format 3"):
        read_document(place / "result.json")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"format": NaN}', "\N{GREEK SMALL LETTER MU}"])
def test_what_is_not_json_is_refused(text, tmp_path):
    (tmp_path / "result.json").write_text(text, encoding="utf-16")
    with pytest.raises(FlatError, match="not JSON, and so not a result"):
        read_document(tmp_path / "result.json")


def test_a_result_of_another_run_is_not_this_runs(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "result.json").write_text((folder / "result.json").read_text())
    assert read_result(tmp_path / "other") is None
