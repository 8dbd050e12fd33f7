"""Six chips that are variations of ``exploration/tiny``, and answers for them that a hand can work out.

Designs 0 to 5 are 1, 2 and 4 KB of buffer, each with 4 and 8 words of DRAM a cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.design_file import Exploration, read_design
from flat_plugin.exploration.figures import FRONT, Answer
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.run import known_of

TINY: dict[str, Any] = {
    "architecture": str(Path(__file__).parents[1] / "exploration" / "tiny"),
    "axes": {"buffer_kb": [1, 2, 4], "dram_words_per_cycle": [4, 8]},
    "workloads": [{"attention": "B=1,H=1,M=16,N=16,D=8", "name": "one"}],
    "dataflows": ["flat-opt"],
    "area_um2": {"Buffer": "buffer_kb * 1000", "Lanes": 400},
}


def exploration(**changes: Any) -> Exploration:
    """What is asked of the six chips."""
    return read_design({**TINY, **changes})


def known(**changes: Any) -> Known:
    """What is known of them before anything is asked."""
    return known_of(exploration(**changes))


class Prices:
    """An oracle: 2 µs with 8 words a cycle and 3 µs with 4; 300, 200 and 150 nJ with 1, 2 and 4 KB, a tenth
    of which is leakage. A second mapping takes twice the time and three quarters of the energy.

    Args:
        fits: kB of buffer that a mapping needs.
    """

    def __init__(self, fits: float = 0) -> None:
        self.fits = fits
        self.asked: list[Query] = []

    def __call__(self, queries: Sequence[Query]) -> list[Answer]:
        self.asked += queries
        return [self._answer(query) for query in queries]

    def _answer(self, query: Query) -> Answer:
        dram, buffer = query.platform.architecture.memories
        if buffer.capacity * 2 < self.fits * 1024:
            return Answer(query.dataflow.name, "too small")
        time, energy = 1e-6 * (1 + 8 / dram.shared_bandwidth), 1e-7 * (1 + 1024 / buffer.capacity)
        front = tuple((t, e, e / 10) for t, e in ((time, energy), (2 * time, 0.75 * energy)))
        chosen = {FRONT: query.pick or 0, "energy": 1}.get(query.mode, 0)
        latency, joules, leak = front[chosen]
        every = front if query.mode == FRONT and query.pick is None else ()
        return Answer(
            query.dataflow.name,
            cycles=latency * 1e9,
            latency_s=latency,
            energy_j=joules,
            leak_j=leak,
            utilization=0.5,
            bound="DRAM",
            busy={"DRAM": latency * 1e9},
            energy={"DRAM": joules / 2},
            front=every,
        )
