"""Accelergy's log: how it failed, where it says so."""

from pathlib import Path

import pytest

from flat_plugin.energy.accelergy_output import accelergy_failure
from flat_plugin.programs.errors import ProgramCrashed, UnreadableOutput
from flat_plugin.programs.process import Finished


def failed(returncode, log, outputs=None):
    return accelergy_failure(Finished(("accelergy",), returncode, 1.0, log, 5.0), outputs or {})


def test_a_component_that_no_plug_in_knows():
    error = failed(1, "Can not find an area estimator for SRAM(width=3)")
    assert str(error) == "no plug-in of Accelergy knows the area of SRAM(width=3)"


def test_the_last_exception_is_the_reason():
    error = failed(1, "|| ValueError: one\nmore\n|| KeyError: 'two'\n")
    assert isinstance(error, ProgramCrashed) and str(error) == "accelergy failed: KeyError: 'two'"


def test_a_good_ending_without_tables_is_none(tmp_path):
    there, missing = tmp_path / "ERT.yaml", Path("ART.yaml")
    there.write_text("")
    assert failed(0, "", {"ERT": there}) is None
    error = failed(0, "", {"ERT": there, "ART": missing})
    assert isinstance(error, UnreadableOutput) and "wrote no tables" in str(error)


@pytest.mark.parametrize(("returncode", "said"), [(None, "did not end within 5 s"), (2, "exit code 2")])
def test_other_bad_endings(returncode, said):
    assert said in str(failed(returncode, ""))
