"""What every estimator promises, and that each of ours has it."""

import inspect

import pytest

from flat_plugin.energy.accelergy import AccelergyEstimator
from flat_plugin.energy.choose import REGISTRY
from flat_plugin.energy.estimator import Estimator, NoEstimate
from flat_plugin.energy.hwcomponents import HwcomponentsEstimator
from flat_plugin.energy.recorded import RecordedEstimator
from flat_plugin.programs.errors import ProgramError

OURS: tuple[type[Estimator], ...] = (AccelergyEstimator, HwcomponentsEstimator, RecordedEstimator)


def test_each_of_ours_is_asked_by_its_name() -> None:
    assert {each.name for each in OURS} == set(REGISTRY)


@pytest.mark.parametrize("each", OURS)
def test_estimates_are_of_an_architecture(each: type[Estimator]) -> None:
    promised, given = (inspect.signature(kind.estimate) for kind in (Estimator, each))
    assert given == promised


def test_no_answer_is_a_failure_of_the_program() -> None:
    assert issubclass(NoEstimate, ProgramError)
    assert str(NoEstimate("MAC: nobody knows it")) == "MAC: nobody knows it"
