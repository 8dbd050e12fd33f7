"""What all tests share."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from flat_plugin.model.operator import OperatorResult
from flat_plugin.timeloop.stats import COUNTS

settings.register_profile("untimed", deadline=None)  # a slow machine fails no property
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def nothing_installed() -> Iterator[None]:
    """Tests of models and files give the same figures wherever they run: ``auto`` finds no estimator.

    Tests of the estimators name them, or put their own in this place.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flat_plugin.energy.choose.installed_estimators", lambda time_limit: ())
        yield


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """``programs(name, body)`` puts a Python program of that name on PATH, where nothing else is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("FLAT_PYTIMELOOP_PYTHON", "FLAT_HWCOMPONENTS_PYTHON"):
        monkeypatch.delenv(name, raising=False)

    def put(name: str, body: str) -> Path:
        path = folder / name
        path.write_text(f"#!{sys.executable}\nimport json, os, shutil, signal, sys, time\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return put


@pytest.fixture(scope="session")
def check_printed() -> Callable[[OperatorResult, dict[str, Any]], None]:
    """``check_printed(result, expected)``: ours is what Timeloop printed, energies to its last digit."""

    def check(result: OperatorResult, expected: dict[str, Any]) -> None:
        assert result.cycles == expected["cycles"]
        assert result.computes == expected["computes"]
        assert result.utilization * 100 == pytest.approx(expected["utilization_percent"], abs=0.00501)
        assert result.energy_pj / 1e6 == pytest.approx(expected["energy_uj"], abs=0.00501)
        for level in expected["levels"]:
            ours = result[level["name"]]
            assert set(ours.tensors) == set(level["tensors"])
            for name, printed in level["tensors"].items():
                counts = ours.tensors[name]
                for label, attribute in COUNTS.items():
                    assert getattr(counts, attribute) == printed[label], (level["name"], name, label)
                assert counts.energy_pj == pytest.approx(printed["Energy (total)"], rel=1e-9, abs=0.0051)

    return check
