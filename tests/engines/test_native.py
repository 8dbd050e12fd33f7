"""The built-in engine: a task in, Timeloop's numbers out, and its own name for who answered."""

import flat_plugin as flat
from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.protocol import Task


def test_a_task_is_evaluated_as_it_is(logit, mapping, edge, energies):
    engine = NativeEngine()
    task = Task(logit, flat.Platform(edge, energies), mapping)
    done = engine.run(task)
    assert done.result.to_dict() == engine.evaluate(logit, edge, mapping, energies).to_dict()
    assert done.mapping is mapping and done.complete and done.command == ()
    assert (engine.name, done.tool) == ("native", engine.tool)


def test_what_answers_depend_on_is_its_version_alone():
    assert NativeEngine().identity() == NativeEngine().identity() != ""
