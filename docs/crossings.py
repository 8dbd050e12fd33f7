"""The length from which fusing stops to pay on ``edge``, by the size of its buffer: ``docs/crossings.csv``.

    python docs/crossings.py              # what is not there yet
    python docs/crossings.py 512 1024     # these buffers anew [KB]

With tiles of any size (``--factors imperfect``) the energy-delay of ``flat-opt`` over that of ``base-opt``
rises smoothly with the length. It is followed from the crossing of the buffer before, and the crossing closed
in on to 1 %.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import flat_plugin as flat

FILE = Path(__file__).resolve().parent / "crossings.csv"
BUFFERS = tuple(round(256 * 2 ** (n / 4)) for n in range(13))  # KB
CLOSE = 1.01


def ratio(buffer_kb: int, seq: int) -> float:
    """Energy-delay of the best fused mapping over that of the best unfused one."""
    asked = {"seq": seq, "set": {"buffer_kb": buffer_kb}, "factors": "imperfect"}
    fused, unfused = (
        flat.search("bert-base", "edge", dataflow=name, **asked).value for name in ("flat-opt", "base-opt")
    )
    return fused / unfused


def crossing(buffer_kb: int, near: int) -> tuple[int, int]:
    """Lengths that differ by 1 % at most, at the first of which fusing pays, and no more at the second."""
    low = high = near
    pays = ratio(buffer_kb, near) <= 1
    while True:
        far = round(high * 1.03) if pays else round(low / 1.03)
        if (ratio(buffer_kb, far) <= 1) != pays:
            low, high = (high, far) if pays else (far, low)
            break
        low = high = far
    while high > CLOSE * low + 1:
        middle = round((low * high) ** 0.5)
        if ratio(buffer_kb, middle) <= 1:
            low = middle
        else:
            high = middle
    return low, high


def read() -> dict[int, tuple[int, int]]:
    """Buffer [KB] -> (the last length looked at at which fusing pays, the first at which it does not)."""
    if not FILE.is_file():
        return {}
    with FILE.open(encoding="utf-8", newline="") as file:
        return {int(row["buffer_kb"]): (int(row["pays"]), int(row["stops"])) for row in csv.DictReader(file)}


def write(found: dict[int, tuple[int, int]]) -> None:
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("buffer_kb", "pays", "stops"))
        writer.writerows((size, *found[size]) for size in sorted(found))


def main(anew: list[int]) -> None:
    found = {size: each for size, each in read().items() if size not in anew}
    for size in BUFFERS:
        if size not in found:
            below = max((other for other in found if other < size), default=None)
            near = round(found[below][1] * size / below) if below else 4150
            found[size] = crossing(size, near)
            write(found)
            print(size, *found[size], flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
