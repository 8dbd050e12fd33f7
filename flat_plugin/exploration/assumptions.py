"""What the figures of an exploration rest on, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from flat_plugin.exploration.chips import Chips
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.workload.describe import describe


def assumptions_of(chips: Chips, asked: Exploration) -> tuple[str, ...]:
    """All of them."""
    return (*_of_workloads(asked, chips), *_of_mappings(asked), *_of_chips(chips, asked))


def _of_workloads(asked: Exploration, chips: Chips) -> Iterator[str]:
    for case in asked.cases:
        form = case.sized.forms(chips.frames[0].widths)[0]
        line = describe(form, case.sized.seq, case.sized.batch).line
        weight = f", {case.weight:g} times in sums" if case.weight != 1 else ""
        yield f"{case.name}: {line}; {case.level} level{weight}"


def _of_mappings(asked: Exploration) -> Iterator[str]:
    names = ", ".join(flow.name for flow in asked.dataflows)
    pairs = [(case, flow) for case in asked.cases for flow in asked.dataflows if flow.searched]
    whole = [case.has_menu(flow) for case, flow in pairs]
    tiles = " with perfect factors" if {flow.factors for _, flow in pairs} == {"perfect"} else ""
    among = f"among mappings{tiles} that none beats in both latency and energy, " if any(whole) else ""
    yield (
        f"each workload runs by one of {names}: {among}the best for the objective within the budgets; "
        f"softmax {asked.softmax}"
    )
    if not all(whole):
        yield (
            "of whole models and blocks, and with tiles of any size, only the mappings of the least edp, "
            "energy and latency are compared"
        )
    if any(case.level != "attention" for case in asked.cases):
        yield "products around the attention are mapped by a rule, as flat estimate maps them, not searched"
    if len(asked.cases) > 1:
        yield "sums count each workload by its weight; edp is the weighted sum of the workloads' own products"


def _of_chips(chips: Chips, asked: Exploration) -> Iterator[str]:
    yield f"energies per action and areas: {chips.source}"
    yield f"{chips.parts[0].name} is off chip; controllers, networks and pads have no area and no power here"
    capped = any(budget.figure == "power" for budget in asked.limited)
    idle = "" if capped else "; idle time between runs is not in it"
    yield f"power is energy divided by latency, with the leakage of every instance of every part{idle}"
    if capped:
        yield (
            "a budget of power holds for each workload: a chip that would draw more waits between runs, and "
            "what is in use leaks all the while"
        )
    if "power" in asked.objectives:
        yield "chips run each workload as often as its budget of latency says, and wait for the rest"
    if any(budget.figure == "peak_power" for budget in asked.limited) or "peak_power" in asked.objectives:
        yield "peak power is every part at its full rate at once, and leakage"
    if chips.without_area:
        yield f"no area is known for {', '.join(chips.without_area)}, so none is given"
