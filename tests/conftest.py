"""What all tests share."""

from __future__ import annotations

import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from flat_plugin.model.operator import OperatorResult
from flat_plugin.timeloop.stats import COUNTS

settings.register_profile("untimed", deadline=None)  # a slow machine fails no property
settings.load_profile("untimed")

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# What plain `pytest` leaves out, so that it takes about a minute: by folder or file. `make test` runs all.
# Where a path is named, or -m or -k, all of that runs.
SLOW = (
    *(
        "batch/test_[bcd]*_*",
        "batch/test_di*",
        "batch/test_re[ca]*",
        "batch/test_run_*",
        "batch/test_so*",
        "batch/test_ex*_r*",
        "certificate/*",
        "docs/*",
        "executed/*",
        "exploration/*",
        "mapspace/*",
        "paper/*",
    ),
    *("report/page/*", "report/test_report_cli.py", "report/analysis/test_[ac]*"),
    *("cli/test_co[!m]*", "cli/test_check.py", "cli/test_changes.py", "cli/test_p*", "cli/test_refusals.py"),
    *("api/test_es*", "api/test_f*", "api/test_se*", "energy/test_energy_command.py"),
    *("model/test_[acimrsw]*", "model/test_limits.py"),
    *("timeloop/test_emit_recorded.py", "timeloop/test_generated_runs.py", "timeloop/test_stats*"),
    *("workload/test_mask.py", "workload/configurations/test_[mrq]*", "workload/test_t*", "workload/test_s*"),
    *("agents/*", "test_a*", "test_d*", "test_fuzz.py", "test_json_schema.py"),
    *("test_m*", "test_no_energies.py", "test_serving.py", "test_shown.py", "test_understood.py"),
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: left out by plain `pytest`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(folder).as_posix()
        if any(fnmatch(place, pattern) for pattern in SLOW):
            item.add_marker("slow")
    if not _is_plain(config):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in set(slow)]


def _is_plain(config: pytest.Config) -> bool:
    """Whether nothing is named: no path, no mark and no name. Workers are told by who started them."""
    if hasattr(config, "workerinput"):
        return bool(config.workerinput["plain"])
    named = config.args_source == pytest.Config.ArgsSource.ARGS
    return not (named or config.option.markexpr or config.option.keyword)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["plain"] = _is_plain(node.config)


@pytest.fixture(autouse=True, scope="session")
def nothing_installed() -> Iterator[None]:
    """Tests of models and files give the same figures wherever they run: ``auto`` finds no estimator.

    Tests of the estimators name them, or put their own in this place.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flat_plugin.energy.choose.installed_estimators", lambda time_limit: ())
        yield


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Functions of the package remember nothing from before it is patched, nor afterwards what it was then.

    Tests then do not depend on their order.
    """
    setattr_, patched = monkeypatch.setattr, False

    def patch(target: Any, *others: Any, **options: Any) -> None:
        nonlocal patched
        setattr_(target, *others, **options)
        if _is_ours(target):
            patched = True
            _forget()

    monkeypatch.setattr = patch  # type: ignore[method-assign]
    yield
    if patched:
        _forget()


def _is_ours(target: Any) -> bool:
    name = target if isinstance(target, str) else getattr(target, "__module__", None) or target.__name__
    return str(name).startswith("flat_plugin")


def _forget() -> None:
    """Clear what functions of the package remember."""
    for name, module in [*sys.modules.items()]:
        for held in vars(module).values() if name.startswith("flat_plugin") else ():
            if callable(clear := getattr(held, "cache_clear", None)):
                clear()


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


class Answer(NamedTuple):
    """What a command leaves behind."""

    code: int
    out: str
    err: str


Flat = Callable[..., Answer]


@pytest.fixture
def flat(monkeypatch: pytest.MonkeyPatch) -> Flat:
    """The command line in this process: ``flat("list", "--json")`` is what a shell would see."""
    from flat_plugin.cli import main

    def run(*arguments: object, columns: int | None = None) -> Answer:
        if columns is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["flat", *map(str, arguments)])
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
        return Answer(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def refused(flat: Flat) -> Callable[..., str]:
    """``refused("estimate", …)``: the one line that says why; nothing else is printed."""

    def run(*arguments: object) -> str:
        answer = flat(*arguments)
        assert (answer.code, answer.out) == (2, ""), answer
        (line,) = answer.err.strip().splitlines()
        return line

    return run
