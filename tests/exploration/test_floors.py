"""A part alone: what its accesses cost where nothing else costs anything."""

import flat_plugin as flat
from flat_plugin.exploration.floors import only


def test_nothing_but_the_parts_accesses_costs() -> None:
    platform = flat.platform("edge")
    alone = only(platform, "DRAM")
    charged = {
        (name, action)
        for name, part in alone.energies.components.items()
        for action, pj in part.actions.items()
        if pj
    }
    assert charged and all(name == "DRAM" and action != "leak" for name, action in charged)
    assert alone.energies.energy("DRAM", "read") == platform.energies.energy("DRAM", "read")
