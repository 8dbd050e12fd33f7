"""A fused chain on two shared memories: the optimum that AccelForge's mapper finds.

Run with ``python benchmarks/accelforge_two_levels.py`` (Python 3.12 or later, ``pip install accelforge``). It
writes ``tests/reference/accelforge/two_levels.jsonl``, which a test compares with wherever it runs. A case
takes AccelForge up to a minute of CPU time.
"""

from __future__ import annotations

import json
import time
from typing import Any

import accelforge as af
from accelforge.mapper.FFM.main import join_pmappings, make_pmappings
from against_accelforge import BITS, FOLDER, keeps_rows, nest, nested

import flat_plugin as flat

SINGLE, ARRAY = 1, 4  # units a side: of a chip like Snowcat's, and of one like an NPU's
# (layer, words of L2, words of the buffer, units a side)
CASES = (
    ("B=1,H=1,M=32,N=32,D=8", 1024, 256, SINGLE),
    ("B=1,H=1,M=16,N=16,D=4", 128, 256, SINGLE),
    ("B=1,H=1,M=32,N=8,D=8", 256, 64, SINGLE),
    ("B=1,H=1,M=16,N=16,D=8", 512, 64, ARRAY),
    ("B=1,H=1,M=16,N=8,D=8", 256, 256, ARRAY),
    ("B=1,H=1,M=8,N=16,D=8", 256, 32, ARRAY),
)


def main() -> None:
    af.set_n_parallel_jobs(1)
    found = [searched(*case) for case in CASES]
    (FOLDER / "two_levels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in found))


def searched(layer: str, l2_words: int, buffer_words: int, array: int) -> dict[str, Any]:
    """The optimum by energy, keys of a row together: pJ, words by operator, memory, tensor and action."""
    sizes = {d: n for einsum in flat.parse_attention(layer).einsums() for d, n in einsum.bounds}
    chip = {"l2_words": l2_words, "buffer_words": buffer_words, "array": array}
    files = [FOLDER / f"accelforge_{name}.yaml" for name in ("two_levels", "chain")]
    spec = af.Spec.from_yaml(*files, jinja_parse_data={**chip, **sizes})
    spec.mapper.metrics = af.mapper.Metrics.ENERGY
    start = time.process_time()
    rows = make_pmappings(spec, print_progress=False)._filter(keeps_rows)
    found = join_pmappings(rows, require_all_einsums=True, print_progress=False, metrics=spec.mapper.metrics)
    seconds = time.process_time() - start
    best = found.data["Total<SEP>energy"].to_numpy().argmin()
    spec.mapping = found.data.iloc[best]["Total<SEP>mapping"](_for_model=True)
    spec.model.metrics = af.mapper.Metrics.all_metrics()
    result = spec.evaluate_mapping()
    actions = result.actions(per_einsum=True, per_component=True, per_tensor=True)
    words = {key: count / BITS for key, count in actions.items() if key[2] != "None" and count}
    print(f"{layer}, {chip}: {seconds:.0f} s", flush=True)
    return {
        "layer": layer,
        **chip,
        "energy_pj": result.energy() * 1e12,
        "nest": nest(spec.mapping.nodes),
        "words": nested(words),
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
