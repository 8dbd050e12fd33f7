"""Python and the command line have the same options and the same defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click
import pytest
import typer

import flat_plugin as flat
from flat_plugin import defaults
from flat_plugin.cli import app

WORKLOAD = {"model", "config", "part", "attention", "mix"}  # ways to name it on the command line
NAMES = {"arch": "architecture", "changes": "set", "files": "beside"}  # of options -> of parameters
ONLY_HERE = {"as_json"}  # how a command prints

# command -> (function, parameters that have no option, options that are no parameter), each with its reason
PAIRS: dict[str, tuple[Callable[..., Any], set[str], set[str]]] = {
    "estimate": (flat.estimate, set(), {"trace"}),  # a function of its own
    "explain": (flat.explain, {"level", "engine"}, set()),  # they have one choice
    "search": (flat.search, set(), {"pareto", "output", "proof"}),  # functions of their own; what is printed
    "generate": (flat.generate, set(), set()),
    "compare": (flat.compare, set(), {"causes", "trace"}),  # how many are printed; a way to name the workload
    "energy": (flat.energy_table, set(), {"compare", "template"}),  # functions of their own
    "show": (flat.show, set(), set()),
    "model": (flat.evaluate_mapping, {"ert"}, set()),  # one of the files beside
    "run": (
        flat.run,
        {"progress"},
        {"dry_run", "strict"},
    ),  # a function to call; its own function, the exit code
}
LATER = {  # options whose default is told from what is typed, or filled in by the function
    ("energy", "estimator"),  # typed beside --compare it is refused
    ("energy", "time_limit"),
    ("generate", "arch"),  # what is required comes after it in Python
    ("search", "dataflow"),  # a list, which may be repeated
    ("run", "output"),  # not needed for --dry-run
    ("run", "cluster_options"),  # a text, and a mapping
}
SEVERAL = {"dataflows": "dataflow"}  # a parameter for several, which the option is for too


def command(name: str) -> dict[str, click.Parameter]:
    found = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    return {p.name: p for p in found.params if p.name not in ONLY_HERE}


def function(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(PAIRS[name][0]).parameters)


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_options(name: str) -> None:
    _, only_python, only_command = PAIRS[name]
    options = {NAMES.get(option, option) for option in command(name)} - only_command
    if options & WORKLOAD:
        options = (options - WORKLOAD - {"queries"}) | {"workload", "queries"}
    parameters = {SEVERAL.get(parameter, parameter) for parameter in function(name)} - only_python
    assert options == parameters


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_defaults(name: str) -> None:
    parameters = function(name)
    for option, given in command(name).items():
        parameter = parameters.get(NAMES.get(option, option))
        if (name, option) in LATER:
            continue
        if parameter is None or given.required:
            assert parameter is None or parameter.default is inspect.Parameter.empty, option
            continue
        ours = parameter.default
        if isinstance(ours, tuple):
            ours = ",".join(ours)
        theirs = None if given.default in ((), "") else given.default
        assert ours == theirs or (ours in (None, False, "") and not theirs), option


def test_what_a_command_takes_where_no_dataflow_is_named() -> None:
    commands = {name: import_module(f"flat_plugin.cli.{name}") for name in ("estimate", "files", "search")}
    assert ",".join(defaults.COMPARED) == commands["estimate"].FLOWS
    assert ",".join(defaults.WRITTEN) == commands["files"].FLOWS
    assert ",".join(defaults.SEARCHED) == commands["search"].FAMILIES
    assert defaults.COMPARED[0] == defaults.ESTIMATED == "base"
    assert flat.estimate("bert-base", seq=128).dataflow == defaults.ESTIMATED
    assert flat.explain("bert-base", seq=128).estimate.dataflow.startswith(defaults.EXPLAINED)


def test_queries_and_set_are_what_they_are_on_the_command_line() -> None:
    step = flat.find_model("gpt2").decoding(4)
    changes = {"buffer_kb": 1024}
    asked = flat.estimate("gpt2", "edge", "flat-h", seq=512, queries=4, set=changes)
    assert asked.to_dict() == flat.estimate(step, "edge", "flat-h", seq=512, set=changes).to_dict()
    assert asked.requirement.capacity == 512 * 1024
    with pytest.raises(flat.FlatError, match="set.buffer: .*buffer_kb"):
        flat.estimate("gpt2", "edge", seq=512, set={"buffer": 1})
    with pytest.raises(flat.FlatError, match="queries: sizes by hand have their own queries"):
        flat.estimate(flat.Attention(1, 1, 8, 8, 8), queries=4)


def test_a_search_of_both_kinds_by_name_or_by_default() -> None:
    found = flat.search("t5-small", seq=256)
    each = flat.search_each("t5-small", seq=256)
    assert found.mapping == each.best.mapping
    assert found.value == each.best.value
