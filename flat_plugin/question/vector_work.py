"""Norms, activations and additions of blocks and models: who does them, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from flat_plugin.architecture.platform import Platform
from flat_plugin.model.elementwise_work import elementwise_work
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.layer import Setting
from flat_plugin.model.operator_work import Work
from flat_plugin.question.question import Question
from flat_plugin.workload import Block
from flat_plugin.workload.block_steps import Counted, steps_of
from flat_plugin.workload.elementwise import summed_operations
from flat_plugin.workload.resolve import Layers
from flat_plugin.workload.widths import Widths

_WHAT = "norms, activations and residual additions"


@dataclass(frozen=True)
class VectorWork:
    """Steps that are no products, on the softmax unit of a platform."""

    platform: Platform
    setting: Setting

    @property
    def missing(self) -> str:
        """Why none is counted; empty where they are."""
        if self.setting.elementwise == "none":
            return "elementwise is none"
        if self.setting.softmax == "free":
            return "softmax is free, and its unit's work costs nothing"
        hardware = self.platform.architecture
        return "" if hardware.softmax else f"{hardware.name} has no softmax unit, which would do them"

    def works(self, steps: Iterable[Counted], widths: Widths) -> list[Work]:
        """One work for each step, or none."""
        if self.missing:
            return []
        hardware, energies = self.platform.architecture, self.platform.energies
        return [elementwise_work(step, widths, hardware, energies) * times for times, step in steps]


def noted(answer: Estimate, question: Question, vector: VectorWork) -> Estimate:
    """The answer with the number of their operations, or with what is not counted of them."""
    workload, level = question.workload, question.level
    if vector.missing:
        return replace(answer, notes=(*answer.notes, f"{_WHAT} are not counted: {vector.missing}"))
    steps = [(times * n, step) for times, block in _blocks(workload, level) for n, step in steps_of(block)]
    operations = summed_operations([*steps, *workload.norms])
    left = [*_unknown(workload, level)]
    note = f"{_WHAT} of {', '.join(left)} are not counted: which there are is not known"
    return replace(answer, elementwise=operations, notes=(*answer.notes, *([note] if left else [])))


def _blocks(workload: Layers, level: str) -> Iterator[tuple[int, Block]]:
    """Those that are counted, and how often."""
    assert workload.block is not None
    yield (1 if level == "block" else workload.layers), workload.block
    yield from workload.rest if level == "model" else ()


def _unknown(workload: Layers, level: str) -> Iterator[str]:
    """The layers whose steps are not known."""
    if level == "block":
        yield from ["the block"] if workload.block and workload.block.steps is None else []
        return
    blocks = [block for _, block in _blocks(workload, level)]
    alone = len(blocks) == 1
    for name, block in zip(workload.kinds, blocks, strict=True):
        if block.steps is None:
            yield "the layers" if alone else name
    yield from (section.name for section, _ in workload.beside if section.sort == "linear")
