"""The optimum against every mapping there is, of small layers of any lengths on small chips, at random.

Run with ``python benchmarks/every_mapping.py [--kinds registers,three] [--families base-opt,flat-m,flash]
[--objectives edp,energy] [--softmax free] [--first 0] [--cases 10] [--operations 40]``. Each case prints a
line; what is beaten is printed as a mapping, and the exit code is then 1. Kinds are those of ``small_chips``:
one buffer, four or five memories, two or three cores.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "mapspace" / "search"))

from every_chain import least
from small_chips import chip, with_softmax

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.ragged import search_ragged
from flat_plugin.workload import Attention

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 11, 13, 17, 29)


def main() -> int:
    asked, beaten = arguments(), 0
    for seed in range(asked.first, asked.first + asked.cases):
        for kind in asked.kinds.split(","):
            for family in asked.families.split(","):
                beaten += compared(kind, family, seed, asked)
    print(f"{beaten} beaten")
    return bool(beaten)


def arguments() -> Namespace:
    parser = ArgumentParser()
    parser.add_argument("--kinds", default="registers,linked")
    parser.add_argument("--families", default="base-opt,flat-opt,flash")
    parser.add_argument("--objectives", default="edp,energy")
    parser.add_argument("--softmax", default="free", choices=("free", "serial", "overlapped", "array"))
    for name, value in (("first", 0), ("cases", 10), ("operations", 40)):
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def compared(kind: str, family: str, seed: int, asked: Namespace) -> int:
    """Objectives of one case by which the search is not as good as enumeration, or better than it."""
    rng = Random(f"{kind}{family}{seed}")
    architecture, energies = chip(kind, rng)
    if asked.softmax != "free":
        architecture, energies = with_softmax(architecture, energies)
    layer = drawn(rng, asked.operations)
    found, beaten = least(family, layer, architecture, energies, asked.softmax), 0
    for objective in asked.objectives.split(","):
        value, mapping = found.get(objective, (float("inf"), None))
        own = optimum(family, objective, Layer(layer, architecture, energies, asked.softmax))
        same = own == value or abs(own / value - 1) < 1e-9
        beaten += not same
        heads = f"H{layer.heads}/{layer.group}"
        sizes = f"{heads} M{layer.queries} N{layer.keys} D{layer.head_dim} E{layer.value_dim}"
        rest = "=" if same else f"against {value:.6g}\n{mapping}"
        print(f"{kind:<9} {family:<8} {seed:<4} {sizes:<24} {objective:<7} {own:.6g} {rest}", flush=True)
    return beaten


def optimum(family: str, objective: str, layer: Layer) -> float:
    best = Best(objective)
    try:
        search_ragged(layer, [parse_dataflow(family)], best)
    except InvalidMapping:
        return float("inf")
    return best.rank[0]


def drawn(rng: Any, operations: int) -> Attention:
    while True:
        queries, keys = rng.choice(LENGTHS), rng.choice(LENGTHS)
        width, value = rng.choice((1, 2, 3)), rng.choice((1, 2, 3))
        if queries * keys * max(width, value) <= operations:
            heads = rng.choice((1, 1, 2))
            groups = (
                1 if queries * keys * max(width, value) <= operations // 4 and rng.random() < 0.3 else heads
            )
            return Attention(1, heads, queries, keys, width, value, groups)


if __name__ == "__main__":
    sys.exit(main())
