"""Named dataflows read keys and values once for the query heads that share them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flat_plugin as flat
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.workload import parse_mask


def words(layer: flat.Attention, dataflow: str, **options: str) -> flat.Estimate:
    return flat.estimate(layer, "edge", dataflow, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("dataflow", ["base", "flat-h", "flat-r", "flat-r1"])
@pytest.mark.parametrize(("model", "keys"), [("llama-3-8b", 8192), ("mistral-7b", 4096)])  # its window
def test_decoding_reads_the_cache_once(model: str, keys: int, dataflow: str) -> None:
    step = flat.find_model(model).decoding()
    answer = flat.estimate(step, "edge", dataflow, seq=8192)
    for tensor in ("K", "V"):
        assert answer.traffic[tensor].dram_reads == keys * step.kv_heads * step.head_dim


def test_decoding_by_name_is_near_the_best() -> None:
    step = flat.find_model("llama-3-8b").decoding()
    named, best = (flat.estimate(step, "edge", flow, seq=8192) for flow in ("flat-h", "flat-opt"))
    assert named.cycles < 1.05 * best.cycles


def test_staged_keys_and_values_need_no_common_tile() -> None:
    """They stay while the loop over the group's heads turns; one head a tile needs less of the buffer."""
    layer = flat.Attention(1, 8, 64, 64, 32, kv_heads=2)
    mapping = words(layer, "flat-h").mapping
    assert {"K", "V"} <= mapping.staged and dict(mapping.trips)["G"] == 4
    assert not mapping.dataflow.grouped


def test_a_group_that_does_not_fit_together_is_walked() -> None:
    layer = flat.Attention(1, 8, 512, 8192, 64, kv_heads=1)  # S of one row and head: 8,192 words
    mapping = words(layer, "flat-r16").mapping
    assert dict(mapping.trips)["G"] == 8 and not mapping.dataflow.grouped
    mapping = words(layer, "flat-r1").mapping
    assert "G" not in dict(mapping.trips) and mapping.dataflow.grouped


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([1, 2, 4]),
    st.sampled_from([2, 4, 8]),
    st.sampled_from([1, 2, 64]),
    st.sampled_from([64, 1024, 4096, 8192]),
    st.sampled_from(["flat-h", "flat-r", "flat-r1", "base"]),
)
def test_a_group_never_moves_more_than_its_heads_apart(
    kv_heads: int, group: int, queries: int, keys: int, dataflow: str
) -> None:
    grouped = flat.Attention(1, kv_heads * group, queries, keys, 64, kv_heads=kv_heads)
    apart = flat.Attention(1, kv_heads * group, queries, keys, 64)
    for factors, slower in (("perfect", 1.0), ("imperfect", 1 / 0.95)):  # flat-r fills 95 % of the array
        try:
            one = words(grouped, dataflow, factors=factors)
        except flat.InvalidMapping:
            with pytest.raises(flat.InvalidMapping):
                words(apart, dataflow, factors=factors)
            continue
        other = words(apart, dataflow, factors=factors)
        assert one.dram_words <= other.dram_words
        assert one.cycles <= other.cycles * slower * (1 + 1e-9)


def test_layers_without_groups_are_mapped_as_ever() -> None:
    layer = flat.Attention(1, 4, 128, 4096, 64)
    mapping = words(layer, "flat-r").mapping
    assert not mapping.dataflow.grouped
    assert mapping == map_dataflow(
        layer, flat.find_architecture("edge"), flat.parse_dataflow("flat-r"), flat.energy_table("edge")
    )


@pytest.mark.parametrize("dataflow", ["base", "flat-r", "flat-r16"])
@pytest.mark.parametrize(
    "mask", ["causal,window=40", "window=20:30", "causal,chunk=64", "causal,window=9,sinks=3"]
)
def test_windows_slide_once_for_all_heads_of_a_group(dataflow: str, mask: str) -> None:
    """Query heads take a tile of rows one after the other: no key that leaves the window comes back."""
    layer = flat.Attention(1, 8, 256, 256, 32, kv_heads=2)
    answer = words(layer, dataflow, mask=mask)
    for tensor in ("K", "V"):
        assert answer.traffic[tensor].dram_reads == 2 * 256 * 32


def test_heads_in_turn_change_nothing_but_keys_and_values() -> None:
    """The same nest with the heads outside the rows, as a mapping by hand."""
    layer = flat.Attention(1, 8, 256, 256, 32, kv_heads=2, mask=parse_mask("causal,window=40"))
    answer = words(layer, "flat-r16")
    loops = dict(answer.mapping.trips)
    assert list(loops) == ["B", "H", "M", "G"]
    swapped = {d: loops[d] for d in ("B", "H", "G", "M")}
    names = [name for name, _ in answer.mapping.operators]
    operators = tuple(
        (name, _outermost(answer.mapping[name], tuple(reversed([*swapped.items()])))) for name in names
    )
    other = flat.estimate(
        layer,
        "edge",
        mapping=FusedMapping.below_outermost(
            answer.mapping.dataflow, tuple(swapped.items()), answer.mapping.staged, operators
        ),
    )
    for tensor in "QSO":
        assert other.traffic[tensor] == answer.traffic[tensor]
    assert other.traffic["K"].dram_reads > answer.traffic["K"].dram_reads
    assert other.operators["softmax"].busy == answer.operators["softmax"].busy


def _outermost(nest: OperatorMapping, loops: Factors) -> OperatorMapping:
    """The nest with these loops at its outermost memory, in this order, innermost first."""
    first, *rest = nest.levels
    own = tuple(loop for loop in first.temporal if loop[0] not in dict(loops))
    return replace(nest, levels=(replace(first, temporal=own + loops), *rest))
