"""How long the exact search takes, in CPU seconds of one core after import.

Attention layers of BERT, one operator alone, long sequences against short ones, and the sweep of the
paper: five models, eight lengths, two platforms, unfused and fused; and curves over bandwidth and buffer,
which keep work from point to point. Beside them how many mappings of
the declared spaces a second that settles. Run with ``python benchmarks/search.py [--sweep] [--imperfect]``.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from functools import partial

import flat_plugin as flat
from flat_plugin.api import search
from flat_plugin.architecture.overrides import override
from flat_plugin.energy import energy_for
from flat_plugin.mapspace.layer import search_operator
from flat_plugin.mapspace.menu_cache import forget_menus
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.result import SearchResult
from flat_plugin.model.memory import keep_freed_memory

MODELS = ("bert-base", "transformer-xl", "flaubert-large", "t5-small", "xlm")
LENGTHS = tuple(512 * 2**n for n in range(8))
FAMILIES = ("base-opt", "flat-opt", "flash")
FACTORS = "imperfect" if "--imperfect" in sys.argv else "perfect"


def cpu_seconds(run: Callable[[], object]) -> tuple[float, object]:
    forget_menus()
    start = time.process_time()
    answer = run()
    return time.process_time() - start, answer


def bert(length: int) -> flat.Attention:
    return flat.parse_attention(f"B=1,H=12,M={length},N={length},D=64")


def settle(
    workload: flat.Attention | str, platform: str, family: str, seq: int | None = None
) -> tuple[float, int, int]:
    """CPU seconds, mappings settled and mappings evaluated; none where nothing fits."""
    asked = {"dataflow": family, "seq": seq, "factors": FACTORS}
    try:
        seconds, answer = cpu_seconds(lambda: search(workload, platform, **asked))
    except flat.InvalidMapping:
        return 0.0, 0, 0
    assert isinstance(answer, SearchResult)
    return seconds, answer.space.size, answer.space.evaluated


def layers() -> None:
    edge: dict[int, float] = {}
    for platform in ("edge", "cloud"):
        for length in (512, 4096, 65536, 1048576):
            for family in FAMILIES:
                seconds, size, evaluated = settle(bert(length), platform, family)
                if platform == "edge" and size:
                    edge[length] = edge.get(length, 0.0) + seconds
                start = f"{platform:<6} N={length:<8} {family:<9}"
                if size:
                    rates = f"{evaluated / seconds:,.0f} evaluated/s, {size / seconds:.1e} settled/s"
                    print(f"{start} {seconds:6.2f} s  {rates}")
                else:
                    print(f"{start}      ✗")
    print(f"edge, all families that fit: N=1M takes {edge[1048576] / edge[512]:.2f} times as long as N=512")


def operators() -> None:
    hardware = flat.find_architecture("edge")
    energies = energy_for(hardware)
    for length in (512, 4096, 65536):
        for einsum in bert(length).einsums():
            run = lambda e=einsum: search_operator(e, hardware, energies, Best("edp"))  # noqa: E731
            print(f"edge   N={length:<8} {einsum.name:<9} {cpu_seconds(run)[0]:6.2f} s  alone")


def curves() -> None:
    """A search at every bandwidth and at every size of the buffer: work that is kept, and that is not."""
    edge = flat.find_architecture("edge")
    kinds = {"dram_words_per_cycle": (4, 8, 16, 32, 64, 128), "buffer_kb": (64, 128, 256, 512, 1024, 2048)}
    for kind, values in kinds.items():
        machines = [override(edge, {kind: value}) for value in values]
        searches = [partial(search, bert(4096), machine, factors=FACTORS) for machine in machines]
        alone = sum(cpu_seconds(run)[0] for run in searches)
        together = cpu_seconds(lambda runs=searches: [run() for run in runs])[0]  # type: ignore[misc]
        print(f"curve over {kind}: {len(values)} in {together:.2f} s, {alone / together:.1f} times as fast")


def sweep() -> None:
    total, runs = 0.0, 0
    for model in MODELS:
        for length in LENGTHS:
            for platform in ("edge", "cloud"):
                for family in FAMILIES[:2]:
                    total += settle(model, platform, family, seq=length)[0]
                    runs += 1
    print(f"sweep of {runs} searches: {total:.1f} s")


if __name__ == "__main__":
    keep_freed_memory()
    search("bert-base", "edge", seq=64)  # imports and files
    layers()
    operators()
    curves()
    if "--sweep" in sys.argv:
        sweep()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
