"""How the runs of a batch ended, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.wording import counted

_SHOWN = 20  # reasons that are printed
_NAMED = 3  # runs that are named with a reason


def batch_text(result: Any) -> RenderableType:
    """The summary of a ``BatchResult``, and the reasons of what failed or does not fit."""
    return Group(Text(summary(result, result.output)), *reasons(result))


def summary(result: Any, output: object) -> str:
    """How many runs ended how, and where they are."""
    total, failed, unfit = len(result.outcomes), result.failures, result.unfit
    before = f" ({result.before:,} done before)" if result.before else ""
    counts = [f"{total - len(failed) - len(unfit):,} of {counted(total, 'run')} ok{before}"]
    flows = Counter(run.dataflow.name for run, _ in unfit)
    named = ", ".join(f"{flow} ×{count:,}" for flow, count in flows.items())
    fit = "does not fit" if len(unfit) == 1 else "do not fit"
    counts += [f"{len(unfit):,} {fit}: {named}"] * bool(unfit)
    counts += [f"{len(failed):,} failed"] * bool(failed)
    return f"{', '.join(counts)}; results in {output}"


def reasons(result: Any) -> Iterator[Text]:
    """Runs without an estimate, those with one reason together."""
    found = _by_reason((*result.failures, *result.unfit))
    for runs, outcome in found[:_SHOWN]:
        named = "\n".join(f"✗ {run.key}  {run}" for run in runs[:_NAMED])
        more = f"\n  … and {len(runs) - _NAMED:,} more with this reason" if len(runs) > _NAMED else ""
        said = outcome.message if outcome.status == "unfit" else f"{outcome.kind}: {outcome.message}"
        yield Text(f"{named}{more}\n  {said}", style="yellow")
    if len(found) > _SHOWN:
        yield Text(f"… and {len(found) - _SHOWN:,} more reasons (--json lists all)", style="yellow")


def _by_reason(ended: Iterable[tuple[Any, Any]]) -> list[tuple[list[Any], Any]]:
    """Runs that ended for one and the same reason, together."""
    found: dict[tuple[str, str], tuple[list[Any], Any]] = {}
    for run, outcome in ended:
        found.setdefault((outcome.kind, outcome.message), ([], outcome))[0].append(run)
    return list(found.values())
