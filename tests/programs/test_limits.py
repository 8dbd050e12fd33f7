"""Outside programs end: whoever starts one gives it these seconds unless its user says others."""

from inspect import signature

from flat_plugin.energy.accelergy import AccelergyEstimator
from flat_plugin.energy.hwcomponents import HwcomponentsEstimator
from flat_plugin.engines.timeloop import TimeloopEngine
from flat_plugin.programs.limits import ESTIMATOR_SECONDS, OPERATOR_SECONDS
from flat_plugin.programs.process import check_time_limit


def test_an_operator_has_an_hour_and_an_architecture_a_quarter_of_one() -> None:
    for limit, minutes in ((OPERATOR_SECONDS, 60), (ESTIMATOR_SECONDS, 15)):
        check_time_limit(limit)
        assert limit == minutes * 60


def test_programs_have_them_by_default() -> None:
    assert signature(TimeloopEngine).parameters["time_limit"].default == OPERATOR_SECONDS
    for estimator in (AccelergyEstimator, HwcomponentsEstimator):
        assert signature(estimator).parameters["time_limit"].default == ESTIMATOR_SECONDS
