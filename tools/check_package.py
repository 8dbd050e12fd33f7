"""Builds the package and tries it as users get it: installed, outside the checkout, on every Python it names.

    python tools/check_package.py                  # 3.11, 3.12, 3.13 and the oldest dependencies
    python tools/check_package.py --pythons 3.11   # one of them, without the oldest dependencies

The wheel is built from the source distribution, and once more from a shallow checkout without tags. A Python
that is not here is skipped, and said.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
SWEEP = "sweep: {models: [bert-base], seq: [512], architectures: [edge, cloud], dataflows: [base, flat-r]}\n"
COMMANDS = (
    "--version",
    "list models",
    "estimate --model bert-base --seq 512 --dataflow base,flat-r",
    "explain --attention B=1,H=2,M=64,N=64,D=16 --dataflow flat-r16",
    "search --attention B=1,H=1,M=16,N=16,D=8 -o best.yaml",
    "estimate --attention B=1,H=1,M=16,N=16,D=8 --mapping best.yaml",
    "generate --model bert-base --seq 512 -o files",
    "show cloud",
    "schema sweep",
    "run sweep.yaml -o runs -j 1",
    "report runs -o page.html",
    "validate --experiment timeloop",
)
WRITTEN = ("best.yaml", "files/base/logit/mapping.yaml", "runs/plan.json", "page.html")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pythons", nargs="+", metavar="VERSION", help="only these")
    asked = parser.parse_args().pythons
    with tempfile.TemporaryDirectory(prefix="flat-package-") as name:
        folder = Path(name)
        wheel = built(ROOT, ROOT / "dist")
        from_shallow_checkout(folder)
        found = {version: python for version in asked or PYTHONS if (python := python_of(version))}
        for version in asked or PYTHONS:
            if version not in found:
                say(f"Python {version} is not here: SKIPPED")
        for version, python in found.items():
            tried(f"Python {version}", python, [str(wheel)], folder / version)
        if not asked and found:
            version, python = next(iter(found.items()))
            said = f"Python {version}, oldest dependencies"
            tried(said, python, [str(wheel), *oldest()], folder / "oldest")
    if not found:
        sys.exit("no Python to try the package on")


def built(checkout: Path, folder: Path) -> Path:
    """The wheel, built from the source distribution; both lie in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(checkout)])
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    say("built " + ", ".join(f"{path.name} ({path.stat().st_size / 1e6:.1f} MB)" for path in (wheel, source)))
    return wheel


def from_shallow_checkout(folder: Path) -> None:
    """What a continuous integration has: the last commit, and no tag to take a version from."""
    if not (ROOT / ".git").exists():
        return
    run(["git", "clone", "--quiet", "--depth", "1", "--no-tags", ROOT.as_uri(), str(folder / "shallow")])
    built(folder / "shallow", folder / "shallow-dist")


def tried(said: str, python: str, requirements: Sequence[str], folder: Path) -> None:
    """The package in an environment of its own, every command in an empty folder."""
    run([python, "-m", "venv", str(folder)])
    binary = folder / "bin"
    run([str(binary / "pip"), "install", "--quiet", "--disable-pip-version-check", *requirements])
    empty = folder / "empty"
    empty.mkdir()
    (empty / "sweep.yaml").write_text(SWEEP, encoding="utf-8")
    where = run([str(binary / "python"), "-c", "import flat_plugin; print(flat_plugin.__file__)"], empty)
    if not Path(where.strip()).is_relative_to(folder):
        sys.exit(f"{where.strip()} is not the package that was installed")
    for command in COMMANDS:
        run([str(binary / "flat"), *command.split()], empty)
    missing = [name for name in WRITTEN if not (empty / name).exists()]
    if missing:
        sys.exit(f"{said}: not written: {', '.join(missing)}")
    say(f"{said}: {len(COMMANDS)} commands")


def oldest() -> Iterator[str]:
    """Every dependency at the lowest version that is allowed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        name, lowest = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()  # type: ignore[union-attr]
        yield f"{name}=={lowest}"


def python_of(version: str) -> str | None:
    """A Python of this version that runs, on PATH or of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    named = [sys.executable, f"python{version}", *map(str, pyenv.glob(f"versions/{version}.*/bin/python"))]
    asked = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
    for path in filter(None, map(shutil.which, named)):
        answer = subprocess.run([path, "-c", asked], capture_output=True, text=True)
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return path
    return None


def run(command: Sequence[str], folder: Path | None = None) -> str:
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if answer.returncode:
        sys.exit(f"{' '.join(command)} ended with {answer.returncode}\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
