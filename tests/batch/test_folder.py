"""Who may write to a folder, and files that are there whole or not at all."""

from __future__ import annotations

import errno
import json
import os

import pytest

from flat_plugin.batch import folder
from flat_plugin.batch.folder import claim, is_full, replace_folder, temporary, write_json
from flat_plugin.batch.result_file import read_result


def test_a_folder_has_one_owner_at_a_time(tmp_path):
    place = tmp_path / "run"
    with claim(place, wait=False) as mine:
        assert mine
        with claim(place, wait=False) as theirs:
            assert not theirs
    with claim(place, wait=True) as now:
        assert now
    assert list(place.iterdir()) == []


def test_a_new_owner_clears_what_a_killed_one_left(tmp_path):
    file, outputs = temporary(tmp_path / "result.json"), temporary(tmp_path / "outputs")
    file.write_text('{"format')
    (outputs / "logit").mkdir(parents=True)
    for name in (".mine.tmp", "result.json", "notes.tmp"):
        (tmp_path / name).touch()
    with claim(tmp_path, wait=False):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {".mine.tmp", "result.json", "notes.tmp"}


def test_where_locks_are_not_supported_everybody_is_an_owner(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folder.fcntl, "flock", refuse)
    with claim(tmp_path, wait=False) as one, claim(tmp_path, wait=False) as two:
        assert one and two


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    write_json(path, {"run": "a", "ünï": [1.5, None]}, durable=True)
    assert json.loads(path.read_text(encoding="utf-8")) == {"run": "a", "ünï": [1.5, None]}

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_json(path, {"run": "b"}, durable=True)
    assert json.loads(path.read_text(encoding="utf-8"))["run"] == "a"
    assert os.listdir(tmp_path) == ["result.json"]


def test_numbers_that_json_does_not_know_are_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "result.json", {"cycles": float("nan")})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"run": "other", "status": "ok"}', '{"run": "me"}', "\0"])
def test_what_is_not_a_whole_result_of_this_run_is_none(tmp_path, text):
    place = tmp_path / "me"
    assert read_result(place) is None
    place.mkdir()
    (place / "result.json").write_text(text)
    assert read_result(place) is None


def test_outputs_are_replaced_as_a_whole(tmp_path):
    old, new = tmp_path / "outputs", tmp_path / "new"
    replace_folder(new, old)  # there is nothing new
    for place, name in ((old, "before"), (new, "after")):
        place.mkdir()
        (place / name).touch()
    replace_folder(new, old)
    assert os.listdir(tmp_path) == ["outputs"]
    assert os.listdir(old) == ["after"]


def test_a_full_disk_is_seen_through_other_errors(tmp_path):
    assert not is_full(ValueError("bad"), tmp_path)
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise ValueError("could not write") from error
    except ValueError as error:
        assert is_full(error, tmp_path)
