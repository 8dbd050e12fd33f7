"""Options that several commands have, and how commands print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin.cli import console
from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from flat_plugin.architecture import Architecture
    from flat_plugin.workload import Attention, Model

ModelName = Annotated[str | None, typer.Option("--model", help="A model's name; see `flat list`.")]
Config = Annotated[Path | None, typer.Option("--config", help="A Hugging Face config.json.")]
Part = Annotated[
    str | None,
    typer.Option("--part", help="Of a --config of several: text or vision; text if not given."),
]
ByHand = Annotated[str | None, typer.Option("--attention", help="B=1,H=12,M=512,N=512,D=64 by hand.")]
Queries = Annotated[
    int | None,
    typer.Option("--queries", help="Decode: so many new tokens, and the keys of --seq in a cache."),
]
ExpertsHit = Annotated[
    str,
    typer.Option(
        "--experts",
        help="Whose weights are fetched: expected, the number under uniform routing; or all that can be hit.",
    ),
]
MaskText = Annotated[
    str | None,
    typer.Option(
        "--mask",
        help="full, causal, window=W or L:R, sinks=S, global=G, offset=P, comma separated; or a file of "
        "blocks. The layers' own if not given.",
    ),
]
Skip = Annotated[
    str, typer.Option("--skip", help="tiles: those that no row needs are left out; or none, under a mask.")
]
Seq = Annotated[int | None, typer.Option("--seq", help="Tokens; the model's own number if not given.")]
Batch = Annotated[int, typer.Option("--batch", help="Sequences in a batch.")]
Bits = Annotated[
    str | None,
    typer.Option(
        "--bits", help="Widths of words, in bits: K=8,V=8,S=32,W=4 (of Q,K,V,S,O, weights W, activations A)."
    ),
]
Arch = Annotated[str, typer.Option("--arch", help="edge, cloud, or a Timeloop v0.4 file.")]
SpaceName = Annotated[
    str | None,
    typer.Option("--space", help="Searches keep to an array's dataflow: a name of `flat list`, or a file."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change the architecture: buffer_kb=1024, pes=[64,64], …; repeatable."),
]
Stage = Annotated[
    str | None, typer.Option("--stage", help="Which of Q,K,S,V,O stay on chip; the rest stream.")
]
Softmax = Annotated[
    str, typer.Option("--softmax", help="free, serial, overlapped, or array: on the array itself.")
]
Overflow = Annotated[str, typer.Option("--overflow", help="reject, or spill what does not fit of S.")]
Level = Annotated[str, typer.Option("--level", help="attention, block or model.")]
Ert = Annotated[Path | None, typer.Option("--ert", help="Energies from this Accelergy ERT.")]
EstimatorName = Annotated[
    str,
    typer.Option(
        "--estimator",
        help="Who answers for energy: accelergy, hwcomponents, recorded, or auto: the table that ships "
        "with the preset, else what is installed, else what is recorded.",
    ),
]
Factors = Annotated[
    str | None,
    typer.Option("--factors", help="perfect: all tiles equal; imperfect, if not given: but for the last."),
]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="A fused mapping of your own instead of dataflows.")
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        help="native, timeloop (the real one), pytimeloop, or auto: timeloop where it is installed.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option("--time-limit", help="Seconds for one operator in Timeloop; 3600 if not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def chosen_workload(
    model: str | None,
    config: Path | None,
    attention: str | None,
    queries: int | None = None,
    part: str | None = None,
    mask: str | None = None,
    bits: str | None = None,
) -> Attention | Model:
    """The workload that exactly one option names; a model's step of decoding where ``queries`` are given,
    and with a mask of its own where one is.

    Args:
        bits: widths of its tensors' words instead of its own.

    Raises:
        FlatError: none or several are named, or it is wrong; sizes by hand, which have their queries; or a
            part of something else than a configuration.
    """
    if part is not None and config is None:
        raise FlatError(
            "there is no configuration to take a part of",
            path="--part",
            value=part,
            expected="--config beside it",
        )
    given: list[Callable[[], Attention | Model]] = []
    from flat_plugin.workload import find_model, parse_attention, read_config
    from flat_plugin.workload.widths import parse_widths

    if model is not None:
        given.append(lambda: find_model(model))
    if config is not None:
        given.append(lambda: read_config(config, part))
    if attention is not None:
        given.append(lambda: parse_attention(attention))
    if len(given) != 1:
        raise FlatError(
            "none or several workloads", expected="exactly one of --model, --config and --attention"
        )
    workload = given[0]()
    if bits is not None:
        workload = replace(workload, widths=parse_widths(bits).over(workload.widths))
    workload = _stepping(workload, queries, by_hand=attention is not None)
    if mask is None:
        return workload
    from flat_plugin.workload.resolve import masked

    return masked(workload, mask)  # type: ignore[return-value]


def _stepping(workload: Attention | Model, queries: int | None, *, by_hand: bool) -> Attention | Model:
    """The workload, or a step of decoding of a model."""
    if queries is None:
        return workload
    if by_hand:
        raise FlatError(
            "sizes by hand have their own queries",
            path="--queries",
            value=queries,
            expected=f"M={queries} in --attention",
        )
    return workload.decoding(queries)  # type: ignore[union-attr]


def chosen_architecture(arch: str, changes: Sequence[str] | None) -> Architecture | str:
    """The architecture with what ``--set`` changes; its name or file as it is where nothing is changed.

    Raises:
        FlatError: a change that is unknown, cannot be read or made, or is given twice.
    """
    if not changes:
        return arch
    from flat_plugin.architecture import find_architecture
    from flat_plugin.architecture.overrides import overridden

    values = read_changes(changes) or {}
    base = find_architecture(arch)
    try:
        return overridden(base, values)
    except FlatError as error:
        raise FlatError(
            error.message, path=f"--set {error.path}", value=error.value, expected=error.expected
        ) from None


_EXAMPLES = {"--set": "buffer_kb=1024", "--mapper": "search_size=2000"}


def read_changes(changes: Sequence[str] | None, option: str = "--set") -> dict[str, object] | None:
    """What ``--set`` (or another option like it) changes, by name; None where nothing is changed.

    Raises:
        FlatError: a change that cannot be read, or is given twice.
    """
    values: dict[str, object] = {}
    for change in changes or ():
        name, value = _change(change, option)
        if name in values:
            raise FlatError("given twice", path=f"{option} {name}", value=change, expected="one value")
        values[name] = value
    return values or None


def _change(text: str, option: str) -> tuple[str, object]:
    """``name=value``, the value in YAML."""
    from flat_plugin.documents import load

    name, equals, value = (part.strip() for part in text.partition("="))
    try:
        document = load(f"value: {value}\n") if equals and name and value else {}
    except FlatError:
        document = {}
    if set(document) != {"value"}:
        raise FlatError(
            "a change that cannot be read", path=option, value=text, expected=f"such as {_EXAMPLES[option]}"
        )
    return name, document["value"]


def split(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def listed(text: str, option: str) -> list[str]:
    """The entries of an option that must have one.

    Raises:
        FlatError: it has none, or one of them twice.
    """
    names = split(text)
    if not names:
        raise FlatError("nothing is named", path=option, value=text, expected="one or more, comma separated")
    for name in names:
        if names.count(name) > 1:
            raise FlatError(f"{name} is named twice", path=option, value=text, expected="each once")
    return names


def flows_or(default: str, dataflow: Sequence[str] | None, mapping: Path | None) -> Sequence[str | None]:
    """The dataflows that all ``--dataflow`` together name, else the default ones; a mapping's own is None."""
    if not dataflow:
        return split(default) or [] if mapping is None else [None]
    return listed(",".join(dataflow), "--dataflow")


def refuse_given(with_what: str, options: Mapping[str, object]) -> None:
    """Options that would do nothing beside another one.

    Raises:
        FlatError: one of them is given.
    """
    for name, value in options.items():
        if value is not None:
            raise FlatError("does nothing here", path=name, value=value, expected=f"no {name} {with_what}")


def print_json(value: object) -> None:
    """Valid JSON whatever the figures are: what is not finite, such as a buffer without bound, is null."""
    from flat_plugin.plain import plain

    print(console.as_json(plain(value)))


def say(line: str, *, err: bool = False) -> None:
    """A line as it is: paths and names are neither wrapped nor read as markup."""
    print(line, file=sys.stderr if err else sys.stdout)


def show(renderable: RenderableType) -> None:
    """A table, or text whose lines stay whole; names in it are not read as markup."""
    from flat_plugin.report.terminal.hanging import terminal_width

    console.print_table(renderable, terminal_width())


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on a terminal's error stream while something takes long; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
