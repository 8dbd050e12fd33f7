"""What traces cost: bits and multiply-accumulates are the table's, cycles and energy its operators'."""

import json
from pathlib import Path

import pytest
from small_traces import HEAD, ROWS, written
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.cli import app

SPATTEN = Path(__file__).parents[2].parent / "shared" / "reference" / "spatten"


@pytest.fixture
def file(tmp_path):
    return written(tmp_path)


def printed(*options):
    answer = CliRunner().invoke(app, ["estimate", *map(str, options)], catch_exceptions=False)
    return answer.stdout


@pytest.mark.skipif(not SPATTEN.is_dir(), reason=f"published tables are not in {SPATTEN}")
@pytest.mark.parametrize(
    ("name", "bits", "macs"),
    [
        ("gpt2-small-wikitext2-per8.csv.gz", 0.0828, 0.1655),
        ("gpt2-small-wikitext2-per8-step1+dedic.csv.gz", 1, 1),
    ],
)
def test_spatten(name, bits, macs):
    found = json.loads(printed("--trace", SPATTEN / name, "--json"))
    assert (round(found["kv_bits_ratio"], 4), round(found["macs_ratio"], 4)) == (bits, macs)
    moved = sum(found["tensors"][tensor]["dram_bytes"] for tensor in "KV")
    assert moved * 8 == found["kv_bits"] + found["again_bits"]
    work = {operator: each["computes"] for operator, each in found["operators"].items()}
    assert work["logit"] + work["attend"] == found["macs"]
    assert work.get("logit_again", 0) == found["again_macs"]


def test_figures_are_those_of_the_layers_one_by_one(file):
    answer = flat.estimate_trace(file, "edge")

    def layer(heads, keys, bits):
        return flat.estimate(flat.Attention(1, heads, 1, keys, 64, widths=bits), "edge", "base").operators

    first, last = layer(2, 100, "Q=16,K=8,V=8"), layer(1, 50, "Q=16,K=8,V=12")
    again = layer(1, 50, "Q=16,K=4,V=12")
    values = (layer(2, 30, "Q=16,K=8,V=8")["attend"], layer(1, 10, "Q=16,K=8,V=12")["attend"])
    wanted = {
        "logit": (first["logit"], last["logit"]),
        "softmax": (first["softmax"], last["softmax"]),
        "logit_again": (again["logit"],),
        "softmax_again": (again["softmax"],),
        "attend": values,
    }
    assert list(answer.operators) == list(wanted)
    for name, works in wanted.items():
        assert answer.operators[name].cycles == sum(work.cycles for work in works)
        assert answer.operators[name].energy_pj == pytest.approx(sum(work.energy_pj for work in works))
    assert answer.cost.cycles == sum(work.cycles for works in wanted.values() for work in works)
    dense = [
        layer(2, 100, "Q=12,K=12,V=12"),
        layer(1, 100, "Q=12,K=12,V=12"),
        layer(1, 101, "Q=12,K=12,V=12"),
    ]
    assert answer.dense.cycles == sum(work.cycles for each in dense for work in each.values())


def test_widths_are_of_what_the_table_leaves_open(file):
    usual, wider = (flat.estimate_trace(file, bits=bits).total for bits in (None, "V=16"))
    assert wider.kv_bits - usual.kv_bits == 10 * 64 * 4
    assert wider.dense_kv_bits - usual.dense_kv_bits == (3 * 100 + 101) * 64 * 4
    with pytest.raises(flat.FlatError, match="bits.W: a trace has no products around"):
        flat.estimate_trace(file, bits="W=4")


def test_options_that_would_do_nothing_are_refused(file):
    for option, value in (
        *(
            ("--model", "gpt2"),
            ("--attention", "B=1,H=1,M=1,D=1"),
            ("--config", "c.json"),
            ("--part", "text"),
        ),
        *(("--seq", 8), ("--queries", 1), ("--mask", "causal"), ("--batch", 2), ("--latent", "absorbed")),
        *(("--dataflow", "flat-h"), ("--mapping", "m.yaml"), ("--space", "output-stationary")),
        *(("--factors", "perfect"), ("--stage", "K"), ("--overflow", "spill"), ("--skip", "none")),
        *(("--level", "block"), ("--experts", "all"), ("--engine", "timeloop"), ("--time-limit", 3)),
    ):
        with pytest.raises(flat.FlatError, match=f"{option}: does nothing here"):
            printed("--trace", file, option, value)


def test_hardware_softmax_and_energies_count(file):
    usual = flat.estimate_trace(file).cost
    assert flat.estimate_trace(file, softmax="free").cost.cycles < usual.cycles
    assert flat.estimate_trace(file, set={"dram_gb_per_s": 10}).cost.cycles > usual.cycles
    assert flat.estimate_trace(file, "cloud").cost.energy_pj != usual.energy_pj


def test_rows_that_are_not_there_are_said(file):
    assert any("4 rows are not there beside the 4" in note for note in flat.estimate_trace(file).notes)


def test_it_shows_itself(file):
    answer = flat.estimate_trace(file)
    assert repr(answer).startswith("<TraceEstimate trace.csv on edge: 2 steps, ")
    assert "further bits" in printed("--trace", file)
    assert str(answer) and answer._repr_html_().count("<tr>") == 3


def test_a_trace_that_fetches_nothing_is_refused(tmp_path):
    (tmp_path / "none.csv").write_text(HEAD + ROWS.splitlines()[-1])
    with pytest.raises(flat.FlatError, match="none.csv: no key is fetched"):
        flat.estimate_trace(tmp_path / "none.csv")
