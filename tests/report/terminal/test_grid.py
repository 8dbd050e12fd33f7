"""Tables where there is room, records where there is not; no figure is ever cut."""

import io

import pytest
from rich.console import Console

from flat_plugin.report.terminal.grid import named_grid


def printed(width):
    table = named_grid("", ("operator", "level"), ("reads", "energy"))
    table.add_row("logit", "GlobalBuffer", "1,234,567", "53.5 mJ")
    table.add_row("attend", "DRAM", "89", "")
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return console.file.getvalue()


def test_a_table_where_there_is_room():
    assert ["logit", "GlobalBuffer", "1,234,567", "53.5", "mJ"] in [
        line.split() for line in printed(60).splitlines()
    ]


def test_a_record_for_each_row_where_there_is_not():
    assert printed(30).split("\n") == [
        "logit GlobalBuffer",
        "  reads 1,234,567,",
        "  energy 53.5 mJ",
        "attend DRAM",
        "  reads 89",
        "",
    ]


@pytest.mark.parametrize("width", range(24, 90, 3))
def test_nothing_is_cut_and_no_line_is_too_long(width):
    text = printed(width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "1,234,567" in text and "53.5 mJ" in text
