"""Groups of options that commands share: what they make of the words of a command line."""

import pytest

from flat_plugin.cli.question_options import ChainOptions, MachineOptions, WorkloadOptions
from flat_plugin.errors import FlatError
from flat_plugin.workload import find_model, parse_attention


def test_a_workload_with_all_that_is_said_of_it():
    chosen = WorkloadOptions(model="gpt2", queries=2, mask="full", bits="K=8").chosen()
    assert chosen.name == "gpt2-decode2" and chosen.widths.of("K") == 8


def test_one_as_it_is_named():
    assert WorkloadOptions(model="gpt2", queries=2, seq=64).named() == find_model("gpt2")
    layer = "B=1,H=1,M=4,N=4,D=4"
    assert WorkloadOptions(attention=layer).chosen() == parse_attention(layer)


@pytest.mark.parametrize("options", [{}, {"model": "gpt2", "attention": "B=1,H=1,M=4,D=4"}])
def test_exactly_one_is_named(options):
    with pytest.raises(FlatError, match="exactly one of --model, --config and --attention"):
        WorkloadOptions(**options).chosen()


def test_a_part_is_of_a_configuration():
    with pytest.raises(FlatError, match="only a configuration has parts"):
        WorkloadOptions(model="gpt2", part="text").chosen()


def test_none_need_be_named_but_then_nothing_is_said_of_it():
    assert WorkloadOptions().chosen_if_any(None) is None
    for given, changes in ((WorkloadOptions(mask="causal"), None), (WorkloadOptions(), ["buffer_kb=1"])):
        with pytest.raises(FlatError, match="without a workload"):
            given.chosen_if_any(changes)


def test_sizes_as_the_functions_take_them():
    assert WorkloadOptions(seq=64, batch=2).asked() == {
        **{"seq": 64, "queries": None, "mask": None, "batch": 2, "bits": None}
    }


def test_an_architecture_is_its_name_until_something_is_changed():
    assert MachineOptions(arch="cloud").architecture() == "cloud"
    changed = MachineOptions(arch="cloud", changes=["buffer_kb=1024"])
    assert changed.architecture().memories[1].capacity == 512 * 1024
    assert changed.architecture("edge").name.startswith("edge")
    assert MachineOptions().platform().architecture.name == "edge"


def test_staged_tensors_are_a_list():
    assert ChainOptions(stage="K, V").asked()["stage"] == ["K", "V"]
    assert ChainOptions().asked()["stage"] is None
