"""Energy tables in the terminal."""

import flat_plugin as flat
from flat_plugin.energy.compare import Difference
from flat_plugin.report.present import printed
from flat_plugin.report.terminal.energy import difference_table, energy_table


def test_a_component_is_named_once_and_areas_are_of_all_instances():
    said = printed(energy_table(flat.energy_table(), flat.find_architecture("edge")))
    assert said.count("GlobalBuffer") == 1 and said.count("PERegs") == 1
    assert "4.535 mm² in all, at 45nm." in said


def test_actions_with_the_same_figures_share_a_row():
    found = [
        Difference("MAC", "read", "pJ", 2.0, 3.0),
        Difference("MAC", "write", "pJ", 2.0, 3.0),
        Difference("MAC", "leak", "pJ", None, 1.0),
    ]
    said = printed(difference_table(found, "edge", "one", "other"))
    assert "read, write" in said and "1.5×" in said and "–" in said
