"""``flat --help`` says what each command is for in a line that is shown whole."""

from __future__ import annotations

from typer.testing import CliRunner

from flat_plugin.cli import app


def test_no_summary_is_cut_at_80_columns() -> None:
    printed = CliRunner().invoke(app, ["--help"], terminal_width=80, env={"COLUMNS": "80"})
    commands = printed.output.partition("Commands:")[2].strip().splitlines()
    assert len(commands) == len(app.registered_commands)
    assert [line for line in commands if line.rstrip().endswith("...")] == []
