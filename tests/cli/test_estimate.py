"""``flat estimate`` and ``flat explain``: what they print, and what they say of bad input."""

import json

import pytest
from small_traces import ROW, written

BERT = ["--model", "bert-base", "--seq", "512"]
LAYER = ["--attention", "B=1,H=2,M=64,N=64,D=16"]


def test_dataflows_are_printed_side_by_side(flat):
    answer = flat("estimate", *BERT, "--dataflow", "base,flat-r64", columns=80)
    assert answer.code == 0 and answer.err == ""
    assert " base " in answer.out and " flat-r64 " in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_json_has_an_object_for_each_dataflow(flat):
    base, flat_h, rows = json.loads(
        flat("estimate", *BERT, "--dataflow", "base,flat-h,flat-r64", "--json").out
    )
    assert base["dataflow"] == "base"
    assert rows["tensors"]["S"]["dram_reads"] == 0
    assert not flat_h["fits"] and "262,144" in flat_h["reason"]


def test_if_nothing_fits_that_is_an_error(refused):
    assert "flat-h does not fit: GlobalBuffer: " in refused("estimate", *BERT, "--dataflow", "flat-h")


def test_auto_says_which_engine_it_took(flat, programs):
    answer = flat("estimate", *LAYER, "--dataflow", "base", "--engine", "auto")
    assert answer.err == "flat: note: auto took the native engine\n"
    assert flat("-q", "estimate", *LAYER, "--dataflow", "base", "--engine", "auto").err == ""


def test_a_trace_leaves_nothing_to_choose_but_widths_and_softmax(flat, refused, tmp_path):
    asked = ["estimate", "--trace", written(tmp_path, ROW), "--softmax", "free", "--bits", "K=8,V=8"]
    assert json.loads(flat(*asked, "--json").out)["steps"] == 1
    for option in (["--seq", "5"], ["--dataflow", "base"], ["--level", "model"], ["--experts", "all"]):
        said = refused(*asked, *option)
        assert said.startswith(f"flat: {option[0]}: does nothing here") and "beside a trace" in said


def test_explain_prints_the_nest_and_the_derivation(flat):
    printed = flat("explain", *BERT, "--dataflow", "flat-r64").out
    assert "for m in 8:  # shared" in printed
    assert "DRAM ↔ K: tile 32,768 × 12 times" in printed
    said = " ".join(printed.split())  # lines are folded
    assert "MAC busy: 201,326,592 multiply-accumulates / 1,024 units in use = 196,608 cycles" in said
    assert "Latency: 786,432 + 1,434 for the first tiles in and the last tiles out = " in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--model"]),
        (["--model", "bert-bse"], ["bert-base"]),
        (["--model", "bert-base", "--seq", "-4"], ["-4"]),
        (["--model", "bert-base", "--arch", "none.yaml"], ["none.yaml"]),
        (["--model", "bert-base", "--dataflow", "flat-x"], ["flat-x", "flat-h"]),
        ([*BERT, "--dataflow", "flat-r7", "--factors", "perfect"], ["7", "512"]),
        (["--attention", "B=1,H=12,M=0,D=64"], ["attention.M", "1 or more"]),
        (["--config", "missing.json"], ["missing.json"]),
        ([*BERT, "--ert", "missing-ert.yaml"], ["missing-ert.yaml"]),
        ([*BERT, "--mapping", "missing-map.yaml"], ["missing-map.yaml"]),
    ],
)
def test_bad_arguments(refused, arguments, words):
    said = refused("estimate", *arguments)
    assert all(word in said for word in words), said
