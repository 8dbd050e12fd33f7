"""The axes of a batch: the inputs in which its runs differ, each a column and a control of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flat_plugin.report.analysis.columns import BY_NAME, Row, Value, bandwidth_of, gb_per_s_of, settings_text
from flat_plugin.report.analysis.fronts import WORKLOAD
from flat_plugin.report.read.order import place
from flat_plugin.report.read.results import Run

# Inputs that are columns already, in the order in which a name gives them.
_COLUMNS = (
    *("dataflow", "model", "seq_tokens", "query_tokens", "batch_sequences", "mask", "bits", "architecture"),
    *(
        "asked_stage",
        "skip",
        "elementwise",
        "level",
        "softmax",
        "overflow",
        "space",
        "engine",
        "mapper",
        "tool",
        "energy_source",
    ),
)
_ALONE = ("dataflow", "model", "architecture")  # the name of a run that differs from no other
# Those that say nothing new where another axis decides them: queries in prefill, say.
_FOLLOWING = ("query_tokens", "tool", "energy_source")
# What a run has as its inputs under other names than its columns have.
_NAMED = frozenset({"model", "seq", "queries", "batch", "architecture", "overrides", "dataflow", "level"}) | {
    *("softmax", "overflow", "stage", "space", "engine", "mapper", "mask", "skip", "elementwise", "bits")
}
_TITLES = {
    "buffer_kb": ("buffer", "KiB"),
    "buffer_words_per_cycle": ("buffer bandwidth", "words/cycle"),
    "dram_words_per_cycle": ("DRAM bandwidth", "words/cycle"),
    "buffer_gb_per_s": ("buffer bandwidth", "GB/s"),
    "dram_gb_per_s": ("DRAM bandwidth", "GB/s"),
    "pes": ("PEs", ""),
    "softmax_lanes": ("softmax lanes", "lanes"),
    "softmax_passes": ("softmax passes", "passes"),
    "topk_lanes": ("top-k lanes", "comparisons/cycle"),
}
# How the name of a run says a value that would not explain itself; {} is the value.
_SAID = {
    "seq_tokens": "{} tokens",
    "query_tokens": "{} queries",
    "batch_sequences": "batch {}",
    "mask": "{} mask",
    "asked_stage": "staged {}",
    "skip": "skip {}",
    "elementwise": "elementwise {}",
    "bits": "{} bits",
    "softmax": "softmax {}",
    "buffer_kb": "{} KiB",
    "softmax_lanes": "{} lanes",
    "softmax_passes": "{} passes",
    "topk_lanes": "{} top-k lanes",
}


@dataclass(frozen=True)
class Axis:
    """``values`` has one for each run; None where the run does not say (an override that it leaves alone)."""

    name: str
    title: str
    unit: str
    values: tuple[Value, ...]

    @property
    def numeric(self) -> bool:
        """Numbers, as far as there are values."""
        known = [value for value in self.values if value is not None]
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)

    @property
    def choices(self) -> list[Value]:
        """The distinct values in order, nothing first."""
        return sorted(set(self.values), key=place)

    def to_dict(self) -> dict[str, object]:
        """``said`` are the choices in names of runs; ``workload`` is whether it changes what is computed."""
        choices = self.choices
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "numeric": self.numeric,
            "choices": choices,
            "said": [self.said(choice) for choice in choices],
            "workload": self.name in WORKLOAD,
        }

    def said(self, value: Value) -> str:
        """A value in the name of a run."""
        if value is None or value == "":
            return ""
        text = value if isinstance(value, str) else f"{value:,}"
        usual = "{}" if isinstance(value, str) and self.name in BY_NAME else f"{self.title} {{}} {self.unit}"
        return _SAID.get(self.name, usual).format(text).strip()


def axes_of(runs: Sequence[Run], rows: Sequence[Row]) -> list[Axis]:
    """What tells these runs apart; ``rows`` are the runs' rows of the table."""
    columns = [BY_NAME[name] for name in _COLUMNS]
    found = [Axis(c.name, c.title, c.unit, tuple(row[c.name] for row in rows)) for c in columns]
    found += [_override(name, runs) for name in _keys(runs, "overrides")]
    found += [_unnamed(name, runs) for name in _more(runs)]
    varying = [axis for axis in found if len(set(axis.values)) > 1]
    return [axis for axis in varying if axis.name not in _FOLLOWING or not _follows(axis, varying)]


def names_of(axes: Sequence[Axis], rows: Sequence[Row]) -> list[str]:
    """A name for each run by what tells it from the others; numbered where nothing does."""
    seen: dict[str, int] = {}
    names = []
    for index, row in enumerate(rows):
        said = [axis.said(axis.values[index]) for axis in axes]
        name = " · ".join(filter(None, said)) or " · ".join(str(row[column]) for column in _ALONE)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _keys(runs: Sequence[Run], name: str) -> list[str]:
    return list(dict.fromkeys(key for run in runs for key in run.inputs.get(name) or {}))


def _more(runs: Sequence[Run]) -> list[str]:
    """Inputs that no column is of."""
    return list(dict.fromkeys(key for run in runs for key in run.inputs if key not in _NAMED))


def _unnamed(name: str, runs: Sequence[Run]) -> Axis:
    title, unit = _TITLES.get(name, (name, ""))
    return Axis(name, title, unit, tuple(_plain(run.inputs.get(name)) for run in runs))


def _override(name: str, runs: Sequence[Run]) -> Axis:
    """A figure that some runs change; the others have what the architecture was built with, if it is told."""
    title, unit = _TITLES.get(name, (name, ""))
    built = _BUILT.get(name)
    given = [(run.inputs.get("overrides") or {}).get(name) for run in runs]
    values = given
    if built is not None:
        values = [built(run) if value is None else value for run, value in zip(runs, given, strict=True)]
    if name == "pes":
        counts = [run.architecture["pes"] for run in runs]
        shapes = {(count, str(value)) for count, value in zip(counts, given, strict=True) if value}
        values = counts if len({count for count, _ in shapes}) == len(shapes) else given
    return Axis(name, title, unit, tuple(map(_plain, values)))


def _plain(value: object) -> Value:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return settings_text(value)
    return " × ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _follows(axis: Axis, others: Sequence[Axis]) -> bool:
    """Whether one of the others decides it."""
    earlier = [other for other in others if other.name not in _FOLLOWING]
    return any(len(set(zip(o.values, axis.values, strict=True))) == len(set(o.values)) for o in earlier)


def _buffer_kib(run: Run) -> Value:
    return BY_NAME["buffer_kib"].value(run)


_BUILT: Mapping[str, Callable[[Run], Value]] = {
    "buffer_kb": _buffer_kib,
    "buffer_words_per_cycle": lambda run: bandwidth_of(run.buffer),
    "dram_words_per_cycle": lambda run: bandwidth_of(run.outer),
    "buffer_gb_per_s": lambda run: gb_per_s_of(run, run.buffer),
    "dram_gb_per_s": lambda run: gb_per_s_of(run, run.outer),
    "softmax_lanes": lambda run: (run.architecture["softmax"] or {}).get("lanes"),
}
