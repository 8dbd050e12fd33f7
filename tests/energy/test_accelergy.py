"""Accelergy as an estimator: what is made of its answer, of its silence, and of all else it may do."""

from __future__ import annotations

import json
import shutil
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from flat_plugin.architecture import Architecture, find_architecture, preset_path, read_architecture
from flat_plugin.energy import energy_for, read_art, read_ert
from flat_plugin.energy.accelergy import PLUG_IN, AccelergyEstimator, architecture_text
from flat_plugin.energy.estimator import NoEstimate
from flat_plugin.energy.files import table_texts
from flat_plugin.energy.plug_in.flat_softmax_energy import softmax_unit
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramCrashed, ProgramMissing, ProgramTimeout, UnreadableOutput
from flat_plugin.programs.process import run_program

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "reference" / "accelergy"
needs_accelergy = pytest.mark.skipif(not shutil.which("accelergy"), reason="accelergy is not on PATH")
EDGE = find_architecture("edge")


def estimate(**options) -> dict[str, object]:
    return dict(AccelergyEstimator(**options).estimate(EDGE).components)


def test_its_answer(programs, replay, tmp_path: Path) -> None:
    path = programs("accelergy", replay())
    folder = tmp_path / "run; $(with) ünicode"
    table = AccelergyEstimator(folder=folder).estimate(EDGE)
    assert table.components == energy_for(EDGE).components  # the table that ships
    assert table.source.startswith(f"Accelergy, accelergy ({path}, sha256 ")  # a stand-in has no version
    assert [tool.partition(" ")[0] for tool in table.tools] == [
        "accelergy-aladdin-plug-in",
        "accelergy-cacti-plug-in",
        "accelergy-library-plugin",
        "accelergy-table-based-plug-ins",
        "flat-plugin",
    ]
    assert (folder / "accelergy.log").read_text().count("estimated") > 20
    assert (folder / "architecture.yaml").read_text() == architecture_text(EDGE)


def test_its_command(programs, tmp_path: Path) -> None:
    programs("accelergy", "print(json.dumps(sys.argv[1:])); sys.exit(1)")
    with pytest.raises(ProgramCrashed) as caught:
        AccelergyEstimator(folder=tmp_path / "run").estimate(EDGE)
    outputs = ["ERT", "ERT_summary", "ART", "ART_summary"]
    arguments = ["architecture.yaml", "-o", ".", "-f", *outputs, "-e", str(PLUG_IN)]
    assert list(caught.value.command[1:]) == arguments
    assert caught.value.folder == tmp_path / "run"
    assert caught.value.log in (tmp_path / "run" / "accelergy.log").read_text()


def test_the_architecture_that_it_reads() -> None:
    document = yaml.safe_load(architecture_text(EDGE))["architecture"]
    assert document["version"] == 0.4
    unit = document["subtree"][0]["local"][-1]
    assert unit["class"] == "softmax_unit"
    assert unit["attributes"] == {"lanes": 32, "passes": 3, "datawidth": 16}
    assert unit["required_actions"] == ["compute", "max", "exponent", "sum", "scale", "leak"]
    assert "left out" not in architecture_text(EDGE)
    again = replace(read_architecture(architecture_text(EDGE)), name="edge")
    assert again == EDGE
    assert (RECORDED / "architecture.yaml").read_text() == architecture_text(EDGE)


def test_an_architecture_is_estimated_once(programs, replay, tmp_path: Path) -> None:
    programs("accelergy", replay() + f"\nopen({str(tmp_path / 'calls')!r}, 'a').write('x')")
    estimator = AccelergyEstimator()
    assert estimator.estimate(EDGE) == estimator.estimate(replace(EDGE, name=EDGE.name))
    assert (tmp_path / "calls").read_text() == "x"


FAILURES = [
    (
        "print('2026-01-01 00:00:00 ERROR  Can not find an energy estimator for quux(width=8).read()');"
        " sys.exit(1)",
        NoEstimate,
        r"no plug-in of Accelergy knows the energy of quux\(width=8\)\.read\(\)",
    ),
    (
        "print('|| Traceback\\n||   a line\\n|| ArithmeticError: Failed to evaluate: LPDDR4\\n|| Location');"
        " sys.exit(255)",
        ProgramCrashed,
        "accelergy failed: ArithmeticError: Failed to evaluate: LPDDR4",
    ),
    ("os.kill(os.getpid(), 11)", ProgramCrashed, "killed by SIGSEGV; it printed nothing"),
    ("sys.exit(3)", ProgramCrashed, "ended with exit code 3"),
    ("print('no input is provided')", UnreadableOutput, "exit code 0 but wrote no tables: no input"),
]


@pytest.mark.parametrize(("body", "kind", "message"), FAILURES)
def test_its_failures_are_told_apart(programs, body: str, kind: type[Exception], message: str) -> None:
    programs("accelergy", body)
    with pytest.raises(kind, match=message):
        estimate()


TRAPS = [
    # No required_actions, or another version of the architecture: an ERT without tables, exit code 0.
    ("ERT", (RECORDED / "ERT.yaml").read_text(), "ERT: {version: '0.4', tables: []}", "lack DRAM"),
    ("ERT", "version: '0.4'", "version: '0.3'", "written by another Accelergy .*0.3.*expected 0.4"),
    ("ERT", "energy: 385.762", "energy: .nan", "cannot be read: .*bad figure"),
    ("ERT", (RECORDED / "ERT.yaml").read_text(), "}{", "cannot be read"),
    ("ERT_summary", (RECORDED / "ERT_summary.yaml").read_text(), "a: b", "cannot be read"),
    ("ART", "- name: system.SoftmaxUnit", "- name: system.Other", "lack SoftmaxUnit"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), TRAPS)
def test_an_answer_that_is_none(programs, replay, file: str, old: str, new: str, message: str) -> None:
    programs("accelergy", replay(file, old, new))
    with pytest.raises(UnreadableOutput, match=message):
        estimate()


def test_made_up_numbers_are_refused(programs, replay) -> None:
    programs("accelergy", replay("ERT_summary", "estimator: Aladdin_table", "estimator: dummy"))
    with pytest.raises(NoEstimate, match="PERegs: no plug-in of Accelergy knows it; its dummy plug-in"):
        estimate()


def test_a_run_that_hangs_is_killed(programs) -> None:
    programs("accelergy", "time.sleep(60)")
    start = time.monotonic()
    with pytest.raises(ProgramTimeout, match="did not end within 0.5 s"):
        estimate(time_limit=0.5)
    assert time.monotonic() - start < 30


def test_answers_of_an_earlier_run_do_not_count(programs, replay, tmp_path: Path) -> None:
    programs("accelergy", replay())
    AccelergyEstimator(folder=tmp_path / "run").estimate(EDGE)
    (tmp_path / "bin" / "accelergy").unlink()
    programs("accelergy", "print('nothing today')")
    with pytest.raises(UnreadableOutput, match="wrote no tables: nothing today"):
        AccelergyEstimator(folder=tmp_path / "run").estimate(EDGE)


def test_without_it(programs) -> None:
    with pytest.raises(ProgramMissing, match="accelergy is not on PATH; get it: pip install git"):
        AccelergyEstimator()


def test_an_energy_that_the_architecture_gives_wins(programs, replay) -> None:
    programs("accelergy", replay())
    assert EDGE.softmax is not None
    given = replace(EDGE, softmax=replace(EDGE.softmax, energy_pj=1.5))
    entry = AccelergyEstimator().estimate(given).components["SoftmaxUnit"]
    assert entry.actions == {"compute": 1.5}
    assert entry.estimator == "given in the architecture"
    assert entry.area_um2 == 267888.0


def test_the_wheel_puts_every_file_of_the_plug_in_where_accelergy_looks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    ours = {path.name for path in PLUG_IN.parent.iterdir() if path.is_file()} - {"__init__.py"}
    assert {Path(source).name for source in shared} == ours
    for source, target in shared.items():
        assert (ROOT / source).is_file() and Path(target).name == Path(source).name
        assert target.startswith("share/accelergy/")


# The real one


@needs_accelergy
@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_really_the_tables_that_ship(name: str) -> None:
    architecture = find_architecture(name)
    table = AccelergyEstimator().estimate(architecture)
    shipped = energy_for(architecture)
    assert table.components == shipped.components
    if (table.source, table.tools) == (shipped.source, shipped.tools):  # the same Accelergy
        for file, text in table_texts(table, architecture).items():
            assert text == (preset_path(name) / file).read_text()


@needs_accelergy
def test_really_no_answer_for_a_component() -> None:
    other = replace(EDGE, memories=(EDGE.memories[0], replace(EDGE.memories[1], kind="quuxSRAM")))
    other = replace(other, compute=replace(EDGE.compute, mesh_x=1, mesh_y=1, instances=1))
    with pytest.raises(NoEstimate, match="energy of quuxSRAM"):
        AccelergyEstimator().estimate(other)


@needs_accelergy
def test_really_our_plug_in_is_found_where_the_wheel_puts_it(tmp_path: Path) -> None:
    log, tables = run_accelergy(tmp_path, preset_path("edge") / "arch.yaml")
    assert "FlatSoftmax estimated 4.26754575p with accuracy 60%" in log
    assert tables == (energies(EDGE), areas(EDGE))


@needs_accelergy
def test_really_an_architecture_need_not_list_the_actions(tmp_path: Path) -> None:
    document = yaml.safe_load((preset_path("edge") / "arch.yaml").read_text())
    parts = document["architecture"]["subtree"][0]["local"]
    (unit,) = (part for part in parts if "lanes" in part["attributes"])
    del unit["required_actions"]
    text = yaml.safe_dump(document, sort_keys=False, default_style='"')
    path = tmp_path / "arch.yaml"
    path.write_text(text.replace('"0.4"', "0.4"))
    _, tables = run_accelergy(tmp_path, path)
    assert tables[0]["SoftmaxUnit"] == energies(EDGE)["SoftmaxUnit"]


@needs_accelergy
@pytest.mark.parametrize(("technology", "nanometres"), [("7nm", 7), (22, 22), (45e-9, 45)])
def test_really_at_other_nodes(technology: object, nanometres: float, tmp_path: Path) -> None:
    unit = {"name": "unit", "class": "softmax_unit", "attributes": {"lanes": 8, "datawidth": 16}}
    shared = {"technology": technology, "global_cycle_seconds": 1e-9}
    system = {"name": "system", "attributes": shared, "local": [unit]}
    document = {"architecture": {"version": 0.4, "subtree": [system]}}
    path = tmp_path / "arch.yaml"
    path.write_text(json.dumps(document))  # strings in double quotes
    _, (found, areas_found) = run_accelergy(tmp_path, path)
    ours = softmax_unit(16, 8, 1e-9, nanometres)
    expected = {"compute": ours.compute_pj, **ours.operations_pj, "leak": ours.leak_pj}
    assert found["unit"] == pytest.approx(expected, rel=1e-5)
    assert areas_found["unit"] == pytest.approx(ours.area_um2, rel=1e-5)


@needs_accelergy
@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_really_the_compound_of_parts_costs_the_same(name: str, tmp_path: Path) -> None:
    """Aladdin's plug-in, asked for every part, comes to what our plug-in says."""
    compound = PLUG_IN.with_name("flat_softmax_unit.yaml")
    log, tables = run_accelergy(tmp_path, preset_path(name) / "arch.yaml", compound)
    assert "FlatSoftmax estimated" not in log
    architecture = find_architecture(name)
    assert tables[0]["SoftmaxUnit"] == pytest.approx(energies(architecture)["SoftmaxUnit"], rel=1e-5)
    assert tables[1]["SoftmaxUnit"] == pytest.approx(areas(architecture)["SoftmaxUnit"], rel=1e-5)


def run_accelergy(folder: Path, *inputs: Path) -> tuple[str, tuple[object, object]]:
    """Run it by hand on an environment in which our wheel would have been installed."""
    shared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    targets = shared["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    for source, target in targets.items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, folder / target)
    program = shutil.which("accelergy")
    assert program is not None
    theirs = Path(program).parents[1] / "share" / "accelergy"
    places = [str(folder / "share" / "accelergy"), str(theirs)]
    config = {
        "version": 0.4,
        "estimator_plug_ins": [f"{place}/estimation_plug_ins" for place in places],
        "primitive_components": [f"{place}/primitive_component_libs" for place in places],
        "compound_components": [],
        "python_plug_ins": [],
    }
    (folder / "accelergy_config.yaml").write_text(yaml.safe_dump(config))
    command = [program, *map(str, inputs), "-o", "out"]
    done = run_program(command, folder, 300, folder / "log")
    assert done.returncode == 0, done.log
    ert, art = read_ert(folder / "out" / "ERT.yaml"), read_art(folder / "out" / "ART.yaml")
    log = (folder / "log").read_text()
    return log, ({name: dict(entry.actions) for name, entry in ert.components.items()}, art)


def energies(architecture: Architecture) -> dict[str, dict[str, float]]:
    return {name: dict(entry.actions) for name, entry in energy_for(architecture).components.items()}


def areas(architecture: Architecture) -> dict[str, float | None]:
    return {name: entry.area_um2 for name, entry in energy_for(architecture).components.items()}


def test_a_folder_that_cannot_be_written(programs, replay, tmp_path: Path) -> None:
    programs("accelergy", replay())
    (tmp_path / "file").write_text("")
    with pytest.raises(FlatError, match="a file is in the place of a folder"):
        AccelergyEstimator(folder=tmp_path / "file").estimate(EDGE)


def test_no_room_for_temporary_files(programs, replay, monkeypatch: pytest.MonkeyPatch) -> None:
    programs("accelergy", replay())
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with pytest.raises(FlatError, match="/nowhere: cannot be written"):
        estimate()
