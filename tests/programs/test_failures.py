"""How a run ended, in a sentence."""

import pytest

from flat_plugin.programs.errors import ProgramCrashed, ProgramMissing, ProgramTimeout
from flat_plugin.programs.failures import bad_ending, plain, reason_in, shortened
from flat_plugin.programs.process import Finished


def ended(returncode, log=""):
    return Finished(("tool",), returncode, 1.0, log, time_limit=5.0)


@pytest.mark.parametrize(
    ("returncode", "error", "said"),
    [
        (None, ProgramTimeout, "tool did not end within 5 s; it printed nothing"),
        (127, ProgramMissing, "tool calls a program that is not on PATH; it printed nothing"),
        (-9, ProgramCrashed, "tool was killed by SIGKILL; it printed nothing"),
        (139, ProgramCrashed, "tool was killed by SIGSEGV; it printed nothing"),
        (3, ProgramCrashed, "tool ended with exit code 3; it printed nothing"),
        (255, ProgramCrashed, "tool ended with exit code 255; it printed nothing"),
    ],
)
def test_each_bad_ending_has_its_error(returncode, error, said):
    found = bad_ending(ended(returncode), "tool")
    assert type(found) is error and str(found) == said


def test_a_good_ending_is_none():
    assert bad_ending(ended(0), "tool") is None


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("reading\nERROR: no such file\ncleaning up\n", "ERROR: no such file"),
        ("one\ntwo\n\n", "two"),
        ("", ""),
        ("what(): \x1b[31mbad\x07", "what():  [31mbad"),
    ],
)
def test_the_reason_is_the_last_line_that_tells_of_one(log, reason):
    assert reason_in(log) == reason


def test_lines_are_short_and_plain():
    assert plain(" a\tb\x00 ") == "a b"
    assert len(shortened("x" * 1000)) == 300 and shortened("x" * 1000).endswith("…")
