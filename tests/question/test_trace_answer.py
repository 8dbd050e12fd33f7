"""Traces as workloads: their estimates are those of any other, in Python, sweeps and comparisons."""

import json

import pytest
from small_traces import written
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.cli import app


@pytest.fixture
def file(tmp_path):
    return written(tmp_path)


@pytest.mark.parametrize("architecture", ["edge", "cloud"])
@pytest.mark.parametrize(("softmax", "bits"), [("serial", None), ("free", "V=16"), ("array", "S=32")])
def test_an_estimate_of_a_trace_is_what_the_trace_costs(file, architecture, softmax, bits):
    asked = {"softmax": softmax, "bits": bits}
    found = flat.estimate(flat.read_trace(file), architecture, **asked)
    cost = flat.estimate_trace(file, architecture, **asked)
    assert (found.cycles, found.dram_bytes) == (cost.cost.cycles, cost.cost.dram_bytes)
    assert found.energy_pj == pytest.approx(cost.cost.energy_pj)
    assert {n: w.computes for n, w in found.operators.items()} == {
        n: w.computes for n, w in cost.operators.items()
    }


def test_every_key_and_value_moves_at_least_once(file):
    """100 keys of 8 bits for two heads, 50 for another and 4 further bits of them; values likewise."""
    found = flat.estimate(flat.read_trace(file), "edge")
    keys, again = (2 * 100 + 50) * 64 * 8, 50 * 64 * 4
    values = (2 * 30 * 8 + 10 * 12) * 64
    queries, outputs = (3 + 1) * 64 * 16, 3 * 64 * 16
    assert found.limits.compulsory_dram_bytes == (keys + again + values + queries + outputs) / 8
    assert found.limits.cycles <= found.cycles
    assert found.limits.energy_pj <= found.energy_pj
    assert found.limits.compulsory_dram_bytes <= found.dram_bytes


def test_a_head_alone_has_the_limits_of_its_layer(tmp_path):
    row = "0,0,0,64,100,100,16,16,False,-1,100,16,False,-1\n"
    trace, layer = flat.read_trace(written(tmp_path, row)), flat.Attention(1, 1, 1, 100, 64)
    one, other = (flat.estimate(each, "edge", "base") for each in (trace, layer))
    assert one.limits.compulsory_dram_bytes == other.limits.compulsory_dram_bytes
    assert one.limits.cycles == other.limits.cycles
    assert one.limits.energy_pj == pytest.approx(other.limits.energy_pj)
    assert (one.cycles, one.dram_bytes) == (other.cycles, other.dram_bytes)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"dataflow": "flat-r64"}, "dataflow: a trace is of unfused steps"),
        ({"dataflow": "base-opt"}, "dataflow: a trace is of unfused steps"),
        ({"mask": "causal"}, "mask: a trace has the keys that its rows fetch"),
        ({"seq": 4}, "seq: the rows of a trace have their own"),
        ({"batch": 4}, "batch: the rows of a trace have their own"),
        ({"queries": 1}, "queries: each row of a trace has one query"),
        ({"level": "block"}, "level: a block or model is needed"),
        ({"bits": "W=4"}, "bits.W: a trace has no products"),
        ({"latent": "absorbed"}, "latent: no model with latent attention"),
    ],
)
def test_what_a_trace_has_not_is_refused(file, asked, message):
    with pytest.raises(flat.FlatError, match=message):
        flat.estimate(flat.read_trace(file), "edge", **asked)


def test_what_looks_at_one_attention_layer_is_refused(file, tmp_path):
    trace = flat.read_trace(file)
    for ask in (
        lambda: flat.explain(trace, "edge", "base"),
        lambda: flat.generate(trace, "edge", ["base"], output=tmp_path / "files"),
        lambda: flat.search(trace, "edge"),
    ):
        with pytest.raises(flat.FlatError, match="trace"):
            ask()
    assert not (tmp_path / "files").exists()


SWEEP = {"architectures": ["edge", "cloud"], "dataflows": ["base"], "bits": [None, "V=16"], "seq": [128]}


def test_a_sweep_of_a_trace(file, tmp_path):
    models = [{"trace": "trace.csv", "name": "mine"}, "t5-small"]
    (tmp_path / "sweep.yaml").write_text(json.dumps({"sweep": {**SWEEP, "models": models}}))
    done = flat.run(tmp_path / "sweep.yaml", tmp_path / "out", jobs=1)
    assert not done.wrong(strict=True)
    runs = [run for run in flat.read_results(tmp_path / "out").runs if run.inputs["model"] == "mine"]
    assert len(runs) == 4
    for run in runs:
        assert (run.inputs["seq"], run.inputs["queries"], run.inputs["batch"]) == (100, 1, 1)
        own = flat.estimate(flat.read_trace(file), run.inputs["architecture"], bits=run.inputs["bits"])
        assert (run.estimate["cycles"], run.estimate["energy_pj"]) == (own.cycles, own.energy_pj)


def test_another_table_is_another_run(file):
    sweep = {**SWEEP, "models": [{"trace": str(file), "name": "mine"}]}
    before = {run.key for run in flat.plan(sweep).runs}
    file.write_text(file.read_text().replace(",100,50,8", ",100,51,8"))
    assert not before & {run.key for run in flat.plan(sweep).runs}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataflows": ["base", "flat-h"]}, "a trace is of unfused steps"),
        ({"level": "model"}, "trace.csv is only attention"),
        ({"mask": "causal"}, "a trace has the keys"),
    ],
)
def test_a_sweep_that_asks_for_more(file, change, message):
    with pytest.raises(flat.FlatError, match=message):
        flat.plan({**SWEEP, "models": [{"trace": str(file)}], **change})


def test_two_architectures_are_compared(file):
    def printed(*options):
        command = ["compare", "edge", "cloud", "--trace", str(file), "--json", *options]
        return json.loads(CliRunner().invoke(app, command, catch_exceptions=False).stdout)

    for bits in (None, "V=16"):
        found = printed(*(["--bits", bits] if bits else []))
        latency, energy, traffic = found["figures"]
        for side, name in (("a", "edge"), ("b", "cloud")):
            own = flat.estimate_trace(file, name, bits=bits).cost
            assert latency[side] == pytest.approx(own.seconds)
            assert energy[side] == pytest.approx(own.energy_pj)
            assert traffic[side] == pytest.approx(own.dram_bytes)
    with pytest.raises(flat.FlatError, match="--seq: does nothing here"):
        printed("--seq", "8")
