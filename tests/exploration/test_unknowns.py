"""What may be unknown, and the values that it is looked for among."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import exploration

from flat_plugin.errors import FlatError
from flat_plugin.exploration.unknowns import name_and_values, read_values, unknown_of

ASKED = exploration(workloads=[{"model": "gpt2", "seq": 64}])
BASE, CASE = ASKED.base, ASKED.cases[0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("128,256", [128, 256]),
        (" 1.5 , 2e3 ", [1.5, 2000.0]),
        ("LPDDR4,HBM2", ["LPDDR4", "HBM2"]),
        ("16x16,32x8", [[16, 16], [32, 8]]),
        ("128..4096", {"from": 128, "to": 4096, "step": 1}),
        ("128..4096/64", {"from": 128, "to": 4096, "step": 64}),
        ("0.5..8*2", {"from": 0.5, "to": 8, "times": 2}),
    ],
)
def test_values_as_they_are_written(text: str, values: Any) -> None:
    assert read_values(text) == values


def test_a_size_of_the_workload() -> None:
    found = unknown_of("seq", "64,128", BASE)
    assert found.of_workload and found.name == "seq"
    assert found.case(CASE, 1).sized.seq == 128 and found.settings(1) == {}


def test_a_figure_of_the_hardware() -> None:
    found = unknown_of("pes", [[2, 2], [4, 4]], BASE)
    assert not found.of_workload
    assert found.settings(1) == {"pes": [4, 4]} and found.case(CASE, 1) is CASE
    assert unknown_of("Buffer.depth", "64,128", BASE).settings(0) == {"Buffer.depth": 64}


def test_short_names_of_bandwidths() -> None:
    assert unknown_of("dram_gbps", "1,2", BASE).name == "dram_gb_per_s"
    assert unknown_of("buffer_gbps", "1,2", BASE).name == "buffer_gb_per_s"


@pytest.mark.parametrize(
    ("name", "first", "last", "octave"),
    [
        ("seq", 128, 131072, 8),
        ("batch", 1, 256, 8),
        ("queries", 1, 4096, 8),
        ("buffer_kb", 32, 16384, 16),
        ("buffer_words_per_cycle", 1, 65536, 16),
        ("dram_words_per_cycle", 1, 8192, 16),
        ("buffer_gb_per_s", 1, 131072, 16),
        ("dram_gb_per_s", 1, 8192, 16),
        ("softmax_lanes", 1, 8192, 16),
        ("topk_lanes", 1, 8192, 16),
    ],
)
def test_usual_values_are_whole_and_even_in_octaves(name: str, first: int, last: int, octave: int) -> None:
    values = unknown_of(name, None, BASE).axis.values
    assert (values[0], values[-1]) == (first, last) and list(values) == sorted(set(values))
    assert all(isinstance(value, int) for value in values)
    assert values[-1 - octave] == last // 2  # so many between a half and the whole


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("sequence", None, "unknown: nothing has this name .*expected seq, batch, queries, buffer_kb"),
        ("Buffer.depth", None, "values: its values must be given; expected 128,256"),
        ("seq", "64,,128", "values: not values .got '64,,128'."),
        ("seq", "4..x", "values: "),
        ("seq", "64,65.5", "values: sizes must be whole numbers"),
        ("seq", "128..64", "values: .*expected 128,256"),
        ("seq", "1..1e..2", "values: not a number"),
    ],
)
def test_refusals(name: str, values: Any, said: str) -> None:
    with pytest.raises(FlatError, match=said):
        unknown_of(name, values, BASE)


def test_a_name_with_its_values() -> None:
    assert name_and_values("batch=1,2", "over") == ("batch", "1,2")
    for text in ("batch", "batch=", "=1,2"):
        with pytest.raises(FlatError, match="over: not a name and its values"):
            name_and_values(text, "over")
