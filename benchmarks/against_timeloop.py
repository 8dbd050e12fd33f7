"""Random files through an installed ``timeloop-model`` and through the built-in model: everything equal?

Run with ``python benchmarks/against_timeloop.py --count 500 --seed 1``, ``timeloop-model`` on PATH. It prints
how many were accepted and refused by both, and every case on which they differ; the exit code is 1 if there
is any. ``--windows`` takes convolutions only, ``--record FILE`` writes the cases with what Timeloop printed,
one a line, for the tests to replay.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import random_timeloop
import random_windows
import yaml

import flat_plugin as flat
from flat_plugin.timeloop.stats import COUNTS, parse_stats

Document = dict[str, Any]
SECTIONS = ("architecture", "problem", "mapping", "ERT", "architecture_constraints")


def timeloop(case: Document, seconds: float = 60) -> Document:
    """What timeloop-model prints: ``expected`` by level and tensor, or ``rejected`` with its last words."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "case.yaml"
        text = {key: case[key] for key in SECTIONS if key in case}
        file.write_text(yaml.safe_dump(text, sort_keys=False, width=10_000))
        run = subprocess.run(
            ["timeloop-model", str(file), "-o", folder],
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=folder,
        )
        stats = Path(folder) / "timeloop-model.stats.txt"
        if not stats.exists() or run.returncode:
            return {"rejected": f"rc {run.returncode}: {(run.stdout + run.stderr)[-300:]}"}
        return {"expected": printed(stats.read_text())}


def printed(text: str) -> Document:
    """The lines of a statistics file that are compared."""
    stats = parse_stats(text)
    summary = text.partition("Summary Stats")[2]
    percent = next(line for line in summary.splitlines() if line.startswith("Utilization"))
    labels = (*COUNTS, "Energy (total)")
    return {
        "cycles": stats.cycles,
        "computes": stats.computes,
        "energy_uj": stats.energy_uj,
        "utilization_percent": float(percent.split()[1].rstrip("%")),
        "levels": [
            {
                "name": level.name,
                "tensors": {
                    name: {label: _number(entries[label]) for label in labels}
                    for name, entries in level.tensors.items()
                },
            }
            for level in stats.levels.values()
        ],
    }


def _number(text: str) -> float | int:
    return int(text) if text.isdigit() else float(text)


def ours(case: Document) -> Document:
    """The same of the built-in model."""
    beside = {key: case[key] for key in ("architecture", "architecture_constraints") if key in case}
    try:
        result = flat.evaluate_mapping(
            beside, {"problem": case["problem"]}, {"mapping": case["mapping"]}, {"ERT": case["ERT"]}
        )
    except flat.FlatError as error:
        return {"rejected": str(error)}
    return {"result": result}


def differences(case: Document, theirs: Document, mine: Document) -> list[str]:
    """What is not equal, in words; nothing if all is."""
    if "rejected" in theirs or "rejected" in mine:
        if "rejected" in theirs and "rejected" in mine:
            return []
        return [f"timeloop {theirs.get('rejected', 'accepts')!r}, flat {mine.get('rejected', 'accepts')!r}"]
    expected, result = theirs["expected"], mine["result"]
    found = []

    def compare(what: str, one: float, other: float, slack: float = 0.0) -> None:
        if abs(one - other) > slack:
            found.append(f"{what}: timeloop {one}, flat {other}")

    compare("cycles", expected["cycles"], result.cycles)
    compare("computes", expected["computes"], result.computes)
    compare("utilisation", expected["utilization_percent"], result.utilization * 100, 0.0051)
    compare("energy", expected["energy_uj"], result.energy_pj / 1e6, 0.0051 + 1e-9 * expected["energy_uj"])
    for level in expected["levels"]:
        tensors = result[level["name"]].tensors
        if set(tensors) != set(level["tensors"]) and level["tensors"]:
            found.append(f"{level['name']}: {sorted(tensors)} instead of {sorted(level['tensors'])}")
            continue
        for name, printed in level["tensors"].items():
            for label, attribute in COUNTS.items():
                compare(f"{level['name']}.{name} {label}", printed[label], getattr(tensors[name], attribute))
            energy = printed["Energy (total)"]
            compare(f"{level['name']}.{name} energy", energy, tensors[name].energy_pj, 0.0051 + 1e-9 * energy)
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--windows", action="store_true")
    options.add_argument("--record", type=Path)
    given = options.parse_args()
    generator = random_windows if given.windows else random_timeloop
    made = list(generator.cases(given.seed, given.count))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(timeloop, made))
    tally: Counter[str] = Counter()
    for case, theirs in zip(made, answers, strict=True):
        found = differences(case, theirs, ours(case))
        kind = "refused" if "rejected" in theirs else "accepted"
        tally[f"{kind} by timeloop-model, {'different' if found else 'equal'}"] += 1
        if found:
            print(f"{case['name']}: " + "; ".join(found[:4]))
    for kind, count in sorted(tally.items()):
        print(f"{count:6} {kind}")
    if given.record:
        lines = [json.dumps({**case, **theirs}) for case, theirs in zip(made, answers, strict=True)]
        given.record.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    return int(any("different" in kind for kind in tally))


if __name__ == "__main__":
    sys.exit(main())
