"""What every engine promises, and that each of ours has it."""

from __future__ import annotations

import inspect

import pytest

from flat_plugin.architecture import Platform
from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.protocol import Engine, EngineRun, Task
from flat_plugin.engines.timeloop import TimeloopEngine


@pytest.mark.parametrize("kind", [NativeEngine, TimeloopEngine])
def test_engines_of_ours_take_a_task_and_give_a_run(kind: type[Engine]) -> None:
    promised, given = (inspect.signature(each.run) for each in (Engine, kind))
    assert (given.parameters, given.return_annotation) == (promised.parameters, "EngineRun")
    assert kind.name and hasattr(kind, "tool") and callable(kind.identity)


def test_a_task_is_one_operator_with_nothing_shared_and_nothing_fixed(logit, edge, energies, mapping) -> None:
    task = Task(logit, Platform(edge, energies), mapping)
    assert (task.shared, task.fixed) == ((), ())
    assert task == Task(logit, Platform(edge, energies), mapping)
    assert task != Task(logit, Platform(edge, energies), mapping, shared=("H",))


def test_a_run_is_whole_unless_it_says_otherwise(logit, edge, energies, mapping) -> None:
    run = NativeEngine().run(Task(logit, Platform(edge, energies), mapping))
    assert run == EngineRun(run.result, mapping, run.tool)
    assert run.complete and run.folder is None and run.command == () and run.seconds == 0
