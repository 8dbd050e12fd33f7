"""An option of a command, and the argument of a function that it becomes; those that commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flat_plugin.architecture import find_architecture
from flat_plugin.architecture.overrides import overridden
from flat_plugin.workload import find_model, parse_attention
from flat_plugin.workload.requests import Requests
from flat_plugin.workload.resolve import masked

LAYER = "B=1,H=2,M=64,N=64,D=16"
WORKLOAD = ["--attention", LAYER]
LARGER = overridden(find_architecture("edge"), {"buffer_kb": 1024})
MASKED = masked(parse_attention(LAYER), "causal")
DECODING = find_model("gpt2").decoding(4)
EIGHT = replace(find_model("gpt2"), widths="K=8")
MIXED = find_model("gpt2").serving(Requests(2, 64))


class Asked(Exception):
    """The function was called; ``given`` are its arguments by name."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given


def asks(target: Callable[..., Any]) -> Callable[..., Any]:
    """In the place of a function: what it is called with, if it can be called so."""
    signature = inspect.signature(target)

    def called(*arguments: Any, **options: Any) -> None:
        given = signature.bind(*arguments, **options).arguments
        raise Asked({**given, **given.pop("options", {})})

    return called


class Case:
    """One option: what is typed, and the argument that it becomes.

    ``before`` are functions that the command calls first, with what they return instead.
    """

    def __init__(
        self, option: str, typed: str | None, target: str, argument: str, value: Any, **others: Any
    ) -> None:
        self.option, self.target, self.argument, self.value = option, target, argument, value
        self.typed = [option] if typed is None else [option, typed]
        self.command: list[str] = others.get("command", [])
        self.more: list[str] = others.get("more", [])
        self.before: dict[str, Any] = others.get("before", {})

    def __str__(self) -> str:
        return f"{self.command[0]} {self.option}"


def of(command: str, *cases: Case, beside: list[str] | None = None) -> list[Case]:
    for case in cases:
        case.command = [command, *(beside or [])]
    return list(cases)


def changed(option: str, target: str, **others: Any) -> Case:
    return Case(option, "buffer_kb=1024", target, "architecture", LARGER, **others)


def workload(target: str) -> list[Case]:
    return [
        Case("--model", "bert-base", target, "workload", find_model("bert-base")),
        Case("--config", "CONFIG", target, "workload", find_model("bert-base").hidden),
        Case("--attention", LAYER, target, "workload", parse_attention(LAYER)),
    ]


def shape(target: str) -> list[Case]:
    return [
        Case("--seq", "128", target, "seq", 128, more=WORKLOAD),
        Case("--bits", "K=8", target, "workload", EIGHT, more=["--model", "gpt2"]),
        Case("--queries", "4", target, "workload", DECODING, more=["--model", "gpt2"]),
        Case("--mask", "causal", target, "workload", MASKED, more=WORKLOAD),
        Case("--part", "vision", target, "workload", 64, more=["--config", "PARTS"]),
        Case("--batch", "3", target, "batch", 3, more=WORKLOAD),
    ]


def machine(target: str) -> list[Case]:
    return [
        Case("--arch", "cloud", target, "architecture", "cloud", more=WORKLOAD),
        changed("--set", target, more=WORKLOAD),
        Case("--ert", "ert.yaml", target, "ert", Path("ert.yaml"), more=WORKLOAD),
        Case("--estimator", "recorded", target, "estimator", "recorded", more=WORKLOAD),
    ]


def common(target: str) -> list[Case]:
    """What is asked of a workload on a platform, which is made first."""
    return [*workload(target), *shape(target), *machine("flat_plugin.api.platform")]


def chain(target: str) -> list[Case]:
    return [
        Case("--stage", "K,V,S", target, "stage", ["K", "V", "S"], more=WORKLOAD),
        Case("--softmax", "free", target, "softmax", "free", more=WORKLOAD),
        Case("--overflow", "spill", target, "overflow", "spill", more=WORKLOAD),
        Case("--factors", "perfect", target, "factors", "perfect", more=WORKLOAD),
    ]


def skip(target: str) -> Case:
    return Case("--skip", "none", target, "skip", "none", more=WORKLOAD)


def mapped(target: str) -> Case:
    return Case("--mapping", "mine.yaml", target, "mapping", Path("mine.yaml"), more=WORKLOAD)
