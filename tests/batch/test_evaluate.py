"""One run evaluated: as the function does it, by the engine that it was planned with."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.batch.evaluate import evaluate
from flat_plugin.batch.run import EngineChoice
from flat_plugin.programs.errors import ProgramMissing

SWEEP = {"models": ["bert-base"], "seq": [64], "architectures": ["edge"], "dataflows": ["flat-h"]}


@pytest.fixture(scope="module")
def planned():
    (run,) = flat.plan({"sweep": SWEEP}).runs
    return run


def test_it_is_what_the_function_estimates(planned, tmp_path):
    found = evaluate(planned, tmp_path / "none")
    assert found.estimate.to_dict() == flat.estimate("bert-base", "edge", "flat-h", seq=64).to_dict()
    assert found.calls == {} and not (tmp_path / "none").exists()


def test_another_build_is_refused(planned, tmp_path):
    other = replace(planned, engine=EngineChoice("native", "another"))
    with pytest.raises(ProgramMissing, match="another build of Timeloop than the batch was planned with"):
        evaluate(other, tmp_path)
