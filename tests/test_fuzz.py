"""500 seeded inputs of the fuzzer: nothing but a refusal, nothing written by one, no hang.

More by hand: ``PYTHONPATH=benchmarks python -m fuzz -n 20000``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize("first", range(0, 500, 125))
def test_no_input_gets_past_the_edge(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from fuzz.run import run

    found = list(run(first, 125))
    assert not found, "\n".join(f"{each['number']} {each['what']}\n    {each['found']}" for each in found)
