"""What several tools take, handed to the functions as they take it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from flat_plugin import defaults
from flat_plugin.agents.options import Chain, Checked, OnMachine, Size
from flat_plugin.errors import FlatError
from flat_plugin.schema import check


def test_what_is_not_given_is_the_default_of_the_functions() -> None:
    assert Size().asked() == {
        **{"seq": None, "queries": None, "batch": defaults.BATCH},
        **{"mask": None, "bits": None, "set": None},
    }
    assert OnMachine().asked() == {**Size().asked(), "ert": None, "estimator": defaults.ESTIMATOR}
    chain = Chain().asked()
    assert (chain["softmax"], chain["overflow"], chain["skip"], chain["stage"]) == (
        *(defaults.SOFTMAX, defaults.OVERFLOW),
        *(defaults.SKIP, None),
    )


def test_tensors_on_chip_are_listed() -> None:
    assert Chain(stage="K, V").asked()["stage"] == ["K", "V"]


def test_a_certificate_is_checked_against_what_estimates_take_but_for_widths() -> None:
    assert {each.name for each in fields(OnMachine)} - {each.name for each in fields(Checked)} == {"bits"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Chain(softmax="none"), "softmax: unknown choice .*expected free"),
        (Chain(factors="prime"), "factors: unknown choice"),
        (OnMachine(estimator="guess"), "estimator: unknown choice"),
        (Size(seq="512"), "seq: not of the right kind"),  # type: ignore[arg-type]
    ],
)
def test_choices_are_said(value: object, said: str) -> None:
    with pytest.raises(FlatError, match=said):
        check(type(value), value)
