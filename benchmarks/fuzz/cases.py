"""Which file each command reads, and how inputs are made of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from fuzz import mutate
from fuzz.seeds import LAYER

SIZES = ["--attention", LAYER]
ERT = ["--ert", "ERT.yaml"]
OUT = ["-o", "out"]


@dataclass(frozen=True)
class Kind:
    """A kind of file: those that stand for it (a glob), and the commands that read ``FILE``."""

    name: str
    files: str
    commands: tuple[tuple[str, ...], ...]


def _of(*commands: str) -> tuple[tuple[str, ...], ...]:
    short = {
        "SIZES": SIZES,
        "ERT": ERT,
        "OUT": OUT,
        "ALL": ["arch.yaml", "problem.yaml", "mapping.yaml", "ERT.yaml"],
    }
    return tuple(tuple(p for word in c.split() for p in short.get(word, [word])) for c in commands)


KINDS = (
    Kind(
        "architecture",
        "arch.yaml",
        _of(
            "model FILE problem.yaml mapping.yaml ERT.yaml",
            "estimate SIZES --arch FILE ERT --softmax free",
            "search SIZES --arch FILE ERT --softmax free --json",
            "explain SIZES --arch FILE ERT",
            "energy --arch FILE --estimator recorded OUT",
            "generate SIZES --arch FILE ERT OUT",
            "estimate SIZES --arch FILE ERT --set buffer_kb=8 --json",
        ),
    ),
    Kind(
        "nodes",
        "nodes.yaml",
        _of("energy --arch FILE --estimator recorded", "estimate SIZES --arch FILE --softmax free --json"),
    ),
    Kind("problem", "problem.yaml", _of("model arch.yaml FILE mapping.yaml ERT.yaml --json")),
    Kind("mapping", "mapping.yaml", _of("model arch.yaml problem.yaml FILE ERT.yaml")),
    Kind(
        "energies",
        "ERT.yaml",
        _of(
            "model arch.yaml problem.yaml mapping.yaml FILE --json",
            "estimate SIZES --ert FILE --json",
            "search SIZES --ert FILE",
            "compare base flat-r8 SIZES --ert FILE",
        ),
    ),
    Kind(
        "fused mapping",
        "fused.yaml",
        _of(
            "estimate SIZES --mapping FILE --json",
            "explain SIZES --mapping FILE",
            "generate SIZES --mapping FILE OUT",
        ),
    ),
    Kind(
        "space",
        "space.yaml",
        _of("search SIZES --space FILE --json", "estimate SIZES --space FILE --dataflow flat-opt"),
    ),
    Kind(
        "configuration",
        "*.json",
        _of(
            "estimate --config FILE --seq 16 --level model --json",
            "search --config FILE --seq 16",
            "generate --config FILE --seq 16 OUT",
            "estimate --config FILE --queries 1 --seq 32",
        ),
    ),
    Kind(
        "sweep",
        "sweep.yaml",
        _of("run FILE --dry-run --json", "run FILE OUT -j 1", "run FILE OUT -j 1 --json --strict"),
    ),
    Kind(
        "result",
        "batch/runs/*/result.json",
        _of(
            "report batch OUT.html",
            "report batch --by dataflow,seq --metric energy_pj --baseline base",
            "report batch --table levels --json",
            "report batch --table traffic --csv out.csv",
            "report batch --parquet out.parquet",
            "report batch --figures out",
            "compare FILE FILE --json",
            "compare FOLDER base --model bert-base --seq 64",
            "run batch/sweep.yaml -o batch -j 1 --json",
        ),
    ),
    Kind(
        "inputs", "batch/runs/*/inputs.json", _of("report batch --json", "run batch/sweep.yaml -o batch -j 1")
    ),
    Kind(
        "mask",
        "mask.yaml",
        _of(
            "estimate SIZES --mask FILE --json",
            "explain SIZES --mask FILE",
            "search SIZES --mask FILE --json",
            "estimate --config llama.json --seq 32 --mask FILE --level model --json",
        ),
    ),
    Kind(
        "template",
        "templates/*.j2",
        _of(
            "generate SIZES --templates templates OUT",
            "generate SIZES --templates templates --dataflow base,flat-r8 OUT --json",
        ),
    ),
    Kind(
        "table",
        "tables/*.csv",
        _of(
            *(
                f"validate --data tables --experiment {name} --json"
                for name in ("authors", "rtl", "fusemax", "fusemax")
            )
        ),
    ),
)
OPTIONS = _of(
    "estimate --model bert-base --seq 32 --batch 2 --arch edge --dataflow flat-r8 --stage K,V --level block",
    "estimate SIZES --overflow spill --dataflow flat-h --set pes=[8,8] --estimator recorded --json",
    "estimate SIZES --engine native --softmax serial",
    "explain --model gpt2 --seq 32 --queries 1 --dataflow flat-h",
    "search SIZES --dataflow flat-opt --objective edp --factors imperfect --space weight-stationary",
    "search SIZES --pareto footprint-traffic --json",
    "generate SIZES --dataflow base --overflow reject -o out",
    "energy --arch edge --set buffer_kb=64 --estimator recorded -o out",
    "report batch --by dataflow --metric cycles --weight layers --baseline base",
    "report batch --table runs --csv out/a.csv",
    "compare base flat-r8 SIZES --causes 3 --level attention",
    "run sweep.yaml -o out -j 1 --engine native",
    "validate --data tables --experiment rtl --rows",
    "estimate SIZES --mask causal,window=8:0,sinks=2 --skip tiles --json",
    "estimate SIZES --bits K=8,V=8,S=32 --dataflow flat-r8 --json",
    "search SIZES --mask window=4 --bits K=4 --dataflow flat-opt --json",
    "estimate --config moe.json --seq 16 --experts all --level model --json",
    "estimate --config latent.json --seq 16 --latent absorbed --level block --json",
    "generate SIZES --mapper search_size=7 --mapper algorithm=random OUT",
    "show arch.yaml --set buffer_kb=8 --json",
    "energy --arch arch.yaml --template OUT",
)


HEAVY = {"OUT.html", "--figures", "--parquet"}  # what takes seconds: one time in twenty


def make(folder: Path, random: Random) -> tuple[str, list[str]]:
    """Change one file in the folder, or an option: a line on it, and what is then typed."""
    if random.random() < 0.15:
        return _options(random)
    kind = random.choice(KINDS)
    file = random.choice(sorted(folder.glob(kind.files)))
    how = _change(file, random)
    name = str(file.relative_to(folder))
    commands = [each for each in kind.commands if not set(each) & HEAVY or random.random() < 0.05]
    words = {"FILE": name, "FOLDER": str(Path(name).parent), "OUT.html": ""}
    typed = [words.get(word, word) for word in random.choice(commands)]
    typed = [word for part in typed for word in (["-o", "out.html"] if part == "" else [part])]
    return f"{kind.name} {name} ({how})", typed


def _options(random: Random) -> tuple[str, list[str]]:
    typed = list(random.choice(OPTIONS))
    at = random.randrange(1, len(typed))
    odd = [str(each) for each in mutate.ODD if not isinstance(each, (list, dict))]
    random.choice(
        (
            lambda: typed.__setitem__(
                at, random.choice(odd).replace("\0", "").encode("utf-8", "replace").decode()
            ),
            lambda: typed.pop(at),
            lambda: typed.insert(at, random.choice(("--json", "--nothing", "--seq", "--", "x", "--help"))),
        )
    )()
    return "options", typed


def _change(file: Path, random: Random) -> str:
    content = file.read_bytes()
    file.unlink()  # it is another name of the seed
    if random.random() < 0.2:
        file.write_bytes(mutate.data(content, random))
        return "bytes"
    if file.suffix == ".yaml" and random.random() < 0.1:
        file.write_bytes(mutate.template(content, random))
        return "Jinja"
    if random.random() < 0.02:
        random.choice((file.mkdir, lambda: None, lambda: file.symlink_to(file.name)))()
        return "not a file"
    file.write_bytes(_MADE[file.suffix](content, random))
    return "parts"


def _yaml(content: bytes, random: Random) -> bytes:
    if b"!Component" in content:  # tags: line by line
        lines = content.splitlines(keepends=True)
        at = random.randrange(len(lines))
        lines[at] = mutate.data(lines[at], random)
        return b"".join(lines)
    return mutate.as_yaml(mutate.document(yaml.safe_load(content), random))


def _json(content: bytes, random: Random) -> bytes:
    return mutate.as_json(mutate.document(json.loads(content), random))


def _csv(content: bytes, random: Random) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(mutate.table(list(csv.reader(io.StringIO(content.decode()))), random))
    return stream.getvalue().encode("utf-8", "surrogatepass")


_MADE: dict[str, Callable[[bytes, Random], bytes]] = {
    ".yaml": _yaml,
    ".json": _json,
    ".csv": _csv,
    ".j2": mutate.template,
}
