"""What a command imports: its own module, and no outside program's."""

import subprocess
import sys

import pytest

CODE = """
import sys
from flat_plugin.cli import main
sys.argv = ["flat", *{arguments}]
try:
    main()
except SystemExit:
    pass
print(*(name for name in sys.modules if name.startswith("flat_plugin.")), file=sys.stderr)
"""


def imported(*arguments):
    code = CODE.format(arguments=arguments)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.removeprefix("flat_plugin.") for name in run.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize("command", ["estimate", "explain"])
def test_named_dataflows_need_no_search_and_no_program(command):
    found = imported(command, "--model", "gpt2", "--seq", "64")
    own = {name for name in found if name.startswith("cli.")}
    assert "cli.estimate" in own
    assert not own & {"cli.explore", "cli.search", "cli.paper", "cli.report"}
    assert not {"energy.accelergy", "energy.hwcomponents", "engines.timeloop", "engines.doctor"} & found
    assert not {"mapspace.ragged", "mapspace.search.build", "timeloop.emit", "exploration"} & found


def test_help_lists_every_command():
    from flat_plugin.cli import COMMANDS

    run = subprocess.run(
        [sys.executable, "-c", "from flat_plugin.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    listed = run.stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed[: len(COMMANDS)]] == list(COMMANDS)


def test_the_package_runs_as_the_command():
    command = [sys.executable, "-m", "flat_plugin", "--version"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("flat-plugin ")
