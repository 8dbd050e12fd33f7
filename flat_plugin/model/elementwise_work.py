"""What norms, activations and additions cost: operators of the softmax unit, as the unfused softmax is one.

Their words come from the outermost memory to the one that the unit is beside, and return. A norm passes over
a row twice: it fetches it once if two copies of a row fit there, and once a pass where they do not.
"""

from __future__ import annotations

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.operator_work import Work
from flat_plugin.model.scores import KindsOfScores
from flat_plugin.model.softmax import Operations, Visit, work_of_unit
from flat_plugin.model.softmax_site import rows_fit, unfused_site
from flat_plugin.workload.elementwise import Elementwise
from flat_plugin.workload.widths import Widths


def elementwise_work(
    step: Elementwise, widths: Widths, architecture: Architecture, energies: EnergyTable
) -> Work:
    """A step on the softmax unit.

    Args:
        widths: of words; those of activations (A) count.

    Raises:
        FlatError: the architecture has no softmax unit.
    """
    rows = KindsOfScores({"M": step.rows, "N": step.width}, 1, Widths(S=widths.A))
    site = unfused_site(rows, architecture)
    again = 0 if rows_fit(rows, architecture.memories[site.scores.level]) else step.passes - 1
    fetched = step.elements * (step.inputs + again)
    read, busiest = step.elements * (step.inputs + step.passes - 1), site.scores.rows
    visits = [
        Visit(0, "A", fetched, step.elements),
        Visit(site.scores.level, "A", read + step.elements, step.elements + fetched, busiest / step.rows),
    ]
    operations = Operations(step.operations, busiest * step.row_operations)
    return work_of_unit(step.name, operations, visits, architecture, energies, site, widths)
