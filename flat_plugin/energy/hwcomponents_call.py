"""Asks hwcomponents in a Python that has it: ``python hwcomponents_call.py QUERIES.json ANSWERS.json``.

A query is ``{"model": …, "attributes": {…}, "actions": [name, …], "arguments": {…}}``; its answer has
pJ per action, watts of leakage, µm² and the model's class, or the reason why there is none.
Needs nothing of this package, since that Python may not have it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

PACKAGES = ("hwcomponents", "hwcomponents-cacti", "hwcomponents-library", "hwcomponents-neurosim")


def main() -> None:
    queries, answers = sys.argv[1:]
    with open(queries, encoding="utf-8") as stream:
        asked = json.load(stream)
    result = {"versions": dict(versions()), "answers": [answer(query) for query in asked]}
    with open(answers, "w", encoding="utf-8") as stream:
        json.dump(result, stream)


def versions() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def answer(query: dict[str, Any]) -> dict[str, Any]:
    try:
        from hwcomponents import get_model

        model = get_model(query["model"], query["attributes"], query["actions"])
        costs = {name: getattr(model, name)(**query["arguments"]) for name in query["actions"]}
        return {
            "energy_pj": {name: figure(cost.energy * 1e12) for name, cost in costs.items()},
            "leak_watts": figure(model.leak_power),
            "area_um2": figure(model.area * 1e12),
            "class": f"{type(model).__module__.partition('.')[0]} {type(model).__name__}",
        }
    except Exception as error:  # whatever a model or its tools may raise
        return {"error": f"{type(error).__name__}: {error}"}


def figure(value: float) -> float:
    """Without the last digits, which are rounding."""
    return float(f"{value:.12g}")


if __name__ == "__main__":
    main()
