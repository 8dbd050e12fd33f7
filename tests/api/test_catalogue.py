"""``names``: what can be named, with a line on each."""

from flat_plugin import api, find_model


def test_a_line_says_what_matters():
    names = api.names()
    assert names["models"]["llama-3-8b"] == "32 layers, 32 heads (8 KV) of 128, hidden 4096"
    assert names["models"]["bert-base"] == "12 layers, 12 heads of 64, hidden 768"
    assert names["architectures"]["edge"].startswith("DRAM > GlobalBuffer > PERegs > 1,024 × MAC; ")


def test_every_name_can_be_used():
    names = api.names()
    assert all(find_model(name).name == name for name in names["models"])
    assert all(api.show(name).name == name for name in names["architectures"])
    assert all(line and "\n" not in line for kind in names.values() for line in kind.values())
