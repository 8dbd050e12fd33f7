"""The choices that help and completion show are those of the modules that read them."""

from importlib import import_module

import pytest
import typer

from flat_plugin.cli import app, choices, in_front
from flat_plugin.cli.names import KINDS

HOMES = {
    "ELEMENTWISE": ("model.layer", "ELEMENTWISE"),
    "ESTIMATORS": ("energy.choose", "ESTIMATORS"),
    "ENGINES": ("engines.choose", "ENGINES"),
    "FACTORS": ("mapping.dataflow", "FACTORS"),
    "FORMS": ("workload.latent", "FORMS"),
    "FRONTS": ("mapspace.objective", "FRONTS"),
    "LEVELS": ("workload.gaps", "LEVELS"),
    "MAPPED": ("exploration.figures", "MAPPED"),
    "MODES": ("model.softmax", "MODES"),
    "OBJECTIVES": ("mapspace.objective", "OBJECTIVES"),
    "OVERFLOWS": ("model.layer", "OVERFLOWS"),
    "OVERRIDES": ("architecture.overrides", "OVERRIDES"),
    "PARTS": ("workload.configurations.composite_models", "PARTS"),
    "SKIPS": ("model.layer", "SKIPS"),
    "STATISTICS": ("report.analysis.arrange", "STATISTICS"),
    "TABLES": ("report.analysis.exported_tables", "TABLES"),
}


@pytest.mark.parametrize("name", HOMES)
def test_they_are_those_of_the_module_that_reads_them(name):
    module, constant = HOMES[name]
    assert set(getattr(choices, name)) == set(getattr(import_module(f"flat_plugin.{module}"), constant))


def test_experiments_are_those_there_are():
    from flat_plugin.paper.reproduce import _declared
    from flat_plugin.paper.validation import NAMES

    assert set(choices.VALIDATIONS) == set(NAMES)
    declared = _declared()
    assert list(choices.EXPERIMENTS) == [each["name"] for each in declared["experiments"]]
    assert list(choices.ASSUMPTIONS) == [*declared["assumptions"]]


def test_schemas_are_those_there_are():
    from flat_plugin import api

    assert list(choices.SCHEMAS) == list(api.schema_names())


def test_kinds_of_names_are_those_of_the_catalogue():
    from flat_plugin import api

    assert list(KINDS) == list(api.names())


def options():
    """Of every command: its options, in the order of its help."""
    commands = typer.main.get_command(app).commands
    for name, command in commands.items():
        found = [param for param in command.params if param.param_type_name == "option"]
        yield name, {max(param.opts, key=len): param for param in found}


def test_commands_have_their_common_options_in_one_order():
    orders = dict(options())
    for one, first in orders.items():
        for other, second in orders.items():
            common = [option for option in first if option in second]
            assert common == [option for option in second if option in first], (one, other)


def test_every_option_that_takes_a_value_says_what():
    for command, found in options():
        for option, param in found.items():
            assert param.is_flag or param.metavar, f"{command} {option}"


def test_jobs_have_a_short_name_everywhere():
    for _, found in options():
        for option, param in found.items():
            assert option != "--jobs" or "-j" in param.opts


def test_how_loud_to_be_may_be_said_anywhere():
    assert in_front(["run", "sweep.yaml", "-q"]) == ["-q", "run", "sweep.yaml"]
    assert in_front(["run", "--", "-q"]) == ["run", "--", "-q"]
