"""``PYTHONPATH=benchmarks python -m fuzz -n 20000``: what is found, kind by kind."""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter

from fuzz.run import run, slice_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=500, help="inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first input, which seeds it")
    parser.add_argument("--only", default="", help="files, to leave out calls of functions")
    parser.add_argument("--slice", nargs=2, type=int, metavar=("FIRST", "COUNT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.slice:
        slice_of(*given.slice, given.only)
        return
    kinds: Counter[str] = Counter()
    for finding in run(given.first, given.n, given.only):
        kind = re.sub(r"\d+", "#", finding["found"])[-160:]
        kinds[kind] += 1
        if kinds[kind] <= 3:
            print(json.dumps(finding), flush=True)
    print(f"{given.n} inputs, {kinds.total()} findings of {len(kinds)} kinds")


main()
