"""``estimate_trace``: what a table of fetched keys and values costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.api.inputs import platform_of
from flat_plugin.architecture import Architecture, EnergyTable, Platform
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.errors import check_choice
from flat_plugin.model.softmax import MODES
from flat_plugin.question.trace_cost import TraceEstimate, traced
from flat_plugin.workload.trace import read_trace
from flat_plugin.workload.widths import Given as Widths
from flat_plugin.workload.widths import read_widths


@checked
def estimate_trace(
    trace: str | Path,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    *,
    bits: Widths = None,
    set: Mapping[str, object] | None = None,
    softmax: str = defaults.SOFTMAX,
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
) -> TraceEstimate:
    """Bits, multiply-accumulates, cycles and energy of the keys and values that a trace fetches.

    Args:
        trace: a CSV file (or ``.csv.gz``) with a row for each step, layer and head, as SpAtten's artifact
            writes it: its columns are those of :class:`flat_plugin.workload.trace.TraceRow`.
        architecture: an architecture, a preset's name or a v0.4 file.
        bits: widths of S and O, and of Q, K and V where the table says -1 for "not quantised" (12 bits if not
            given).
        set: changes to the architecture, such as ``{"buffer_kb": 1024}``.
        softmax: ``free``, ``serial`` or ``array``; operators wait for each other, so ``overlapped`` is as
            ``serial``.
        ert: a table of energies or its file; the estimator's if not given.
        estimator: as for :func:`estimate`.

    Raises:
        InvalidMapping: a row does not fit the memories.
        FlatError: the table is not there, is damaged, or contradicts itself.
    """
    check_choice("softmax", softmax, MODES)
    platform = platform_of(architecture, set, ert, estimator)
    widths = read_widths(bits).over(platform.architecture.widths)
    return traced(read_trace(trace), platform, softmax, widths)
