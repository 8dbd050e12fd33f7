"""The softmax unit as an Accelergy (0.4) plug-in; flat_softmax_energy.py says where its figures come from."""

from __future__ import annotations

from accelergy.plug_in_interface.estimator import Estimator, actionDynamicEnergy
from accelergy.plug_in_interface.interface import Estimation
from flat_arithmetic import nanometres
from flat_softmax_energy import softmax_unit


class FlatSoftmax(Estimator):
    """Energies are of one operation of one lane; leakage and area of all lanes together.

    Args:
        technology: node in nm: ``"45nm"``, 45 or 45e-9.
        datawidth: bits of a word.
        lanes: elementary operations per cycle.
        global_cycle_seconds: the clock that the arithmetic is built for.
    """

    name = ["softmax_unit", "softmax_lane"]
    # Ten points under the Aladdin tables it rests on: its count of operations is a model too.
    percent_accuracy_0_to_100 = 60

    def __init__(
        self, technology: object, datawidth: int, global_cycle_seconds: float, lanes: int = 1
    ) -> None:
        self.unit = softmax_unit(
            float(datawidth), int(lanes), float(global_cycle_seconds), nanometres(technology)
        )

    @actionDynamicEnergy
    def max(self) -> Estimation:
        return self._operation("max")

    @actionDynamicEnergy
    def exponent(self) -> Estimation:
        return self._operation("exponent")

    @actionDynamicEnergy
    def sum(self) -> Estimation:
        return self._operation("sum")

    @actionDynamicEnergy
    def scale(self) -> Estimation:
        return self._operation("scale")

    @actionDynamicEnergy
    def compute(self) -> Estimation:
        """The mean of the four: what an operation costs over a whole softmax."""
        return Estimation(self.unit.compute_pj, "p")

    def leak(self, global_cycle_seconds: float) -> Estimation:
        return Estimation(self.unit.leak_pj, "p")

    def get_area(self) -> Estimation:
        return Estimation(self.unit.area_um2, "u^2")

    def _operation(self, name: str) -> Estimation:
        return Estimation(self.unit.operations_pj[name], "p")
