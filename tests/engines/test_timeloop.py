"""The engine around Timeloop: what it makes of a program's answer, and of everything else it may do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from flat_plugin.architecture import Platform
from flat_plugin.engines.errors import DoesNotFit, NoValidMapping, UnderflowEnergy
from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.protocol import Task
from flat_plugin.engines.timeloop import TimeloopEngine
from flat_plugin.errors import InvalidMapping
from flat_plugin.programs.errors import (
    ProgramCrashed,
    ProgramError,
    ProgramMissing,
    ProgramTimeout,
    UnreadableOutput,
)
from flat_plugin.timeloop.settings import MapperSettings


def answering(text: str, program: str = "timeloop-model") -> str:
    return f"open('{program}.stats.txt', 'w').write({text!r})"


def test_its_answer_is_the_native_one(programs, logit, edge, mapping, energies, recorded) -> None:
    programs("timeloop-model", answering(recorded))
    theirs = TimeloopEngine().evaluate(logit, edge, mapping, energies)
    ours = NativeEngine().evaluate(logit, edge, mapping, energies)
    assert theirs.cycles == ours.cycles and theirs.utilization == ours.utilization
    assert theirs.energy_pj == pytest.approx(ours.energy_pj, rel=1e-9)


def test_a_run_keeps_its_folder(programs, logit, edge, mapping, energies, recorded, tmp_path: Path) -> None:
    program = programs("timeloop-model", "print('hello', sys.argv[1:])\n" + answering(recorded))
    folder = tmp_path / "with space; $(and) ünicode"
    run = TimeloopEngine(folder=folder).run(Task(logit, Platform(edge, energies), mapping))
    folder = folder / "logit"
    assert run.folder == folder
    inputs = ["architecture.yaml", "problem.yaml", "ERT.yaml", "ART.yaml", "mapping.yaml"]
    assert run.command == (str(program), *inputs, "-o", ".")
    assert run.tool.startswith(f"timeloop-model ({program}, sha256 ")
    assert all((folder / name).is_file() for name in inputs)
    assert (folder / "timeloop-model.log").read_text().startswith("hello ['architecture.yaml'")
    assert (folder / "timeloop-model.stats.txt").read_text() == recorded


def test_statistics_of_an_earlier_run_do_not_count(
    programs, logit, edge, mapping, energies, recorded, tmp_path: Path
) -> None:
    (tmp_path / "logit").mkdir()
    (tmp_path / "logit" / "timeloop-model.stats.txt").write_text(recorded)
    programs("timeloop-model", "print('ERROR: nothing today')")
    with pytest.raises(UnreadableOutput, match="exit code 0 but wrote no statistics: ERROR: nothing today"):
        TimeloopEngine(folder=tmp_path).evaluate(logit, edge, mapping, energies)


FAILURES = [
    (
        "print('ERROR: key not found: arithmetic, at line: 0'); sys.exit(1)",
        ProgramCrashed,
        "exit code 1: ERROR",
    ),
    ("os.kill(os.getpid(), signal.SIGSEGV)", ProgramCrashed, "killed by SIGSEGV; it printed nothing"),
    ("print('Failed to run Accelergy')", UnreadableOutput, "wrote no statistics: Failed to run Accelergy"),
    ("pass", UnreadableOutput, "wrote no statistics; it printed nothing"),
    (answering("garbage"), UnreadableOutput, "cannot be read: no statistics"),
    (answering(""), UnreadableOutput, "wrote no statistics"),
    (
        'print("ERROR: couldn\'t map level GlobalBuffer: mapped tile size 300 exceeds buffer capacity 200");'
        "sys.exit(1)",
        DoesNotFit,
        "mapped tile size 300 exceeds buffer capacity 200",
    ),
    ("print('\\x1b[31m\\x07 bad'); sys.exit(3)", ProgramCrashed, "exit code 3"),
]


@pytest.mark.parametrize(("body", "kind", "message"), FAILURES, ids=[m for _, _, m in FAILURES])
def test_failures_are_told_apart(body, kind, message, programs, logit, edge, mapping, energies) -> None:
    program = programs("timeloop-model", body)
    with pytest.raises(kind, match=message) as caught:
        TimeloopEngine().evaluate(logit, edge, mapping, energies)
    assert type(caught.value) is kind
    assert caught.value.command[0] == str(program)
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


def test_a_mapping_refused_is_an_invalid_mapping(programs, logit, edge, mapping, energies) -> None:
    programs("timeloop-model", FAILURES[6][0])
    with pytest.raises(InvalidMapping) as caught:
        TimeloopEngine().evaluate(logit, edge, mapping, energies)
    error = caught.value
    assert (error.level, error.tile, error.capacity) == ("GlobalBuffer", 300, 200)


def test_a_program_that_hangs_is_killed_with_its_children(programs, logit, edge, mapping, energies) -> None:
    programs("timeloop-model", "os.fork(); time.sleep(60)")
    start = time.monotonic()
    with pytest.raises(ProgramTimeout, match=r"did not end within 0\.5 s"):
        TimeloopEngine(time_limit=0.5).evaluate(logit, edge, mapping, energies)
    assert time.monotonic() - start < 30


def test_unsigned_underflow_is_not_an_energy(programs, logit, edge, mapping, energies, recorded) -> None:
    """A bypassed level whose count ran below zero prints energies of 10^15 pJ and more."""
    line = "        Scalar reads (per-instance)              : 196608"
    assert line in recorded
    huge = recorded.replace(line, line.replace("196608", str(2**64 - 64)), 1)
    programs("timeloop-model", answering(huge))
    with pytest.raises(UnderflowEnergy, match="an unsigned count ran below zero"):
        TimeloopEngine().evaluate(logit, edge, mapping, energies)


def test_a_mapper_that_finds_nothing(programs, logit, edge, mapping, energies) -> None:
    programs("timeloop-model", "")
    programs(
        "timeloop-mapper",
        "print('[  0] STATEMENT: 10000 invalid mappings (9266 fanout, 734 capacity) found since the last "
        "valid mapping, terminating search.')\n"
        "print('MESSAGE: no valid mappings found within search criteria.')",
    )
    with pytest.raises(NoValidMapping, match="10000 invalid mappings"):
        TimeloopEngine(mapper=MapperSettings()).evaluate(logit, edge, mapping, energies)


def test_a_mapper_out_of_time_gives_its_best_so_far(
    programs, logit, edge, mapping, energies, recorded, tmp_path: Path
) -> None:
    """It is interrupted first, and then writes what it has found."""
    programs("timeloop-model", "")
    programs(
        "timeloop-mapper",
        "class Stop(Exception): pass\n"
        "def stop(*_): raise Stop\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "try: time.sleep(60)\nexcept Stop: pass\n"
        "open('timeloop-mapper.map.yaml', 'w').write(open('mapping.yaml').read())\n"
        + answering(recorded, "timeloop-mapper"),
    )
    engine = TimeloopEngine(time_limit=1, folder=tmp_path, mapper=MapperSettings())
    run = engine.run(Task(logit, Platform(edge, energies), mapping))
    assert not run.complete
    assert run.result.cycles == 196608
    assert dict(run.mapping["DRAM"].temporal) == dict(mapping["DRAM"].temporal)


def test_nothing_on_path_says_how_to_get_it(programs) -> None:
    with pytest.raises(ProgramMissing, match="not on PATH and pytimeloop is not installed.*flat doctor"):
        TimeloopEngine()
    with pytest.raises(ProgramError, match="not on PATH"):
        TimeloopEngine("binary")
