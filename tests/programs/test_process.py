"""One program in a folder of its own: what it prints is kept, and nothing of it outlives its time."""

import sys
from math import inf, nan

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramCrashed, ProgramMissing
from flat_plugin.programs.process import LOG_BYTES, check_time_limit, run_program, scratch_folder


def ran(tmp_path, body, time_limit=30.0, grace=0.0):
    command = [sys.executable, "-c", f"import sys, time, os\n{body}"]
    return run_program(command, tmp_path, time_limit, tmp_path / "log", grace)


def test_it_runs_in_its_folder_and_both_streams_are_its_log(tmp_path):
    found = ran(tmp_path, "print(os.getcwd()); print('bad', file=sys.stderr); sys.exit(3)")
    assert found.returncode == 3 and found.complete
    assert sorted(found.log.split()) == sorted([str(tmp_path), "bad"])
    assert (tmp_path / "log").read_text() == found.log


def test_of_a_long_log_the_end_is_kept(tmp_path):
    found = ran(tmp_path, f"print('x' * {2 * LOG_BYTES} + 'end')")
    assert len(found.log) == LOG_BYTES and found.log.endswith("end\n")


def test_after_its_time_it_is_killed(tmp_path):
    found = ran(tmp_path, "time.sleep(60)", time_limit=0.2)
    assert found.returncode is None and not found.complete and found.seconds < 30


def test_with_grace_it_may_end_by_itself(tmp_path):
    body = "trap 'echo saved; exit 0' INT; while :; do sleep 0.1; done"
    found = run_program(["sh", "-c", body], tmp_path, 1.0, tmp_path / "log", grace=20.0)
    assert found.returncode == 0 and not found.complete and found.log == "saved\n"


def test_what_cannot_be_started(tmp_path):
    with pytest.raises(ProgramMissing, match="cannot be started: No such file"):
        run_program(["/no/such/program"], tmp_path, None, tmp_path / "log")
    (tmp_path / "text").write_text("not a program")
    with pytest.raises(ProgramCrashed, match="cannot be started"):
        run_program([str(tmp_path / "text")], tmp_path, None, tmp_path / "log")


def test_a_scratch_folder_is_gone_afterwards():
    with scratch_folder("flat-test-") as folder:
        (folder / "file").write_text("")
    assert not folder.exists()


@pytest.mark.parametrize("seconds", [0, -1, inf, nan])
def test_a_time_limit_is_above_0(seconds):
    with pytest.raises(FlatError, match="bad time limit"):
        check_time_limit(seconds)
