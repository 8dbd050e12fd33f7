"""Every result in one line."""

from types import SimpleNamespace

import flat_plugin as flat
from flat_plugin.report.one_line import line


def test_results_say_what_they_are() -> None:
    found = flat.estimate("bert-base", seq=64, dataflow="flat-h")
    assert line(found).startswith("<Estimate flat-h for bert-base (attention) on edge: ")
    assert line(flat.find_architecture("edge")).startswith("<Architecture edge: DRAM > GlobalBuffer > PERegs")


def test_lines_have_at_most_200_characters() -> None:
    chip = type("Chip", (SimpleNamespace,), {})(label="x " * 300)
    assert len(line(chip)) == 200 and line(chip).endswith("…>")


def test_what_is_not_known_has_its_name() -> None:
    assert line(SimpleNamespace()) == "<SimpleNamespace>"
