"""Engines by name."""

from __future__ import annotations

import pytest

import flat_plugin as flat
from flat_plugin.engines.choose import choose_engine
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramMissing


def test_auto_takes_timeloop_where_it_is(programs) -> None:
    assert choose_engine("auto").name == "native"
    programs("timeloop-model", "")
    assert choose_engine("auto").name == "timeloop"
    assert choose_engine("native").name == "native"


@pytest.mark.parametrize("name", ["timeloop", "pytimeloop"])
def test_what_is_not_here_cannot_be_chosen(name: str, programs) -> None:
    with pytest.raises(ProgramMissing, match="flat doctor"):
        choose_engine(name)


def test_unknown_names_and_limits(programs) -> None:
    with pytest.raises(FlatError, match="unknown engine.*expected auto, native"):
        choose_engine("timelop")
    programs("timeloop-model", "")
    with pytest.raises(FlatError, match="bad time limit"):
        choose_engine("timeloop", time_limit=0)


def test_an_estimate_says_who_answered(programs) -> None:
    assert flat.estimate("bert-base", "edge", "flat-r64", engine="auto").engine == "native"
