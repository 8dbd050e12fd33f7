"""Types that are known: each has a family and, where its decoder writes, an output head."""

import pytest
from toy_fields import toy

from flat_plugin.workload.configurations.composite_models import WRAPPERS
from flat_plugin.workload.configurations.types import TYPES, WITHOUT_ATTENTION


def sections(name, **fields):
    return [section.name for section in TYPES[name].read(toy(**fields)).beside]


def test_no_type_is_known_and_refused():
    assert not WITHOUT_ATTENTION & (set(TYPES) | set(WRAPPERS))
    assert {"mamba", "rwkv", "resnet"} <= WITHOUT_ATTENTION


@pytest.mark.parametrize(
    ("name", "written"),
    [("llama", True), ("gpt2", True), ("gemma", True), ("bert", False), ("xlm", False), ("vit", None)],
)
def test_decoders_write_and_encoders_do_not(name, written):
    assert TYPES[name].head == bool(written)
    if written is not None:
        assert sections(name, vocab_size=10, is_encoder=True) == (["output head"] if written else [])


def test_families_differ_by_what_a_type_gives_them():
    def gated(name, **fields):
        ((_, layer),) = TYPES[name].read(toy(**fields)).stack
        return layer.gated

    assert (gated("llama"), gated("starcoder2")) == (True, False)
    kinds = dict(sliding_window=8, num_hidden_layers=12)
    for name, full in (("cohere2", 3), ("gemma2", 6), ("gemma3_text", 2), ("cwm", 3), ("olmo3", 3)):
        stack = TYPES[name].read(toy(**kinds)).stack
        assert sum(times for times, layer in stack if str(layer.own) == "causal") == full, name


def test_the_first_or_the_last_of_a_period_sees_every_key():
    fields = dict(sliding_window=8, num_hidden_layers=4)
    first = {name: str(TYPES[name].read(toy(**fields)).stack[0][1].own) for name in ("cwm", "olmo3")}
    assert first == {"cwm": "causal", "olmo3": "causal,window=8"}
