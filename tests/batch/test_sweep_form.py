"""What a sweep file may hold; what it means is tested beside ``test_sweep``."""

from __future__ import annotations

from typing import Any

import pytest

from flat_plugin.batch.sweep_form import SweepFile
from flat_plugin.errors import FlatError
from flat_plugin.schema import check

SWEEP: dict[str, Any] = {"models": ["gpt2"], "architectures": ["edge"], "dataflows": ["base"]}


def file(**changes: Any) -> dict[str, Any]:
    return {"sweep": {**SWEEP, **changes}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"models": "gpt2", "architectures": "edge", "dataflows": "base"},
        {
            "models": [
                {"name": "gpt2", "queries": 2, "experts": "all"},
                {"config": "c.json", "part": "text"},
            ]
        },
        {"models": [{"mix": "mix.yaml"}, {"attention": "B=1,H=1,M=8,N=8,D=8", "name": "x"}]},
        {"architectures": [{"file": "chip.yaml", "name": "mine", "ert": "ert.yaml"}]},
        {"seq": [None, 64], "batch": 2, "mask": [None, "causal"], "bits": [None, 8, "K=8", {"K": 8}]},
        {"overrides": [{"buffer_kb": 64}, {}]},
        {"overrides": {"buffer_kb": [64, 128]}},
        {"engine": ["native"], "level": "model", "softmax": "serial", "overflow": "spill", "skip": "none"},
        {"stage": ["K"], "factors": None, "space": None, "ert": None, "time_limit": 9.5},
        {"include": [{"seq": 64}], "exclude": {"seq": 64}},
    ],
    ids=str,
)
def test_what_may_be_said(changes: dict[str, Any]) -> None:
    check(SweepFile, file(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "gpt2"}, "sweep: unknown key .got 'model'.*did you mean models"),
        ({"models": []}, "sweep.models: empty"),
        ({"models": [{"name": "gpt2", "seq": 3}]}, r"models\[0\]: unknown key .got 'seq'."),
        ({"models": [{"mix": "m.yaml", "queries": 2}]}, r"models\[0\]: unknown key .got 'queries'."),
        ({"models": [{"queries": 2}]}, r"sweep.models\[0\]"),
        ({"architectures": [{"name": "mine"}]}, r"architectures\[0\].file: missing"),
        ({"seq": [0]}, r"sweep.seq\[0\]: out of range"),
        ({"seq": []}, "sweep.seq: empty"),
        ({"batch": [None]}, r"sweep.batch\[0\]: not of the right kind"),
        ({"bits": [{"X": 8}]}, r"sweep.bits\[0\]: unknown key .got 'X'."),
        ({"overrides": []}, "sweep.overrides: empty"),
        ({"overrides": [{"bufer_kb": 1}]}, r"sweep.overrides\[0\]: unknown key"),
        ({"engine": ["fast"]}, r"sweep.engine\[0\]: unknown choice"),
        ({"level": ["model"]}, "sweep.level: not of the right kind"),
        ({"factors": "prime"}, "sweep.factors: unknown choice"),
        ({"time_limit": "long"}, "sweep.time_limit: not of the right kind"),
        ({"include": [{}]}, r"sweep.include\[0\]: empty"),
    ],
    ids=str,
)
def test_what_may_not(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        check(SweepFile, file(**changes))


@pytest.mark.parametrize("key", SWEEP)
def test_what_must_be_said(key: str) -> None:
    document = file()
    del document["sweep"][key]
    with pytest.raises(FlatError, match=f"sweep.{key}: missing"):
        check(SweepFile, document)
