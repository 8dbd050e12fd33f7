"""``flat doctor``."""

from __future__ import annotations

from flat_plugin.cli.options import AsJson, print_json, show


def doctor(as_json: AsJson = False) -> None:
    """Which outside tools are installed, and how to get the others.

    Shows the version of each, and what it adds.
    """
    from flat_plugin.engines.doctor import survey

    findings = survey()
    if as_json:
        print_json([finding.to_dict() for finding in findings])
        return
    from flat_plugin.report.terminal.hanging import terminal_width
    from flat_plugin.report.terminal.tables import tools

    show(tools(findings, terminal_width()))
