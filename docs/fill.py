"""Fills in what the pages quote: what commands and lines of Python print, and pictures.

    python docs/fill.py                    # every page and picture
    python docs/fill.py docs/tutorial.md   # some of them
    python docs/fill.py docs/pictures/curve.svg
    python docs/fill.py --check docs/tutorial.md   # how it differs from what is printed

A page is followed from its first line to its last, in an empty folder with a copy of ``examples``: a block
``console`` holds commands (after ``$``) and their output, a block ``text`` below one of ``python`` what that
prints, and a block below a line that ends with a file's name and a colon is that file. The terminal has 80
columns. Notebooks are executed. The tests compare.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
EXAMPLES = DOCS.parent / "examples"
NOTEBOOKS = tuple(sorted(EXAMPLES.glob("*.ipynb")))
FOLLOWED = ("tutorial.md", "gallery.md")
SECONDS = 300  # for one command
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.S | re.M)
_FILE = re.compile(r"`([\w.-]+\.\w+)`[^`\n]*:$")


def filled(text: str, folder: Path) -> str:
    """The page with what its blocks print, followed in this folder."""
    pieces, end, printed = [], 0, ""
    for match in _BLOCK.finditer(text):
        kind, content = match.groups()
        pieces.append(text[end : match.start()])
        named = _FILE.search(text[end : match.start()].rstrip())
        if kind == "console":
            content = "".join(_answered(content, folder))
        elif kind == "text" and printed:
            content = printed
        elif named:
            (folder / named[1]).write_text(content, encoding="utf-8")
        printed = _printed([sys.executable, "-c", content], folder) if kind == "python" else ""
        pieces.append(f"```{kind}\n{content}```\n")
        end = match.end()
    return "".join([*pieces, text[end:]])


def _answered(block: str, folder: Path) -> Iterator[str]:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    for number, command in enumerate(commands):
        output = _printed(["sh", "-c", command[2:]], folder)
        yield f"{command}\n{output}" + ("\n" if output and number + 1 < len(commands) else "")


def _printed(command: list[str], folder: Path) -> str:
    """What a command prints, without the spaces at the ends of lines.

    Raises:
        SystemExit: it fails.
    """
    where = os.environ | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        **{"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"},
    }
    answer = subprocess.run(
        command, cwd=folder, env=where, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=SECONDS,
    )  # fmt: skip
    if answer.returncode:
        raise SystemExit(f"{command[-1]}\nends with {answer.returncode}:\n{answer.stdout}")
    lines = [line.rstrip() for line in answer.stdout.splitlines()]
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text else ""


def followed(page: Path) -> str:
    """A page of the documentation, or a notebook, as it should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "here"
        shutil.copytree(EXAMPLES, folder / "examples")
        if page.suffix == ".ipynb":
            return executed(page, folder / "examples")
        return filled(page.read_text(encoding="utf-8"), folder)


def executed(notebook: Path, folder: Path) -> str:
    """A notebook with the outputs of its cells, run in this folder."""
    import nbformat
    from nbclient import NotebookClient

    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content, timeout=SECONDS, record_timing=False, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    content.metadata["language_info"] = {"name": "python"}
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs = [*_joined(cell.outputs)]
    return nbformat.writes(content) + "\n"


def _joined(outputs: list[Any]) -> Iterator[Any]:
    """What a cell prints in pieces, in one: where it is cut depends on the time that it takes."""
    for printed, pieces in groupby(outputs, lambda output: output.output_type == "stream"):
        if not printed:
            yield from pieces
            continue
        first, *rest = pieces
        first.text = "".join(piece.text for piece in (first, *rest))
        yield first


def shown(notebook: str) -> list[Any]:
    """What the cells of a notebook show; of a chart's picture only that it is there, for how it is drawn is
    Altair's affair."""
    found = []
    for cell in json.loads(notebook)["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text": output.get("text")})
            found.append((cell["id"], {kind: kind == "image/png" or value for kind, value in data.items()}))
    return found


def difference(page: Path) -> str:
    """How a page or notebook differs from what it should be; nothing where it does not."""
    now, before = followed(page), page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        now, before = ("\n".join(map(repr, shown(text))) for text in (now, before))
    return "\n".join(
        difflib.unified_diff(before.splitlines(), now.splitlines(), "shown", "printed", "", "", 1)
    )


def _compared(before: str, now: str) -> Iterator[str]:
    return difflib.unified_diff(before.splitlines(), now.splitlines(), "shown", "printed", n=1)


def main(arguments: list[str]) -> None:
    pages = [Path(name) for name in arguments if name != "--check"]
    pages = pages or [*(DOCS / name for name in FOLLOWED), *NOTEBOOKS, *sorted(DOCS.glob("pictures/*.svg"))]
    for page in pages:
        if "--check" in arguments:
            if page.suffix != ".svg" and (differs := difference(page)):
                raise SystemExit(f"{page}\n{differs}")
        elif page.suffix == ".svg":
            import pictures

            page.write_text(pictures.drawn(page.stem), encoding="utf-8")
        else:
            page.write_text(followed(page), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
