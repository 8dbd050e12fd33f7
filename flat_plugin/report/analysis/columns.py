"""The columns of the table of runs: each has its unit in its name, here and in every export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flat_plugin.report.read.results import Run

Value = str | int | float | bool | None
Row = Mapping[str, Value]  # of a table, by the names of its columns


@dataclass(frozen=True)
class Column:
    """``name`` ends in the unit; ``title`` and ``unit`` are for people; ``shown`` on the page at first.

    ``better`` is ``low`` or ``high`` where one end is better.
    """

    name: str
    title: str
    unit: str
    value: Callable[[Run], Value]
    about: str = ""
    shown: bool = False
    better: str = ""

    def to_dict(self) -> dict[str, Value]:
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "about": self.about,
            "shown": self.shown,
            "better": self.better,
        }


def _input(name: str) -> Callable[[Run], Value]:
    return lambda run: run.inputs.get(name)


def _scores(run: Run, name: str) -> Value:
    """Of a result; those of before masks say nothing."""
    scores = run.estimate.get("scores")
    return None if scores is None else scores[name]


def _figure(name: str) -> Callable[[Run], Value]:
    return lambda run: run.estimate[name]


def settings_text(settings: Mapping[str, Any] | None) -> str:
    """``buffer_kb=256, pes=64``."""
    return ", ".join(f"{name}={_plain(value)}" for name, value in (settings or {}).items())


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + settings_text(value) + "}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(names: Sequence[str] | None) -> Value:
    return None if names is None else " ".join(sorted(names))


def bandwidth_of(memory: Mapping[str, Any]) -> float | None:
    """words/cycle that a memory's reads (or reads and writes, if they share a port) get at most."""
    widths = [memory.get(f"{kind}_words_per_cycle") for kind in ("shared", "read")]
    return min((float(width) for width in widths if width is not None), default=None)


def _bandwidth(run: Run) -> Value:
    return bandwidth_of(run.outer)


def gb_per_s_of(run: Run, memory: Mapping[str, Any]) -> float | None:
    """10^9 bytes a second."""
    words = bandwidth_of(memory)
    return (
        None if words is None else words * memory["word_bits"] / 8 / run.architecture["cycle_seconds"] / 1e9
    )


def _bandwidth_gb(run: Run) -> Value:
    return gb_per_s_of(run, run.outer)


def _capacity(run: Run) -> Value:
    return run.buffer.get("capacity_words")


def _capacity_kib(run: Run) -> Value:
    words = run.buffer.get("capacity_words")
    return None if words is None else words * run.buffer["word_bits"] / 8 / 1024


def _per(value: float | None, count: float | None) -> Value:
    """None where there is nothing to divide, or to divide by."""
    return None if value is None or not count else value / count


def _edp(run: Run) -> Value:
    return None if run.joules is None else run.joules * run.seconds


def _over_limit(run: Run, value: float | None, limit: str) -> Value:
    """Limits are those of one attention layer, so only that level is compared with them."""
    if run.estimate["level"] != "attention":
        return None
    return _per(value, run.estimate["limits"][limit])


def _area(run: Run) -> Value:
    areas = run.document.get("area_um2")
    return None if not areas else sum(float(area) for area in areas.values() if area is not None) / 1e6


def _batch(run: Run) -> int:
    return int(run.inputs.get("batch") or 1)


def _intensity(run: Run) -> Value:
    return _per(run.macs, run.dram_bytes)


COLUMNS: tuple[Column, ...] = (
    Column("run", "run", "", lambda run: run.name, "the folder's name: a hash of the inputs"),
    Column("model", "model", "", _input("model"), shown=True),
    Column("seq_tokens", "length", "tokens", _input("seq"), "tokens of a sequence", True),
    Column("query_tokens", "queries", "tokens", _input("queries"), "query tokens: the new ones in decoding"),
    Column("batch_sequences", "batch", "sequences", _input("batch"), shown=True),
    Column("architecture", "architecture", "", _input("architecture"), shown=True),
    Column("overrides", "overrides", "", lambda run: settings_text(run.inputs.get("overrides")), shown=True),
    Column("dataflow", "dataflow", "", _input("dataflow"), "as asked for", True),
    Column("mapping", "mapping", "", _figure("dataflow"), "the dataflow with its open rows chosen"),
    Column(
        "staged",
        "staged",
        "",
        lambda run: _names(run.estimate["stage"]),
        "tensors that hold their whole tile on chip",
    ),
    Column("asked_stage", "stage asked for", "", lambda run: _names(run.inputs.get("stage"))),
    Column("space", "space", "", _input("space"), "what a searched dataflow keeps to", True),
    Column("level", "level", "", _figure("level"), "attention layer, block or model", True),
    Column("softmax", "softmax", "", _input("softmax")),
    Column("overflow", "overflow", "", _input("overflow")),
    Column("mask", "mask", "", lambda run: run.inputs.get("mask", "full"), "the keys that a query needs"),
    Column("skip", "skipped", "", lambda run: run.inputs.get("skip", "tiles"), "what a mask leaves out"),
    Column(
        "elementwise",
        "norms and activations",
        "",
        lambda run: run.inputs.get("elementwise", "none"),
        "who does them; none: not counted",
    ),
    Column("bits", "widths", "bits", _input("bits"), "of tensors that have words of their own"),
    Column("needed_scores", "needed scores", "", lambda run: _scores(run, "needed"), "that the mask leaves"),
    Column("touched_scores", "touched scores", "", lambda run: _scores(run, "touched"), "that are computed"),
    Column("engine", "engine", "", _figure("engine")),
    Column("tool", "tool", "", lambda run: run.document["engine"].get("tool"), "the engine's version"),
    Column("mapper", "mapper", "", lambda run: settings_text(run.inputs.get("mapper")), "Timeloop's search"),
    Column("energy_source", "energies", "", lambda run: run.document["energies"].get("source")),
    Column("cycles", "latency", "cycles", _figure("cycles"), better="low"),
    Column("latency_s", "latency", "s", _figure("seconds"), "", True, "low"),
    Column("energy_pj", "energy", "pJ", _figure("energy_pj"), better="low"),
    Column("energy_j", "energy", "J", lambda run: run.joules, "", True, "low"),
    Column("power_w", "power", "W", lambda run: _per(run.joules, run.seconds), "energy / latency"),
    Column("edp_js", "EDP", "J·s", _edp, "energy × latency", True, "low"),
    Column("utilization", "utilisation", "", _figure("utilization"), "of the array, 0 to 1", True, "high"),
    Column("bound", "bound by", "", _figure("bound"), "what the latency waits for", True),
    Column("dram_words", "DRAM", "words", lambda run: run.dram_words, "reads and writes", better="low"),
    Column("dram_bytes", "DRAM", "bytes", lambda run: run.dram_bytes, "reads and writes", True, "low"),
    Column("macs", "work", "MACs", lambda run: run.macs, "multiply-accumulates"),
    Column("macs_per_dram_byte", "intensity", "MACs/byte", _intensity, "work / DRAM traffic"),
    Column(
        "latency_over_limit",
        "latency / limit",
        "×",
        lambda run: _over_limit(run, run.estimate["cycles"], "cycles"),
        "attention level only: cycles over the least that arithmetic and traffic allow",
        better="low",
    ),
    Column(
        "energy_over_limit",
        "energy / limit",
        "×",
        lambda run: _over_limit(run, run.estimate["energy_pj"], "energy_pj"),
        "attention level only",
        better="low",
    ),
    Column(
        "dram_over_compulsory",
        "DRAM / compulsory",
        "×",
        lambda run: _over_limit(run, run.dram_words, "compulsory_dram_words"),
        "attention level only: words over those that must move with any buffer",
        True,
        "low",
    ),
    Column(
        "latency_per_sequence_s",
        "latency per sequence",
        "s/sequence",
        lambda run: _per(run.seconds, _batch(run)),
        "one inference is one sequence of the batch",
        better="low",
    ),
    Column(
        "energy_per_sequence_j",
        "energy per sequence",
        "J/sequence",
        lambda run: _per(run.joules, _batch(run)),
        "one inference is one sequence of the batch",
        better="low",
    ),
    Column(
        "latency_per_token_s",
        "latency per token",
        "s/token",
        lambda run: _per(run.seconds, run.tokens),
        better="low",
    ),
    Column(
        "energy_per_token_pj",
        "energy per token",
        "pJ/token",
        lambda run: _per(run.estimate["energy_pj"], run.tokens),
        better="low",
    ),
    Column("layers", "layers", "layers", lambda run: run.layers, "of the named model"),
    Column("buffer_used_words", "buffer used", "words", lambda run: run.estimate["capacity"]["words"]),
    Column("buffer_words", "buffer", "words", _capacity),
    Column("buffer_kib", "buffer", "KiB", _capacity_kib),
    Column("dram_words_per_cycle", "DRAM bandwidth", "words/cycle", _bandwidth),
    Column("dram_gb_per_s", "DRAM bandwidth", "GB/s", _bandwidth_gb, "10^9 bytes a second"),
    Column("pes", "PEs", "PEs", lambda run: run.architecture.get("pes")),
    Column("area_mm2", "area", "mm²", _area, "of the components that the ART has"),
    Column("run_s", "run time", "s", lambda run: run.document.get("seconds"), "what the run itself took"),
    Column("finished", "finished", "UTC", lambda run: str(run.document.get("finished") or "")[:19]),
)
BY_NAME = {column.name: column for column in COLUMNS}
# What one may also call a column on the command line.
ALIASES = {
    "arch": "architecture",
    "seq": "seq_tokens",
    "batch": "batch_sequences",
    "seconds": "latency_s",
    "utilisation": "utilization",
}


def run_row(run: Run) -> dict[str, Value]:
    """One row of the table of runs."""
    return {column.name: column.value(run) for column in COLUMNS}


def column(name: str) -> Column:
    """The column of this name.

    Raises:
        KeyError: no such column.
    """
    return BY_NAME[ALIASES.get(name, name)]


def varying(rows: Sequence[Mapping[str, Value]], names: Sequence[str]) -> list[str]:
    """Those of the columns in which the rows differ."""
    return [name for name in names if len({row.get(name) for row in rows}) > 1]
