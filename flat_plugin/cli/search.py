"""``flat search``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.choices import FACTORS, FRONTS, MODES, OBJECTIVES
from flat_plugin.cli.options import (
    INTERRUPTED,
    AsJson,
    LatentForm,
    SpaceName,
    choice,
    file,
    flows_or,
    name,
    print_json,
    refuse_given,
    show,
)
from flat_plugin.cli.question_options import MachineOptions, WorkloadOptions
from flat_plugin.cli.waiting import searching
from flat_plugin.errors import FlatError
from flat_plugin.option_groups import spread

if TYPE_CHECKING:
    from flat_plugin.architecture import Platform
    from flat_plugin.mapspace.result import SearchResults

FAMILIES = ",".join(defaults.SEARCHED)
SEARCHING = "searching; Ctrl-C stops with the best so far"
_FAMILIES = "Families to search, such as flat-r64; base-opt,flat-opt if not given."
Families = Annotated[list[str] | None, name("--dataflow", "dataflows", _FAMILIES, "NAME|FILE,…")]
Objective = Annotated[
    str | None,
    choice("--objective", OBJECTIVES, "What to minimize; edp if not given, or latency without energies."),
]
Factors = Annotated[
    str | None,
    choice(
        "--factors",
        FACTORS,
        "imperfect: tiles of any size, in every memory and over cores (the default, except for slow "
        "searches); perfect: divisors.",
    ),
]
Pareto = Annotated[
    str | None, choice("--pareto", FRONTS, "The Pareto front of two figures instead of one mapping.")
]
SoftmaxOrUnit = Annotated[
    str | None,
    choice("--softmax", MODES[:3], "How softmax runs; serial if not given, or free without a softmax unit."),
]
Saved = Annotated[Path | None, file("-o", "--output", help="Save the best mapping, for estimate --mapping.")]

Certified = Annotated[
    Path | None, file("--certificate", help="Save a proof that it is the best; flat check verifies it.")
]


@spread
def search(
    *,
    asked: WorkloadOptions,
    machine: MachineOptions,
    dataflow: Families = None,
    space: SpaceName = None,
    factors: Factors = None,
    softmax: SoftmaxOrUnit = None,
    latent: LatentForm = None,
    objective: Objective = None,
    pareto: Pareto = None,
    proof: Annotated[
        bool, typer.Option("--proof", help="Also print the spaces, and why nothing in them is better.")
    ] = False,
    output: Saved = None,
    certificate: Certified = None,
    as_json: AsJson = False,
) -> None:
    """The best mapping in a declared map space, proven.

    Ctrl-C gives the best so far, and how much better the optimum may be.

    Ends with 0 if the answer is proven, 2 for bad input, 130 when interrupted.
    """
    from flat_plugin import api

    if as_json:
        refuse_given("with --json, which has all of it", {"--proof": proof or None})
    _check_apart(output, certificate)
    workload, platform = asked.chosen(), machine.platform()
    families = [flow for flow in flows_or(FAMILIES, dataflow, None) if flow]
    if pareto is not None:
        refuse_given(
            "with --pareto", {"--output": output, "--objective": objective, "--certificate": certificate}
        )
        if factors == "imperfect":
            raise FlatError("fronts are searched among perfect factors", path="--factors", value=factors)
        _front(asked, platform, pareto, families, space, softmax, latent, proof, as_json)
        return
    with searching(SEARCHING):
        found = api.search_each(
            workload,
            platform,
            families,
            seq=asked.seq,
            batch=asked.batch,
            objective=objective,
            factors=factors,
            space=space,
            softmax=softmax,
            latent=latent,
            certificate=certificate,
        )
    if output is not None:
        mapping, hardware = found.best.mapping, platform.architecture
        api.save_mapping(mapping, workload, hardware, output, seq=asked.seq, batch=asked.batch)
    _answer(found, proof, as_json)


def _answer(found: SearchResults, proof: bool, as_json: bool) -> None:
    """What was found, printed; an interruption ends with its exit code."""
    if as_json:
        print_json(found.to_dict())
    else:
        from flat_plugin.report.terminal.search import search_table

        show(search_table(found, proof))
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)


def _check_apart(output: Path | None, certificate: Path | None) -> None:
    """
    Raises:
        FlatError: the mapping and its certificate have one file.
    """
    if output is not None and certificate is not None and output.resolve() == certificate.resolve():
        raise FlatError(
            "the mapping has this file", path="--certificate", value=certificate, expected="another file"
        )


def _front(
    asked: WorkloadOptions,
    platform: Platform,
    pareto: str,
    families: list[str],
    space: str | None,
    softmax: str | None,
    latent: str | None,
    proof: bool,
    as_json: bool,
) -> None:
    """The front of two figures, printed."""
    from flat_plugin import api

    with searching(SEARCHING):
        front = api.pareto(
            asked.chosen(),
            platform,
            pareto,
            seq=asked.seq,
            batch=asked.batch,
            dataflow=families,
            space=space,
            softmax=softmax,
            latent=latent,
        )
    if as_json:
        print_json(front.to_dict())
    else:
        from flat_plugin.report.terminal.search import front_table

        show(front_table(front, proof))
    if not front.proven:
        raise typer.Exit(INTERRUPTED)
