"""Failures of outside programs, told apart, with the run that they come from."""

import pickle
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import (
    ProgramCrashed,
    ProgramError,
    ProgramMissing,
    ProgramTimeout,
    UnreadableOutput,
)

KINDS = (ProgramCrashed, ProgramMissing, ProgramTimeout, UnreadableOutput)


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_failure_and_no_other_kind_of_it(kind: type[ProgramError]) -> None:
    assert issubclass(kind, ProgramError) and issubclass(kind, FlatError)
    assert not any(issubclass(kind, other) for other in KINDS if other is not kind)


def test_it_has_its_run_also_when_a_worker_hands_it_over() -> None:
    error = ProgramCrashed("tool ended with exit code 3", path="here")
    assert (error.command, error.log, error.folder) == ((), "", None)
    assert error.describing(command=("tool", "-x"), log="no", folder=Path("/runs/1")) is error
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ProgramCrashed and str(again) == "here: tool ended with exit code 3"
    assert (again.command, again.log, again.folder) == (("tool", "-x"), "no", Path("/runs/1"))
