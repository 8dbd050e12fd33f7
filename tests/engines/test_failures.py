"""What Timeloop's log says of a run that gave no result."""

import pytest

from flat_plugin.engines.errors import DoesNotFit, NoValidMapping
from flat_plugin.engines.failures import failure
from flat_plugin.programs.errors import ProgramCrashed, ProgramTimeout, UnreadableOutput
from flat_plugin.programs.process import Finished

FULL = "ERROR: couldn't map level Buffer: mapped tile size 700 exceeds buffer capacity 512"


def found(returncode=0, log="", has_stats=False):
    return failure(Finished(("tool",), returncode, 1.0, log, 5.0), "timeloop-model", has_stats)


def test_a_run_with_statistics_is_well():
    assert found(has_stats=True) is None


def test_a_level_that_is_too_small_has_its_numbers():
    error = found(1, FULL)
    assert isinstance(error, DoesNotFit)
    assert (error.level, error.tile, error.capacity) == ("Buffer", 700, 512)
    other = found(1, "couldn't map level MAC: W is bypassed in all levels")
    assert (other.level, other.tile) == ("MAC", None)


@pytest.mark.parametrize(
    ("returncode", "log", "kind", "said"),
    [
        (None, FULL, ProgramTimeout, "did not end within 5 s"),
        (0, "", UnreadableOutput, "wrote no statistics; it printed nothing"),
        (-11, "", ProgramCrashed, "killed by SIGSEGV"),
        (0, "no valid mappings found", NoValidMapping, "found no valid mapping"),
        (
            1,
            "[0] STATEMENT: 100 invalid mappings (66 fanout) found since\nno valid mappings found",
            NoValidMapping,
            "100 invalid mappings (66 fanout)",
        ),
    ],
)
def test_each_failure_has_its_error(returncode, log, kind, said):
    error = found(returncode, log)
    assert isinstance(error, kind) and said in str(error)
