"""Fused estimates from Timeloop's own results: for an explicit mapping they are the native ones."""

from __future__ import annotations

from pathlib import Path

import pytest

import flat_plugin as flat
from flat_plugin.model.estimate import Estimate

STATS = Path(__file__).parents[1] / "reference" / "stats"

# A stand-in that answers with what the real timeloop-model printed for the very same files.
RECALL = """
problem = open('problem.yaml').read()
name = 'logit' if 'name: logit' in problem else 'attend'
open('timeloop-model.stats.txt', 'w').write(open(os.path.join({folder!r}, name + '.stats.txt')).read())
"""


def estimated(dataflow: str, engine: str) -> Estimate:
    return flat.estimate(
        "bert-base",
        flat.read_architecture(STATS / "architecture.yaml"),
        seq=512,
        ert=STATS / "ERT.yaml",
        mapping=STATS / dataflow / "fused_mapping.yaml",
        engine=engine,
    )


@pytest.mark.parametrize("dataflow", ["base", "flat-r64"])
def test_the_chain_takes_them_as_they_are(dataflow: str, programs) -> None:
    ours = estimated(dataflow, "native")
    programs("timeloop-model", RECALL.format(folder=str(STATS / dataflow)))
    theirs = estimated(dataflow, "timeloop")
    assert theirs.engine == "timeloop"
    assert any("timeloop-model (" in note for note in theirs.notes)
    assert theirs.cycles == ours.cycles and theirs.bound == ours.bound
    assert theirs.traffic == ours.traffic
    assert theirs.busy == ours.busy
    assert theirs.utilization == ours.utilization
    assert theirs.energy == pytest.approx(ours.energy, rel=1e-9, abs=0.1)  # 0.005 pJ a printed line
