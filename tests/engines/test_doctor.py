"""flat doctor: what is here, what is not, and what is here but broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flat_plugin.engines.doctor import Finding, survey


def found() -> dict[str, Finding]:
    return {finding.name: finding for finding in survey()}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLAT_HWCOMPONENTS_PYTHON", raising=False)
    return tmp_path / "home"


def configure(home: Path, *places: Path) -> None:
    config = home / ".config" / "accelergy" / "accelergy_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"version": 0.4, "estimator_plug_ins": [str(place) for place in places]}))


def plug_in(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / f"{name}.estimator.yaml").write_text("version: 0.4")


def test_nothing_is_here(programs) -> None:
    findings = found()
    assert findings["python"].found and findings["python"].where == sys.executable
    for name in ("timeloop-model", "timeloop-mapper", "accelergy", "dot"):
        assert not findings[name].found
        assert findings[name].get and findings[name].adds
    assert "pip install git+https://github.com/Accelergy-Project" in findings["accelergy"].get
    assert findings["hwcomponents"].get.startswith("pip install 'hwcomponents")


def test_programs_on_path(programs) -> None:
    path = programs("timeloop-model", "")
    programs("dot", "print('dot - graphviz version 9.0.1 (0)', file=sys.stderr)")
    findings = found()
    assert findings["timeloop-model"].where == str(path)
    assert findings["timeloop-model"].version.startswith("sha256 ")
    assert not findings["timeloop-mapper"].found
    assert findings["dot"].version == "9.0.1 (0)"


def test_accelergy_and_its_plug_ins(programs, home: Path, tmp_path: Path) -> None:
    path = programs("accelergy", "")
    plug_in(tmp_path / "share", "accelergy-cacti-plug-in")
    plug_in(tmp_path / "share", "flat-plugin")
    configure(home, tmp_path / "share")
    finding = found()["accelergy"]
    assert (finding.found, finding.where) == (True, str(path))
    assert finding.details == ("plug-in accelergy-cacti-plug-in", "plug-in flat-plugin")


def test_accelergy_configured_for_another_environment(programs, home: Path, tmp_path: Path) -> None:
    programs("accelergy", "")
    configure(home, tmp_path / "gone")
    first, second = found()["accelergy"].details
    assert first.startswith(f"no such folder of plug-ins: {tmp_path / 'gone'} (in ~/.config/accelergy")
    assert second.startswith("not our plug-in: `flat energy` hands it over")


def test_accelergy_before_its_first_run_has_the_plug_ins_of_its_environment(programs, tmp_path: Path) -> None:
    programs("accelergy", "")
    plug_in(tmp_path / "share" / "accelergy" / "estimation_plug_ins", "flat-plugin")
    assert found()["accelergy"].details == ("plug-in flat-plugin",)


def test_hwcomponents_in_another_python(programs, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"energy_pj": {"add": 1.0, "read": 1.0}, "leak_watts": 0.0, "area_um2": 1.0, "class": "c"}
    body = """
if sys.argv[1] == '-c':
    sys.exit(1) if sys.argv[3] == 'hwcomponents-neurosim' else sys.stdout.write('1.0')
else:
    open(sys.argv[3], 'w').write(ANSWERS)
"""
    given = {"versions": {"hwcomponents": "1.0"}, "answers": [answer]}
    python = programs("python-hw", body.replace("ANSWERS", repr(json.dumps(given))))
    monkeypatch.setenv("FLAT_HWCOMPONENTS_PYTHON", str(python))
    findings = found()
    assert findings["hwcomponents"] == Finding(
        "hwcomponents",
        True,
        findings["hwcomponents"].adds,
        findings["hwcomponents"].get,
        "1.0",
        str(python),
    )
    assert findings["hwcomponents-cacti"].version == "1.0"
    assert not findings["hwcomponents-neurosim"].found


def test_hwcomponents_that_cannot_be_used(programs, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"error": "ModuleNotFoundError: No module named 'x'"}
    given = {"versions": {"hwcomponents": "1.0"}, "answers": [broken]}
    body = f"""
if sys.argv[1] == '-c':
    sys.stdout.write('1.0')
else:
    open(sys.argv[3], 'w').write({json.dumps(given)!r})
"""
    monkeypatch.setenv("FLAT_HWCOMPONENTS_PYTHON", str(programs("python-hw", body)))
    details = found()["hwcomponents"].details
    assert len(details) == 2
    assert details[0].endswith("no estimate for adder: ModuleNotFoundError: No module named 'x'")


def test_a_probe_that_fails_is_a_tool_not_found(programs) -> None:
    programs("dot", "").chmod(0o755)
    (Path(programs("accelergy", "")).parents[1] / "home" / ".config" / "accelergy").mkdir(parents=True)
    config = Path.home() / ".config" / "accelergy" / "accelergy_config.yaml"
    config.write_text("}{")
    finding = found()["accelergy"]
    assert not finding.found
    assert "Error" in finding.details[0]


def test_the_command(tmp_path: Path) -> None:
    def flat(*arguments: str) -> str:
        command = [sys.executable, "-c", "from flat_plugin.cli import main; main()", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert "✓ python" in flat("doctor")
    first = json.loads(flat("doctor", "--json"))[0]
    assert first["name"] == "python"
    assert set(first) == {"name", "found", "adds", "get", "version", "where", "details"}
