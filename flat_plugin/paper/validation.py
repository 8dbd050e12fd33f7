"""All comparisons with published data: what ``flat validate`` prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.paper import authors, fusemax, rtl
from flat_plugin.paper.comparison import Comparison

EXPERIMENTS: dict[str, tuple[tuple[str, ...], Callable[[Path], list[Comparison]]]] = {
    "rtl": ((rtl.FILE,), rtl.rtl_comparisons),
    "authors": ((authors.FILE,), authors.authors_comparisons),
    "fusemax": ((fusemax.FLAT_FILE, fusemax.UNFUSED_FILE, authors.FILE), fusemax.fusemax_comparisons),
}


def available(folder: Path) -> tuple[str, ...]:
    """Experiments whose published files are in the folder."""
    return tuple(
        name for name, (files, _) in EXPERIMENTS.items() if all((folder / file).is_file() for file in files)
    )


def compare(folder: Path, experiment: str | None = None) -> list[Comparison]:
    """Ours beside theirs, row by row, of one experiment or of all whose files are here.

    Raises:
        FlatError: no such experiment, or its published data is not here.
    """
    if experiment is None:
        return [row for name in available(folder) for row in EXPERIMENTS[name][1](folder)]
    if experiment not in EXPERIMENTS:
        raise FlatError("no such experiment", value=experiment, expected=" or ".join(EXPERIMENTS))
    return EXPERIMENTS[experiment][1](folder)
