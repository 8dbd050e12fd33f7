"""Mappings at random against the optimum and the bound of a search, at full size.

Run with ``python benchmarks/samples.py [--archs edge,cloud,examples/npu4.yaml] [--layer B=1,H=12,D=64]
[--lengths 197,512] [--families base-opt,flat-opt,flash] [--objective edp] [--number 100000] [--seed 0]
[--seconds 60]``. Draws share no code with the search; those that do not fit count as drawn. A line a case:
how many mappings were drawn and fit, the best of them over what the search found, and how far that may
be above the optimum. Of a search that did not end in time samples may beat what it found, not its bound. The
exit code is 1 where one beats the bound.
"""

from __future__ import annotations

import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from math import inf, isclose
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "mapspace" / "search"))

from drawn_chain import draws
from every_chain import estimate

import flat_plugin as flat
from flat_plugin.api import search
from flat_plugin.architecture import Platform, find_architecture, read_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.result import figure
from flat_plugin.workload import Attention, parse_attention

EXACT = 1e-9


@dataclass(frozen=True)
class Sample:
    """The best of many mappings, ``value`` infinite where none fits."""

    number: int
    fit: int
    value: float
    mapping: FusedMapping | None


def main() -> int:
    asked, beaten = arguments(), 0
    for arch in asked.archs.split(","):
        platform = platform_of(arch)
        for length in asked.lengths.split(","):
            layer = parse_attention(f"{asked.layer},M={asked.queries or length},N={length}")
            for family in asked.families.split(","):
                beaten += compared(family, layer, platform, asked)
    print(f"{beaten} beaten")
    return bool(beaten)


def arguments() -> Namespace:
    parser = ArgumentParser()
    parser.add_argument("--archs", default="edge,cloud")
    parser.add_argument("--layer", default="B=1,H=12,D=64")
    parser.add_argument("--lengths", default="197,512")
    parser.add_argument("--queries", help="as many as keys if not given")
    parser.add_argument("--families", default="base-opt,flat-opt,flash")
    parser.add_argument("--objective", default="edp")
    for name, value in (("number", 100_000), ("seed", 0), ("seconds", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def platform_of(arch: str) -> Platform:
    """A preset, or a file and the energies that lie beside it, if any do."""
    if "." not in arch:
        return Platform(find_architecture(arch), energy_for(find_architecture(arch)))
    hardware, beside = read_architecture(Path(arch)), Path(arch.replace(".", "_ert."))
    return Platform(hardware, energy_for(hardware, beside if beside.exists() else None))


def compared(family: str, layer: Attention, platform: Platform, asked: Namespace) -> bool:
    """Whether a sample is better than the bound of a case: where it is proven, than the optimum."""
    name, objective = platform.architecture.name, asked.objective
    softmax = "serial" if platform.architecture.softmax else "free"
    start = f"{name:<8} {layer.queries}×{layer.keys:<6} {family:<9}"
    sample = sampled(family, layer, platform, softmax, asked)
    if sample.mapping is not None:  # the model itself says so of the whole mapping
        said = estimate(sample.mapping, layer, platform.architecture, platform.energies, softmax)
        assert isclose(figure(said, objective), sample.value, rel_tol=EXACT), sample
    begun = time.process_time()
    found = searched(family, layer, platform, objective, asked.seconds)
    seconds = time.process_time() - begun
    drawn = f"{sample.number:,} drawn, {sample.fit:,} fit"
    if found is None:
        print(f"{start} {drawn}; the search found nothing in {seconds:.0f} s", flush=True)
        return False
    bound = found.value / (1 + found.gap) if found.gap is not None else 0.0
    better = sample.value < bound * (1 - EXACT)
    ratio, gap = sample.value / found.value, f"{found.gap:.1e}" if found.gap is not None else "—"
    kind = "proven" if found.proven else "interrupted"
    verdict = "BEATEN" if better else "ahead of an interrupted search" if ratio < 1 - EXACT else "="
    print(f"{start} {drawn}; best {ratio:.4f} × {kind}, gap {gap}, {seconds:.1f} s: {verdict}", flush=True)
    if better:
        print(sample.mapping)
    return better


def sampled(family: str, layer: Attention, platform: Platform, softmax: str, asked: Namespace) -> Sample:
    """At least so many mappings at random, and the best of them."""
    drawn, fit, least, mapping = 0, 0, inf, None
    rng = Random(f"{platform.architecture.name} {layer} {family} {asked.seed}")
    for draw in draws(family, layer, platform.architecture, platform.energies, softmax, rng):
        drawn, fit = drawn + draw.number, fit + draw.fit
        if draw.fit:
            values = draw.values(asked.objective)
            one = int(values.argmin())
            if values.flat[one] < least:
                least, mapping = float(values.flat[one]), draw.mapping(one)
        if drawn >= asked.number:
            return Sample(drawn, fit, least, mapping)
    raise AssertionError("draws do not end")


def searched(
    family: str, layer: Attention, platform: Platform, objective: str, seconds: int
) -> flat.SearchResult | None:
    """The optimum, or what was found in so many seconds of CPU time."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return search(layer, platform, dataflow=family, objective=objective, factors="imperfect")
    except (KeyboardInterrupt, flat.InvalidMapping):
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    sys.exit(main())
