"""``platform``, and what else stands for an architecture."""

import pytest

import flat_plugin as flat
from flat_plugin.api.inputs import hardware_of
from flat_plugin.workload import parse_attention

BERT = "bert-base"
SMALL = parse_attention("B=1,H=4,M=128,N=96,D=32")

SMALL_LAYER = parse_attention("B=1,H=2,M=64,N=64,D=16")


def test_a_platform_is_an_architecture_with_its_energies() -> None:
    asked = flat.estimate(SMALL_LAYER, "edge", "flat-r16", set={"buffer_kb": 64})
    on = flat.platform("edge", set={"buffer_kb": 64})
    assert repr(on).startswith("<Platform edge, buffer_kb 64; energies: ")
    assert flat.estimate(SMALL_LAYER, on, "flat-r16").to_dict() == asked.to_dict()
    assert flat.explain(SMALL_LAYER, on, "flat-r16").estimate.to_dict() == asked.to_dict()
    assert flat.search(SMALL_LAYER, on).value == flat.search(SMALL_LAYER, "edge", set={"buffer_kb": 64}).value


@pytest.mark.parametrize("more", [{"set": {"buffer_kb": 64}}, {"ert": "ERT.yaml"}, {"estimator": "recorded"}])
def test_a_platform_has_its_own_energies(more) -> None:
    with pytest.raises(flat.FlatError, match=f"{next(iter(more))}: the platform has its own"):
        flat.estimate(SMALL_LAYER, flat.platform(), **more)


def test_an_architecture_is_a_name_a_file_or_itself():
    edge = hardware_of("edge")
    assert hardware_of(edge) is edge
    assert hardware_of("edge", {"buffer_kb": 64}).memories[1].capacity == 32 * 1024


def test_a_change_that_cannot_be_made_is_named():
    with pytest.raises(flat.FlatError, match="set.buffer_kb: bad value .got -1."):
        hardware_of("edge", {"buffer_kb": -1})
