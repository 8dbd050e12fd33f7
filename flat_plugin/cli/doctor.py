"""``flat doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flat_plugin.cli.options import AsJson, print_json, show

if TYPE_CHECKING:
    from flat_plugin.engines.doctor import Finding


def doctor(as_json: AsJson = False) -> None:
    """Which outside tools are here, which version, what each adds and how to get it."""
    from flat_plugin.engines.doctor import survey

    findings = survey()
    if as_json:
        print_json([finding.to_dict() for finding in findings])
        return
    from rich.text import Text

    for finding in findings:
        show(Text("\n".join(_lines(finding))))


def _lines(finding: Finding) -> list[str]:
    if finding.found:
        first = f"✓ {finding.name} {finding.version}".rstrip()
        return [f"{first}  {finding.where}", *(f"    {line}" for line in finding.details)]
    adds = f"✗ {finding.name}  would add: {finding.adds}"
    return [adds, *(f"    {line}" for line in finding.details), f"    get it: {finding.get}"]
