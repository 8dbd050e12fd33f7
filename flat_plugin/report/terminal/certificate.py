"""What became of a certificate, as text."""

from __future__ import annotations

from rich.text import Text

from flat_plugin.certificate.check import Verdict
from flat_plugin.wording import counted

_UNITS = {
    "edp": "pJ × cycles",
    "energy": "pJ",
    "latency": "cycles",
    "traffic": "words of the outermost memory",
}
_EXACT = 1e-11  # a gap that is none
_LONG = 1e12  # of which no more digits are printed


def verdict_text(found: Verdict) -> Text:
    """What is claimed, of what, and whether it is so."""
    text = Text(f"{_claim(found)}\n{_question(found)}\n")
    if found.reason is not None:
        return text.append(f"It does not hold: {found.reason}", style="bold red")
    text.append("It holds: ", style="bold")
    parts = counted(len(found.content["parts"]), "part")
    return text.append(
        "the mapping costs what it says, and nothing in its map spaces costs less than that, by bounds of "
        f"{parts} worked out anew."
    )


def _claim(found: Verdict) -> str:
    unit, families = _UNITS[found.content["objective"]], " or ".join(found.families)
    claim = f"Claim: its mapping has {_figure(found.value)} {unit}, and no mapping of {families} with "
    claim += f"{found.content['factors']} factors has less"
    if found.gap >= _EXACT:
        claim += f" than {_figure(found.value * (1 - found.gap))}, which is {found.gap:.2%} less"
    return f"{claim}."


def _figure(value: float) -> str:
    """Whole words and cycles in full, everything else with six digits."""
    return f"{value:,.0f}" if value.is_integer() and value < _LONG else f"{value:.6g}"


def _question(found: Verdict) -> str:
    sizes = ", ".join(f"{name} {size:,}" for name, size in found.content["attention"].items())
    chip = found.content["chip"]
    levels = [
        f"{_number(memory['mesh_x'] * memory['mesh_y'])}{memory['name']}"
        + ("" if memory["capacity"] is None else f" of {memory['capacity']:,.0f} words")
        for memory in chip["memories"]
    ]
    levels.append(
        f"{_number(chip['compute']['mesh_x'] * chip['compute']['mesh_y'])}{chip['compute']['name']}"
    )
    return f"Of: {sizes}; softmax {found.content['softmax']}; on {' > '.join(levels)}."


def _number(instances: int) -> str:
    return f"{instances:,} × " if instances > 1 else ""
