"""Layers with masks as users have them, on the presets."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import find_architecture
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.iteration_kinds import Split, kinds_of
from flat_plugin.model.mapping_batch import mapping_of
from flat_plugin.model.shortened_nests import cut_batch
from flat_plugin.workload import Attention, Layer, Model, parse_mask

LAYER = Attention(1, 4, 512, 512, 64)
FLOWS = ("base", "flat-r64", "flat-r", "flat-r1")


def masked(text, layer=LAYER):
    return replace(layer, mask=parse_mask(text))


def figures(answer):
    """All that an estimate says but for its workload and limits."""
    document = answer.to_dict()
    return {key: value for key, value in document.items() if key not in ("workload", "limits", "scores")}


@pytest.mark.parametrize("flow", [*FLOWS, "base-h", "flat-h", "flat-b", "flash"])
def test_a_mask_that_leaves_everything_changes_nothing(flow):
    layer = Attention(1, 2, 96, 96, 16)
    everything, full = (flat.estimate(masked(text, layer), "edge", flow) for text in ("window=95:95", "full"))
    assert figures(everything) == figures(full)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_window_as_wide_as_the_sequence_is_causal(flow):
    wide, causal = (flat.estimate(masked(text), "edge", flow) for text in ("window=512", "causal"))
    assert figures(wide) == figures(causal)


def test_rows_one_by_one_touch_what_is_needed():
    answer = flat.estimate(masked("causal,window=100,sinks=4"), "edge", "flat-r1")
    assert answer.scores.touched == answer.scores.needed == masked("window=100,sinks=4").needed_scores
    assert answer.operators["logit"].computes == answer.scores.touched * 64


def dense(answer, layer, rows, keys, architecture):
    """The estimate of one iteration, as a dense layer of its own under the same loops."""
    widest = layer.widest(rows)
    one = replace(layer, queries=rows, keys=keys, mask=parse_mask("full"))
    nests: list[tuple[str, OperatorMapping]] = []
    for einsum, own in zip(widest.einsums(), one.einsums(), strict=True):
        lengths = {"M": np.array([rows]), "N": np.array([keys])}
        batch = cut_batch(einsum, architecture, answer.mapping[einsum.name], lengths)
        nests.append((einsum.name, mapping_of(replace(batch, einsum=own, lengths={}), 0)))
    shared = tuple(
        replace(loops, temporal=tuple(f for f in loops.temporal if f[0] != "M"))
        for loops in answer.mapping.shared
    )
    return flat.estimate(
        one, architecture, mapping=replace(answer.mapping, shared=shared, operators=tuple(nests))
    )


def test_a_causal_layer_is_the_sum_of_its_tiles_of_rows_run_one_by_one():
    """But for keys and values that a tile of rows finds where the one before left them."""
    edge, layer = find_architecture("edge"), masked("causal")
    whole = flat.estimate(layer, edge, "flat-r64", stage=["Q", "S", "O"])
    parts = [dense(whole, layer, 64, 64 * n, edge) for n in range(1, 9)]
    assert whole.scores.touched == sum(part.operators["logit"].computes for part in parts) // 64
    for name, work in whole.operators.items():
        own = [part.operators[name] for part in parts]
        assert work.computes == sum(part.computes for part in own)
        for component in ("MAC", "SoftmaxUnit"):
            if component in work.busy:
                assert work.busy[component] == sum(part.busy[component] for part in own)
        for tensor, moved in work.traffic.items():
            sums = [part.traffic[tensor] for part in own]
            for level in range(len(whole.mapping.levels)):
                together = tuple(map(sum, zip(*(part.level(level) for part in sums), strict=True)))
                if tensor in "QSO" or level > 1:
                    assert moved.level(level) == together
            if tensor in "QSO":
                for level in whole.mapping.levels:
                    spent = sum(part.energy.get((level, tensor), 0) for part in own)
                    assert work.energy.get((level, tensor), 0) == pytest.approx(spent, rel=1e-12)
            else:
                assert moved.dram_reads <= sum(part.dram_reads for part in sums)


@pytest.mark.parametrize(
    ("text", "fetched"),
    [
        ("causal", 512),  # there is room for all keys
        ("window=128", 512),  # of every tile the new ones
        ("window=128,sinks=4", 512),
        ("causal,offset=0", 512),
        ("window=64:64,global=2", 512),
    ],
)
def test_keys_that_stay_are_fetched_once(text, fetched):
    answer = flat.estimate(masked(text), "edge", "flat-r16", stage=["Q", "K", "S", "V", "O"])
    for tensor in "KV":
        assert answer.traffic[tensor].dram_reads == 4 * fetched * 64
    assert answer.traffic["Q"].dram_reads == answer.traffic["O"].dram_writes == 4 * 512 * 64


def test_query_heads_of_a_group_find_the_keys_of_the_one_before():
    layer = Attention(1, 4, 512, 512, 64, kv_heads=2)
    held = {"stage": ["Q", "K", "S", "V", "O"]}
    causal = flat.estimate(masked("causal", layer), "edge", "flat-r16", **held)
    assert causal.traffic["K"].dram_reads == 2 * 512 * 64
    window = flat.estimate(masked("window=100", layer), "edge", "flat-r16", **held)
    assert window.traffic["K"].dram_reads == 2 * 512 * 64  # heads take a tile of rows one after the other
    assert window.requirement.words < causal.requirement.words / 2


def test_a_window_needs_less_room():
    layer, held = Attention(1, 1, 8192, 8192, 64), ["Q", "K", "S", "V", "O"]
    with pytest.raises(InvalidMapping):
        flat.estimate(layer, "edge", "flat-r16", stage=held)
    answer = flat.estimate(masked("window=512", layer), "edge", "flat-r16", stage=held)
    assert "K[N527×D64]" in str(answer.requirement)  # 512 + 15 keys of 16 rows


def test_hardware_that_cannot_skip():
    causal, full = masked("causal"), LAYER
    answer, whole = (
        flat.estimate(causal, "edge", "flat-r64", skip="none"),
        flat.estimate(full, "edge", "flat-r64"),
    )
    assert figures(answer) == figures(whole)
    assert answer.scores.to_dict() == {
        "needed": causal.needed_scores,
        "touched": 4 * 512 * 512,
        "ratio": 4 * 512 * 512 / causal.needed_scores,
    }
    assert answer.limits.cycles < whole.limits.cycles


@pytest.mark.parametrize("text", ["causal", "window=32:64,global=3", "window=50,sinks=7"])
@pytest.mark.parametrize(
    ("flow", "softmax"),
    [("base", "serial"), ("flat-r64", "free"), ("flat-r1", "overlapped"), ("flat-r16", "array")],
)
def test_no_dataflow_beats_the_limits(text, flow, softmax):
    answer = flat.estimate(masked(text), "edge", flow, softmax=softmax)
    limits = answer.limits
    assert answer.cycles >= limits.cycles
    assert answer.energy_pj >= limits.energy_pj
    assert answer.dram_words >= limits.best_tiling_dram_words >= limits.compulsory_dram_words
    assert answer.scores.needed <= answer.scores.touched <= 4 * 512 * 512


def test_a_model_adds_its_kinds_of_layers_up():
    layer = dict(heads=4, hidden=64, head_dim=16, feed_forward=128)
    local, whole = (
        Layer(**layer, mask=parse_mask("window=16")),
        Layer(**layer, mask=parse_mask("causal")),
    )
    model = Model("mixed", stack=((3, local), (2, whole)), tokens=64)
    answer = flat.estimate(model, "edge", "flat-r16", level="model")
    assert answer.scores.needed == 4 * (3 * (16 * 64 - 120) + 2 * (64 * 65 // 2))
    assert answer.workload["layers"][0]["mask"] == "causal,window=16"
    given = flat.estimate(model, "edge", "flat-r16", level="model", mask="full")
    assert given.scores.touched == 5 * 4 * 64 * 64


@pytest.mark.parametrize("text", ["causal", "window=4096", "window=512:512,global=64", "window=1024,sinks=4"])
def test_a_million_tokens(text):
    """As arrays: one entry a kind of iteration."""
    layer = masked(text, Attention(1, 1, 1 << 20, 1 << 20, 64))
    answer = flat.estimate(layer, "cloud", "base")
    assert layer.needed_scores <= answer.scores.touched <= 2**40


def test_engines_that_know_no_masks_say_so():
    class Other(NativeEngine):
        name = "other"

    with pytest.raises(FlatError, match="does not know masks"):
        flat.estimate(masked("causal"), "edge", "flat-r64", engine=Other())


def test_scores_that_overflow_under_a_mask_are_refused():
    layer = masked("causal", Attention(1, 1, 4096, 4096, 64))
    with pytest.raises(FlatError, match="overflow"):
        flat.estimate(layer, "edge", "flat-r128", overflow="spill", stage=["S"])


def test_a_mask_that_needs_nothing_is_refused(tmp_path):
    file = tmp_path / "none.yaml"
    file.write_text("mask: {rows: 512, keys: 512, blocks: ['0']}")
    with pytest.raises(FlatError, match="leaves no score"):
        flat.estimate(LAYER, "edge", "flat-r64", mask=str(file))


def test_explained_energies_add_up():
    for flow in FLOWS:
        found = flat.explain(masked("window=64"), "edge", flow)
        assert found.iterations and sum(each.times * each.rows for each in found.iterations) == 512
        together = sum(step.energy_pj for step in found.steps)
        assert together == pytest.approx(found.estimate.energy_pj, rel=1e-9)


def test_a_folder_for_each_kind_of_iteration(tmp_path):
    """Each is a dense problem that evaluates by itself."""
    layer = Attention(1, 4, 128, 128, 16, kv_heads=2, mask=parse_mask("causal"))
    written = flat.generate(layer, "edge", ["flat-r32", "base"], tmp_path)
    assert any("one for each kind of iteration" in note for note in written.notes)
    iterations = yaml.safe_load((tmp_path / "flat-r32" / "iterations.yaml").read_text())["iterations"]
    assert [(i["folder"], i["times"]) for i in iterations] == [(f"32x{n}", 2) for n in (32, 64, 96, 128)]
    answer, computes = flat.estimate(layer, "edge", "flat-r32"), 0
    for each in iterations:
        folder = tmp_path / "flat-r32" / "logit" / each["folder"]
        files = [folder / f"{name}.yaml" for name in ("architecture", "problem", "mapping")]
        computes += each["times"] * flat.evaluate_mapping(*files).computes
    assert computes == answer.operators["logit"].computes
    mapping = tmp_path / "flat-r32" / "fused_mapping.yaml"
    again = flat.estimate(layer, "edge", mapping=mapping)
    assert again.operators == answer.operators


def test_a_mapping_of_all_keys_is_cut_to_those_that_are_touched():
    layer = Attention(1, 2, 128, 128, 16)
    full = flat.estimate(layer, "edge", "flat-r32")
    answer = flat.estimate(replace(layer, mask=parse_mask("window=32")), "edge", mapping=full.mapping)
    assert answer.mapping["logit"].covers("N") == 63
    assert answer.scores.touched == 2 * (32 * 32 + 3 * 32 * 63)


def test_a_model_has_its_own_masks_unless_others_are_said():
    assert flat.estimate("gpt2", "edge", "flat-r64", seq=128).workload["mask"] == "causal"
    assert flat.estimate("gpt2", "edge", "flat-r64", seq=128, mask="full").workload["mask"] == "full"
    assert flat.estimate("bert-base", "edge", "flat-r64", seq=128).workload["mask"] == "full"
    step = flat.estimate("gpt2", "edge", "flat-r64", seq=128, queries=1)
    assert step.scores.needed == 12 * 128  # all that came before
    assert flat.search("gpt2", "edge", seq=64).estimate.workload["mask"] == "causal"
    whole = flat.search("gpt2", "edge", seq=64, mask="full").estimate.workload
    assert whole["mask"] == "full" and whole["layers"][0]["own_mask"] == "causal"


@pytest.mark.parametrize("factors", [None, "perfect", "imperfect"])
def test_a_mask_is_never_dropped_for_a_search(factors):
    model, asked = flat.find_model("gpt2"), {"factors": factors, "seq": 61}
    for answer in (
        flat.estimate(model, "edge", "flat-opt", **asked),
        flat.estimate(model.masked(parse_mask("causal")), "edge", "flat-opt", **asked),
        flat.search(model, "edge", dataflow="flat-opt", **asked).estimate,
    ):
        assert answer.workload["mask"] == "causal"
    both = flat.compare("base", "flat-opt", "gpt2", "edge", **asked)
    assert {side.estimate["workload"]["mask"] for side in (both.a, both.b)} == {"causal"}


@pytest.mark.parametrize(("mask", "most"), [("causal,chunk=256", 256 + 2), ("chunk=14:5", 300)])
def test_chunks_that_are_alike_are_one_kind(mask, most):
    """Over a million rows one by one, those at the same place of a chunk differ in nothing."""
    layer = Attention(1, 1, 1 << 20, 1 << 20, 8, mask=parse_mask(mask))
    kinds = kinds_of(layer, Split(1))
    assert len(kinds) <= most
    assert int((kinds.rows * kinds.times).sum()) == 1 << 20
    assert kinds.scores == layer.needed_scores or not layer.mask.causal
