"""A space that is small enough to try every design, by the public functions alone."""

from __future__ import annotations

import copy

import pytest

SMALL = {
    "architecture": "edge",
    "axes": {
        "buffer_kb": [32, 128],
        "dram_gb_per_s": [5, 40],
        "softmax_lanes": [8, 32],
        "pes": [[16, 16], [32, 32]],
    },
    "workloads": [{"model": "bert-base", "seq": 64}, {"model": "bert-base", "seq": 256, "weight": 2}],
    "dataflows": ["base-opt", "flat-opt", "flash"],
}


@pytest.fixture(scope="session")
def answers(tmp_path_factory):
    """A folder that keeps answers from one test to the next."""
    return tmp_path_factory.mktemp("answers")


@pytest.fixture
def design():
    """A copy of the small space with other keys."""

    def make(**changes):
        made = copy.deepcopy(SMALL)
        made.update(changes)
        return made

    return make
