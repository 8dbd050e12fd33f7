"""Options that several commands have, and how commands print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.models import OptionInfo

from flat_plugin.cli import console
from flat_plugin.cli.choices import (
    ENGINES,
    ESTIMATORS,
    FACTORS,
    FORMS,
    HITS,
    LEVELS,
    MODES,
    OVERFLOWS,
    OVERRIDES,
    PARTS,
    SKIPS,
)
from flat_plugin.cli.completion import among, named
from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from flat_plugin.architecture import Architecture
    from flat_plugin.workload import Attention, Model


def choice(option: str, names: Sequence[str], help: str) -> OptionInfo:
    """An option whose values are few: they are shown, and completed."""
    return typer.Option(option, metavar="|".join(names), autocompletion=among(names), help=help)


def name(option: str, kind: str, help: str, metavar: str = "NAME") -> OptionInfo:
    """An option that takes names of ``flat list``."""
    return typer.Option(option, metavar=metavar, autocompletion=named(kind), help=help)


def file(*option: str, help: str, metavar: str = "FILE") -> OptionInfo:
    return typer.Option(*option, metavar=metavar, help=help)


# The options of most commands, in the order in which every command has them.
ModelName = Annotated[str | None, name("--model", "models", "A model's name; see `flat list models`.")]
Config = Annotated[Path | None, file("--config", help="A Hugging Face config.json.")]
Part = Annotated[
    str | None, choice("--part", PARTS, "Which part of a --config that has several; text if not given.")
]
ByHand = Annotated[
    str | None,
    typer.Option("--attention", metavar="SIZES", help="Sizes by hand, such as B=1,H=12,M=512,N=512,D=64."),
]
Seq = Annotated[
    int | None,
    typer.Option("--seq", metavar="TOKENS", help="Length of a sequence; the model's own if not given."),
]
Queries = Annotated[
    int | None,
    typer.Option(
        "--queries",
        metavar="TOKENS",
        help="A decoding step of this many new tokens; --seq counts the keys.",
    ),
]
Batch = Annotated[int, typer.Option("--batch", metavar="N", help="Sequences in a batch.")]
Bits = Annotated[
    str | None,
    typer.Option(
        "--bits",
        metavar="KEY=BITS,…",
        help="Widths of words: 8 for all, or K=8,V=8,S=32,W=4 (of Q,K,V,S,O, weights W, those of projections "
        "WA, feed-forward layers WF or experts WE, activations A).",
    ),
]
MaskText = Annotated[
    str | None,
    typer.Option(
        "--mask",
        metavar="MASK|FILE",
        help="full, causal, window=W or L:R, chunk=C, prefix=P, sinks=S, global=G, offset=P, topk=K, …, "
        "comma separated; or a file of blocks. The layers' own if not given.",
    ),
]
Arch = Annotated[
    str, name("--arch", "architectures", "edge, cloud, or a Timeloop v0.4 file.", metavar="NAME|FILE")
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        autocompletion=among(tuple(f"{key}=" for key in OVERRIDES)),
        help="Change the architecture: buffer_kb=1024, pes=[64,64], …; repeatable.",
    ),
]
Ert = Annotated[Path | None, file("--ert", help="Energies from this Accelergy ERT.")]
EstimatorName = Annotated[
    str,
    choice(
        "--estimator",
        ESTIMATORS,
        "Where energies come from. auto: the table that ships with the preset, else an installed tool, "
        "else recorded answers.",
    ),
]
MappingFile = Annotated[Path | None, file("--mapping", help="Your own mapping instead of dataflows.")]
SpaceName = Annotated[
    str | None,
    name(
        "--space", "spaces", "Search only mappings of an array with this fixed dataflow.", metavar="NAME|FILE"
    ),
]
Factors = Annotated[
    str | None,
    choice(
        "--factors",
        FACTORS,
        "imperfect: last tiles may be smaller (the default, except for slow searches); perfect: never.",
    ),
]
Stage = Annotated[
    str | None,
    typer.Option("--stage", metavar="TENSORS", help="Which of Q,K,S,V,O to keep on chip; the others stream."),
]
Softmax = Annotated[
    str,
    choice("--softmax", MODES, "How softmax runs: at no cost, after the array, beside it, or on it."),
]
Overflow = Annotated[
    str, choice("--overflow", OVERFLOWS, "If tiles do not fit: reject the dataflow, or spill S.")
]
Skip = Annotated[str, choice("--skip", SKIPS, "What a mask saves: tiles that no row needs, or nothing.")]
Level = Annotated[str, choice("--level", LEVELS, "How much to count.")]
ExpertsHit = Annotated[
    str,
    choice(
        "--experts",
        HITS,
        "Which experts to fetch: as many as uniform routing is expected to hit, or all that can be hit.",
    ),
]
LatentForm = Annotated[
    str | None,
    choice("--latent", FORMS, "How to compute latent attention; the cheaper form if not given."),
]
EngineName = Annotated[
    str,
    choice(
        "--engine",
        ENGINES,
        "What evaluates operators; auto: timeloop if it is installed.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit", metavar="SECONDS", help="Time limit for one operator in Timeloop; 3600 if not given."
    ),
]
LevelOrOwn = Annotated[
    str | None,
    choice("--level", LEVELS, "How much to count; attention if not given, or with --mix the model."),
]
MixFile = Annotated[
    Path | None,
    file("--mix", help="A serving step: requests that decode, and chunks of prompts, in one batch."),
]
TraceFile = Annotated[
    Path | None,
    file("--trace", help="A CSV of keys and values fetched per step, layer and head, instead of a workload."),
]
Jobs = Annotated[
    int | None,
    typer.Option("-j", "--jobs", metavar="N", min=1, help="Processes; one per core if not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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
            "only a configuration has parts",
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
            "no workload, or more than one", expected="exactly one of --model, --config and --attention"
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


INTERRUPTED = 130  # the exit code after Ctrl-C
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
            said = None if value is True else value  # of a flag its name says all
            raise FlatError("does nothing here", path=name, value=said, expected=f"no {name} {with_what}")


def print_json(value: object) -> None:
    """Valid JSON whatever the figures are: what is not finite, such as a buffer without bound, is null."""
    from flat_plugin.plain import plain

    print(console.as_json(plain(value)))


def say(line: str, *, err: bool = False) -> None:
    """A line as it is: paths and names are neither wrapped nor read as markup."""
    print(line, file=sys.stderr if err else sys.stdout)


def note(text: str) -> None:
    """Something worth knowing, on standard error; nothing where ``-q`` asks for none."""
    from flat_plugin.report.terminal.hanging import hanging, terminal_width

    if not console.quiet:
        say(hanging("flat: note: ", text, terminal_width()), err=True)


def show(renderable: RenderableType) -> None:
    """A table, or text whose lines stay whole; names in it are not read as markup."""
    from flat_plugin.report.terminal.hanging import terminal_width

    console.print_table(renderable, terminal_width())
