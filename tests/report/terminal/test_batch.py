"""How the runs of a batch ended, as text."""

from types import SimpleNamespace

import pytest

from flat_plugin.batch.worker import Outcome
from flat_plugin.report.terminal.batch import reasons, summary


def batch(*statuses, before=0):
    flow = SimpleNamespace(name="flat-h")
    runs = [SimpleNamespace(key=f"k{i}", dataflow=flow) for i in range(len(statuses))]
    kinds = {"failed": "Crash"}
    outcomes = [
        Outcome(run.key, status, kinds.get(status, ""), f"reason {i % 2}")
        for i, (run, status) in enumerate(zip(runs, statuses, strict=True))
    ]

    def ended(status):
        return tuple((r, o) for r, o in zip(runs, outcomes, strict=True) if o.status == status)

    return SimpleNamespace(outcomes=outcomes, failures=ended("failed"), unfit=ended("unfit"), before=before)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (batch("ok"), "1 of 1 run ok; results in out"),
        (batch("ok", "ok", before=2), "2 of 2 runs ok (2 done before); results in out"),
        (batch("ok", "unfit"), "1 of 2 runs ok, 1 does not fit: flat-h ×1; results in out"),
        (
            batch("unfit", "unfit", "failed"),
            "0 of 3 runs ok, 2 do not fit: flat-h ×2, 1 failed; results in out",
        ),
    ],
)
def test_the_summary_counts_each_ending(found, said):
    assert summary(found, "out") == said


def test_runs_with_one_reason_stand_together_and_few_are_named():
    found = batch(*["failed"] * 10)
    first, second = (text.plain for text in reasons(found))
    assert first.count("✗ ") == second.count("✗ ") == 3
    assert "… and 2 more with this reason" in first and first.endswith("\n  Crash: reason 0")
    assert not [*reasons(batch("ok"))]
