"""Help is as wide as the terminal, and its lists stay readable where that is narrow."""

import re

import pytest

from flat_plugin.cli import COMMANDS
from flat_plugin.cli.help_text import WIDEST


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("command", [[], ["report"]])
def test_it_keeps_to_the_terminal(flat, columns, command):
    lines = flat(*command, "--help", columns=columns).out.splitlines()
    longest = max(map(len, lines))
    assert min(columns, WIDEST) - 20 < longest <= min(columns, WIDEST)


def test_summaries_are_whole_at_80_columns(flat):
    listed = flat("--help", columns=80).out.partition("Commands:\n")[2].splitlines()
    summaries = dict(line.split(maxsplit=1) for line in listed[: len(COMMANDS)])
    assert list(summaries) == list(COMMANDS)
    assert not [name for name, summary in summaries.items() if summary.endswith("...")]


def test_descriptions_go_below_long_options_where_there_is_no_room_beside_them(flat):
    narrow = flat("show", "--help", columns=40).out.splitlines()
    below = narrow[narrow.index("  --ert FILE") + 1]
    assert below.strip().startswith("Energies from") and below.startswith("    ")
    wide = flat("show", "--help", columns=80).out
    assert "  --ert FILE                      Energies from this Accelergy ERT." in wide


def test_h_is_short_for_help(flat):
    assert flat("show", "-h").out == flat("show", "--help").out
    assert flat("-h").out == flat("--help").out


@pytest.mark.parametrize("command", ["report", "model", "show", "list", "schema"])
def test_arguments_have_one_pair_of_brackets_and_one_ellipsis(flat, command):
    usage = flat(command, "--help", columns=100).out.partition("\n\n")[0]
    assert not any(twice in usage for twice in ("[[", "...]...", "...}..."))


@pytest.mark.parametrize("columns", [40, 61, 80, 100])
@pytest.mark.parametrize("command", ["search", "solve", "estimate", "explore"])
def test_lines_do_not_end_within_a_name(flat, command, columns):
    text = flat(command, "--help", columns=columns).out
    assert not [line for line in text.splitlines() if line.rstrip().endswith("-")]
    assert "\u2011" not in text and "base-opt" in flat("search", "--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_it_names_no_types_of_the_code(flat, command):
    text = flat(command, "--help", columns=100).out
    assert not re.findall(r"<(?:str|path|list|int).*>|\bx>=\d|\{.*\}", text)


def test_what_is_required_is_typed_as_it_is_named(flat):
    usage = flat("model", "--help", columns=100).out.splitlines()[0]
    assert usage == "Usage: flat model [OPTIONS] ARCH PROBLEM MAPPING [FILE]..."
