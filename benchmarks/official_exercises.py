"""What becomes of public files: every one of the official exercises and of FuseMax's artifact.

Run with ``python benchmarks/official_exercises.py EXERCISES FUSEMAX > docs/official-exercises.md``, given the
folders of Accelergy-Project/timeloop-accelergy-exercises and of FuseMax's artifact. With ``timeloop-model``
on PATH the reference outputs are compared with what it prints today too, and with a Python that has
timeloopfe in ``FLAT_PYTIMELOOP_PYTHON`` so are the mappings. Nothing of theirs is kept.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from against_timeloop import differences, printed, timeloop

import flat_plugin as flat
from flat_plugin.documents import load_timeloopfe
from flat_plugin.workload.problem import read_problem

ATTENTION = "B=1,H=2,M=64,N=64,D=16"  # what architectures are asked to run
LAYER = flat.parse_attention(ATTENTION)
DUMP = "parsed-processed-input.yaml"
DUMPED = re.compile(r"parsed-processed|flattened_architecture|summary")

HEAD = """\
# Public files

What becomes of every file of the official exercises (`Accelergy-Project/timeloop-accelergy-exercises`)
and of FuseMax's artifact, unchanged. Written by `benchmarks/official_exercises.py`.
"""
REFERENCES = """\
## Reference outputs

Each `parsed-processed-input.yaml` with its own mapping and table, its constraints left out (Timeloop
itself refuses a mapper's result beside them). Cycles, energy and every count are compared with the
statistics beside it, and with what `timeloop-model` (March 2025) prints for the same files. Four sets of
statistics were printed by an older Timeloop and differ from today's in the inputs that they fetch.
"""
ARCHITECTURES = f"""\
## Architectures

`flat estimate --dataflow base --softmax free` and `flat search --objective latency` on attention
{ATTENTION}.
"""
MAPPINGS = """\
## Mappings

`flat model` of each mapping with the architecture and the problem that it was written for; and whether
`timeloop-model` prints the same (every count, cycles, energies from a made-up table) for what
timeloopfe makes of the three files.
"""
TRANSPILE = """
import sys
import pytimeloop.timeloopfe.v4 as timeloopfe
try:
    timeloopfe.call_model(timeloopfe.Specification.from_yaml_files(*sys.argv[1:4]), sys.argv[4])
except Exception:
    pass  # where Accelergy knows no energies; what the files mean is written before
"""
ENERGIES = {"read": 1.5, "write": 2.25, "update": 3.0, "leak": 0.0, "compute": 3.5}


def main(exercises: Path, fusemax: Path) -> None:
    print(HEAD)
    problems(exercises, fusemax)
    references(exercises)
    architectures(exercises, fusemax)
    mappings(exercises, fusemax)


def attempt(function: Callable[[], object]) -> str:
    """What comes back as text, or why it is refused."""
    try:
        return str(function())
    except flat.FlatError as error:
        return f"refused: {reason(error)}"


def reason(error: flat.FlatError) -> str:
    """The first thing that is wrong, without the path of the file."""
    first = getattr(error, "errors", (error,))[0]
    text = f"{first.path}: {first.message}" if first.path else first.message
    return text.replace("|", "/").replace("\n", " ")[:150]


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    heads = list(heads)
    print("|", " | ".join(heads), "|")
    print("|", " | ".join("---" for _ in heads), "|")
    for row in rows:
        print("|", " | ".join(str(cell) for cell in row), "|")
    print()


def files(folder: Path, key: str) -> list[Path]:
    """The YAML files with this section, but for what programs wrote."""
    found = []
    for path in sorted((*folder.rglob("*.yaml"), *folder.rglob("*.yml"))):
        written = DUMPED.search(path.name) or re.search(r"/outputs[-/]", str(path))
        if not written and re.search(rf"^{key}\s*:", path.read_text(errors="replace"), re.M):
            found.append(path)
    return found


# Problems.


def problems(exercises: Path, fusemax: Path) -> None:
    print("## Problems\n")
    groups: dict[str, list[Path]] = {}
    shapes = exercises / "workspace" / "example_designs" / "layer_shapes"
    for path in files(exercises, "problem"):
        groups.setdefault(
            path.relative_to(shapes).parts[0] if shapes in path.parents else "exercises", []
        ).append(path)
    rows = [problem_row(name, paths) for name, paths in sorted(groups.items())]
    total = ["**all of the exercises**", *(sum(int(row[n]) for row in rows) for n in range(1, 5)), ""]
    rows = [*rows, total, problem_row("FuseMax", files(fusemax, "problem"))]
    table(("files of", "files", "products", "windows", "refused", "because"), rows)


def problem_row(name: str, paths: list[Path]) -> list[object]:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for path in paths:
        try:
            counts["products" if read_problem(load_timeloopfe(path)).plain else "windows"] += 1
        except flat.FlatError as error:
            counts["refused"] += 1
            reasons[error.message] += 1
    because = "; ".join(f"{text} ({n})" for text, n in reasons.items())
    return [name, len(paths), *(counts[kind] for kind in ("products", "windows", "refused")), because]


# Reference outputs.


def references(exercises: Path) -> None:
    print(REFERENCES)
    rows = [reference(path, exercises) for path in sorted(exercises.rglob(DUMP))]
    table(("reference", "flat model", "the statistics beside it", "timeloop-model"), rows)


def reference(path: Path, exercises: Path) -> list[object]:
    folder = path.parent
    name = str(folder.relative_to(exercises / "workspace")).replace("/ref_outputs/default_problem", "")
    dump = load_timeloopfe(path)
    case = {key: dump[key] for key in ("architecture", "problem", "variables") if key in dump}
    found = next(iter(folder.glob("*.map.yaml")), None)
    case["mapping"] = load_timeloopfe(found)["mapping"] if found else dump["mapping"]
    for key in ("ERT", "ART"):
        case[key] = load_timeloopfe(next(iter(folder.glob(f"timeloop-m*.{key}.yaml"))))[key]
    try:
        result = flat.evaluate_mapping(case, case, {"mapping": case["mapping"]}, {"ERT": case["ERT"]})
    except flat.FlatError as error:
        return [name, f"refused: {reason(error)}", "", ""]
    shipped = {"expected": printed(next(iter(folder.glob("*.stats.txt"))).read_text())}
    return [
        name,
        f"{result.cycles:,} cycles, {result.energy_pj / 1e6:.2f} µJ",
        compared(case, shipped, result),
        compared(case, timeloop(case), result) if shutil.which("timeloop-model") else "not run",
    ]


def compared(case: dict[str, Any], theirs: dict[str, Any], result: flat.OperatorResult) -> str:
    names = {level.name for level in result.levels}
    if "expected" in theirs:  # levels of timeloopfe's between two fan-outs may have other names
        levels = [level for level in theirs["expected"]["levels"] if level["name"] in names]
        theirs = {"expected": {**theirs["expected"], "levels": levels}}
    found = differences(case, theirs, {"result": result})
    counts = [line for line in found if "energy" not in line]
    return "; ".join(counts or found) or "equal"


# Architectures.


def architectures(exercises: Path, fusemax: Path) -> None:
    print(ARCHITECTURES)
    rows = []
    for folder in (exercises, fusemax):
        for path in files(folder, "architecture"):
            rows.append(architecture(path, str(path.relative_to(folder / "workspace"))))
    table(("file", "read", "estimate", "search"), rows)


def architecture(path: Path, name: str) -> list[str]:
    read = attempt(lambda: ", ".join(memory.name for memory in flat.read_architecture(path).memories))
    if read.startswith("refused"):
        return [name, read, "", ""]

    def estimate() -> str:
        return f"{flat.estimate(LAYER, path, 'base', softmax='free').cycles:,} cycles"

    def search() -> str:
        found = flat.search(LAYER, path, objective="latency")
        return f"{found.estimate.cycles:,.0f} cycles"

    return [name, read, attempt(estimate), attempt(search)]


# Mappings.


def mappings(exercises: Path, fusemax: Path) -> None:
    print(MAPPINGS)
    rows = []
    for folder in sorted((exercises / "workspace").rglob("map")):
        for mapping in sorted(folder.glob("*.yaml")):
            arch = next(iter((folder.parent / "arch").glob("*.yaml")))
            problem = next(iter((folder.parent / "prob").glob("*.yaml")))
            rows.append([mapping.relative_to(exercises / "workspace"), *modelled(arch, problem, mapping)])
    designs = exercises / "workspace" / "example_designs" / "example_designs"
    for mapping in sorted(designs.rglob("mapping.yaml")):
        arch, problem = (mapping.with_name(name) for name in ("arch.yaml", "problem.yaml"))
        rows.append([mapping.relative_to(exercises / "workspace"), *modelled(arch, problem, mapping)])
    inputs = fusemax / "workspace" / "inputs" / "yamls"
    for name, arch, problem in fusemax_designs(inputs):
        rows.append([name.relative_to(fusemax / "workspace"), *modelled(arch, problem, name)])
    table(("mapping", "flat model", "timeloopfe and timeloop-model"), rows)


def fusemax_designs(inputs: Path) -> Iterable[tuple[Path, Path, Path]]:
    """Mapping, architecture, problem. Products run on the array, the rest on the lanes beside it."""
    for folder, prefix in (("proposal/mappings", ""), ("proposal/flat_pe_mappings", "flat_")):
        for mapping in sorted((inputs / folder).glob("*.yaml")):
            array = "reg_file_1d" in mapping.read_text()
            arch = inputs / "proposal" / f"{prefix}arch-{2 if array else 1}d.yaml"
            yield mapping, arch, inputs / "proposal" / "problems" / mapping.name
    for folder, arch in (("flat-mappings", "arch-2d"), ("softmax-mappings", "arch-1d")):
        for mapping in sorted((inputs / "baselines" / folder).glob("*.yaml")):
            yield (
                mapping,
                inputs / "baselines" / f"{arch}.yaml",
                inputs / "baselines" / "problems" / mapping.name,
            )


def modelled(*paths: Path) -> tuple[str, str]:
    """What ``flat model`` says of architecture, problem and mapping, and whether the others say the same."""
    try:
        result = flat.evaluate_mapping(*paths)
    except flat.FlatError as error:
        return f"refused: {reason(error)}", ""
    python = os.environ.get("FLAT_PYTIMELOOP_PYTHON")
    if python is None or shutil.which("timeloop-model") is None:
        return f"{result.cycles:,} cycles", "not run"
    with TemporaryDirectory() as folder:
        command = [python, "-c", TRANSPILE, *map(str, paths), folder]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=600, check=False)
        dump = load_timeloopfe(Path(folder) / DUMP)
    case = {key: dump[key] for key in ("architecture", "problem", "mapping")}
    case["ERT"] = {"version": 0.4, "tables": list(made_up(dump["architecture"]["subtree"][0], ""))}
    result = flat.evaluate_mapping(*paths, {"ERT": case["ERT"]})
    return f"{result.cycles:,} cycles", compared(case, timeloop(case), result)


def made_up(node: dict[str, Any], prefix: str) -> Iterable[dict[str, Any]]:
    """A table for every component of a tree."""
    prefix += node["name"] + "."
    for component in node.get("local", []):
        actions = [{"name": action, "arguments": {}, "energy": pj} for action, pj in ENERGIES.items()]
        yield {"name": prefix + component["name"], "actions": actions}
    for inner in node.get("subtree", []):
        yield from made_up(inner, prefix)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
