"""Commands; each a thin shell over one public function."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from flat_plugin.model.estimate import Estimate
    from flat_plugin.workload import Attention, Model

app = typer.Typer(
    help="FLAT fused attention on your accelerator: cycles, energy, traffic, Timeloop files.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help answers in half the time
    pretty_exceptions_enable=False,
)

ModelName = Annotated[str | None, typer.Option("--model", help="A model's name; see `flat list`.")]
Config = Annotated[Path | None, typer.Option("--config", help="A Hugging Face config.json.")]
ByHand = Annotated[str | None, typer.Option("--attention", help="B=1,H=12,M=512,N=512,D=64 by hand.")]
Seq = Annotated[int | None, typer.Option("--seq", help="Tokens; the model's own number if not given.")]
Batch = Annotated[int, typer.Option("--batch", help="Sequences in a batch.")]
Arch = Annotated[str, typer.Option("--arch", help="edge, cloud, or a Timeloop v0.4 file.")]
Flows = Annotated[str, typer.Option("--dataflow", help="Comma separated, such as base,flat-h,flat-r64.")]
Stage = Annotated[
    str | None, typer.Option("--stage", help="Which of Q,K,S,V,O stay on chip; the rest stream.")
]
Softmax = Annotated[str, typer.Option("--softmax", help="free, serial or overlapped.")]
Overflow = Annotated[str, typer.Option("--overflow", help="reject, or spill what does not fit of S.")]
Level = Annotated[str, typer.Option("--level", help="attention, block or model.")]
Ert = Annotated[Path | None, typer.Option("--ert", help="Energies from this Accelergy ERT.")]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="A fused mapping of your own.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
DEFAULT_FLOWS = "base,flat-h,flat-r"


@app.command()
def estimate(
    model: ModelName = None,
    config: Config = None,
    attention: ByHand = None,
    seq: Seq = None,
    batch: Batch = 1,
    arch: Arch = "edge",
    dataflow: Flows = DEFAULT_FLOWS,
    stage: Stage = None,
    softmax: Softmax = "serial",
    overflow: Overflow = "reject",
    level: Level = "attention",
    ert: Ert = None,
    mapping: MappingFile = None,
    as_json: AsJson = False,
) -> None:
    """Cycles, energy and traffic of unfused and FLAT dataflows, side by side."""
    from flat_plugin import api
    from flat_plugin.errors import InvalidMapping

    workload = _workload(model, config, attention)
    options: dict[str, Any] = {
        "seq": seq,
        "batch": batch,
        "level": level,
        "stage": _split(stage),
        "softmax": softmax,
        "overflow": overflow,
        "ert": ert,
    }
    answers: list[Estimate | tuple[str, str]] = []  # or a dataflow, and why it does not fit
    for flow in (_split(dataflow) or []) if mapping is None else [mapping.name]:
        try:
            answers.append(api.estimate(workload, arch, flow, mapping=mapping, **options))
        except InvalidMapping as error:
            answers.append((flow, str(error)))
    if all(isinstance(answer, tuple) for answer in answers):
        raise FlatError("; ".join(answer[1] for answer in answers if isinstance(answer, tuple)))
    if as_json:
        _print_json([_answer_dict(answer) for answer in answers])
        return
    from flat_plugin.report.tables import comparison

    _show(comparison(answers))


@app.command()
def explain(
    model: ModelName = None,
    config: Config = None,
    attention: ByHand = None,
    seq: Seq = None,
    batch: Batch = 1,
    arch: Arch = "edge",
    dataflow: Flows = "flat-r",
    stage: Stage = None,
    softmax: Softmax = "serial",
    overflow: Overflow = "reject",
    ert: Ert = None,
    mapping: MappingFile = None,
    as_json: AsJson = False,
) -> None:
    """The fused loop nest, and where every number comes from."""
    from flat_plugin import api
    from flat_plugin.report.tables import explanation

    answers = [
        api.explain(
            _workload(model, config, attention),
            arch,
            flow,
            seq=seq,
            batch=batch,
            stage=_split(stage),
            softmax=softmax,
            overflow=overflow,
            ert=ert,
            mapping=mapping,
        )
        for flow in _split(dataflow) or []
    ]
    if as_json:
        _print_json([api.explanation_dict(answer, steps) for answer, steps in answers])
        return
    for answer, steps in answers:
        _show(explanation(answer, steps))


@app.command()
def generate(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")],
    model: ModelName = None,
    config: Config = None,
    attention: ByHand = None,
    seq: Seq = None,
    batch: Batch = 1,
    arch: Arch = "edge",
    dataflow: Flows = "base,flat-r",
    stage: Stage = None,
    overflow: Overflow = "spill",
    ert: Ert = None,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="Your templates, before the package's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Timeloop v0.4 files, one folder per dataflow and operator."""
    from flat_plugin import api

    written = api.generate(
        _workload(model, config, attention),
        arch,
        _split(dataflow) or [],
        output,
        seq=seq,
        batch=batch,
        stage=_split(stage),
        overflow=overflow,
        ert=ert,
        templates=templates,
    )
    for note in written.notes:
        print(f"flat: note: {note}", file=sys.stderr)
    if as_json:
        _print_json([str(folder) for folder in written.folders])
    else:
        _show("\n".join(str(folder) for folder in written.folders))


@app.command(name="model")
def evaluate_model(
    architecture: Annotated[Path, typer.Argument(help="Architecture, v0.4.")],
    problem: Annotated[Path, typer.Argument(help="Problem.")],
    mapping: Annotated[Path, typer.Argument(help="Mapping.")],
    ert: Annotated[Path | None, typer.Argument(help="ERT; the recorded energies if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """What timeloop-model would print for these files."""
    from flat_plugin import api

    result = api.evaluate_mapping(architecture, problem, mapping, ert)
    if as_json:
        _print_json(result.to_dict())
    else:
        from flat_plugin.report.tables import operator

        _show(operator(result))


@app.command(name="list")
def list_names(as_json: AsJson = False) -> None:
    """Models, architectures and dataflows that can be named."""
    from flat_plugin import api

    names = api.names()
    if as_json:
        _print_json(names)
        return
    for kind, entries in names.items():
        _show(f"[bold]{kind}[/bold]")
        for name, description in entries.items():
            _show(f"  {name:<16} {description}")


def main() -> None:
    """Entry point: bad input is one message on standard error and exit code 2."""
    from flat_plugin.model.memory import keep_freed_memory

    keep_freed_memory()
    try:
        app()
    except FlatError as error:
        print(f"flat: {error}", file=sys.stderr)
        sys.exit(2)


def _workload(model: str | None, config: Path | None, attention: str | None) -> Attention | Model:
    given: list[Callable[[], Attention | Model]] = []
    from flat_plugin.workload import find_model, parse_attention, read_config

    if model is not None:
        given.append(lambda: find_model(model))
    if config is not None:
        given.append(lambda: read_config(config))
    if attention is not None:
        given.append(lambda: parse_attention(attention))
    if len(given) != 1:
        raise FlatError("which workload?", expected="exactly one of --model, --config and --attention")
    return given[0]()


def _answer_dict(answer: Estimate | tuple[str, str]) -> dict[str, object]:
    if isinstance(answer, tuple):
        return {"dataflow": answer[0], "fits": False, "reason": answer[1]}
    return answer.to_dict()


def _split(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _show(renderable: object) -> None:
    from rich.console import Console

    Console(highlight=False).print(renderable)
