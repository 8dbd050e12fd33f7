"""What a newcomer does, in a fresh environment with the built wheel: `python tools/newcomer.py`.

The tutorial word for word, with the base install; four chips; a sweep of 60 runs; then, with the extras, each
notebook, and the page of the sweep, clicked in headless Chromium where that is (else skipped, and said).
The checkout is not on the path: pages, examples and the driver of the browser are copied.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from check_package import ROOT, built, run, say

COPIED = ("docs", "examples", "tests/report/page/browser.py", "tools/newcomer_page.py")
CHIPS = ("npu4", "tpuv4i", "eyeriss", "gpu132")
EXTRAS = ("nbclient", "nbformat", "ipykernel", "selenium", "axe-core-python")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="this one instead of building it")
    given = parser.parse_args().wheel
    with tempfile.TemporaryDirectory(prefix="flat-newcomer-") as name:
        folder = Path(name)
        wheel = (given or built(ROOT, folder / "dist")).resolve()
        for each in COPIED:
            target = folder / "here" / each
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / each).is_dir() else shutil.copy)(ROOT / each, target)
        walked(wheel, folder)


def walked(wheel: Path, folder: Path) -> None:
    """Every step, in this order; the first that goes wrong ends it."""
    here, binary = folder / "here", folder / "environment" / "bin"
    run([sys.executable, "-m", "venv", str(folder / "environment")])
    install(binary, [str(wheel)])
    python = str(binary / "python")
    where = run([python, "-c", "import flat_plugin; print(flat_plugin.__file__)"], here).strip()
    if not Path(where).is_relative_to(folder / "environment"):
        sys.exit(f"{where} is not the package that was installed")
    run([python, "docs/fill.py", "--check", "docs/tutorial.md"], here)
    say("tutorial: word for word, with the base install")
    for chip in CHIPS:
        run([str(binary / "flat"), "show", f"examples/{chip}.yaml"], here)
    say(f"flat show: {', '.join(CHIPS)}")
    run([str(binary / "flat"), "run", "examples/sweep.yaml", "-o", "results"], here)
    run([str(binary / "flat"), "report", "results", "-o", "report.html"], here)
    say("sweep: 60 runs and their page")
    install(binary, [f"{wheel}[report]", *EXTRAS])
    for notebook in sorted(here.glob("examples/*.ipynb")):
        run([python, "docs/fill.py", "--check", str(notebook.relative_to(here))], here)
        say(f"notebook: {notebook.stem}")
    say(run([python, "tools/newcomer_page.py", "report.html"], here).strip())


def install(binary: Path, requirements: Sequence[str]) -> None:
    run([str(binary / "pip"), "install", "--quiet", "--disable-pip-version-check", *requirements])


if __name__ == "__main__":
    main()
