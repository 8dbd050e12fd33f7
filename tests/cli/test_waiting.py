"""What is shown while a search runs, and what Ctrl-C then says."""

import contextlib

import pytest
import typer

from flat_plugin.cli.waiting import searching, searching_for


def test_ctrl_c_ends_a_search_with_a_line_and_its_code(capsys):
    with pytest.raises(typer.Exit) as ended, searching():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "flat: interrupted before anything was found\n"


@pytest.mark.parametrize("flows", [("base", "flat-opt"), ("flash",), ("edge", None, "base-opt")])
def test_dataflows_that_are_searched_are_waited_for(flows):
    with pytest.raises(typer.Exit), searching_for(*flows):
        raise KeyboardInterrupt


@pytest.mark.parametrize("flows", [("base", "flat-r64"), (None,), ("edge", "no such dataflow")])
def test_others_are_not(flows):
    assert isinstance(searching_for(*flows), contextlib.nullcontext)
