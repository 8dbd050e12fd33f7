"""A trace's cost as tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.question.trace_cost import Cost, Counted, TraceEstimate
from flat_plugin.report.quantity import NOTHING, quantity
from flat_plugin.report.terminal.grid import grid


def trace_table(answer: TraceEstimate) -> RenderableType:
    """The trace beside its dense counterpart, and its layers."""
    table = grid()
    for name in ("", "cycles", "time", "energy", "DRAM"):
        table.add_column(name, justify="right" if name else "left")
    for name, cost in (("all keys", answer.dense), ("fetched", answer.cost)):
        table.add_row(name, *_cost(cost))
    layers = grid("")
    for name in ("layer", "keys", "values", "K and V", "of dense", "MACs", "of dense"):
        layers.add_column(name, justify="left" if name == "layer" else "right")
    for layer, found in answer.layers.items():
        layers.add_row(str(layer), *_counted(found))
    layers.add_row("all", *_counted(answer.total))
    key, value = answer.full_bits
    title = f"{answer.trace}: {answer.steps:,} steps, {len(answer.layers)} layers, {answer.heads:,} heads"
    return Group(
        Text(f"{title} in all, on {answer.architecture}, softmax {answer.softmax}", style="italic"),
        table,
        layers,
        Text(f"Dense are all keys of {key:g} bits and all values of {value:g} bits."),
        *_again(answer.total),
        Text(f"Operators wait for each other, mostly for {answer.bound}."),
        *([Text(f"Energies by {answer.energy_source}.")] if answer.energy_source else []),
        *(Text(f"Note: {note}") for note in answer.notes),
    )


def _again(total: Counted) -> list[Text]:
    if not total.again_bits:
        return []
    return [
        Text(
            "Of some keys further bits are fetched, and their scores are computed once more: beside these, "
            f"{quantity(total.again_bits / 8, 'B')} and {quantity(total.again_macs, 'MACs')}."
        )
    ]


def _cost(cost: Cost) -> tuple[str, ...]:
    energy = f"{NOTHING} J" if cost.energy_pj is None else quantity(cost.energy_pj * 1e-12, "J")
    return (
        quantity(cost.cycles),
        quantity(cost.seconds, "s"),
        energy,
        quantity(cost.dram_bytes, "B"),
    )


def _counted(found: Counted) -> tuple[str, ...]:
    return (
        f"{found.keys:,}",
        f"{found.values:,}",
        quantity(found.kv_bits / 8, "B"),
        f"{found.bits_ratio:.4f}",
        quantity(found.macs),
        f"{found.macs_ratio:.4f}",
    )
