"""The two forms of latent attention, and which of them an estimate takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.model.estimate import Estimate
from flat_plugin.question.question import Question
from flat_plugin.workload.latent import FORMS

Answered = Callable[[Question], Estimate]


def answer_of(forms: Sequence[Question], answered: Answered) -> Estimate:
    """The answer of the form with the least energy-delay product, or without energies the fastest; of the one
    that a mapping is of, if one is given.

    Raises:
        InvalidMapping: none fits; the message is of the first.
    """
    answers: list[tuple[Estimate, Question]] = []
    refused: list[FlatError] = []
    for form in forms:
        try:
            answers.append((answered(form), form))
        except FlatError as error:
            if len(forms) == 1 or (form.mapping is None and not isinstance(error, InvalidMapping)):
                raise
            refused.append(error)
    if not answers:
        raise next((error for error in refused if isinstance(error, InvalidMapping)), refused[0])
    (best, taken), *others = sorted(answers, key=lambda each: cost_of(each[0]))
    notes = _notes(best, [other for other, _ in others], *refused) if len(forms) > 1 else ()
    return replace(best, notes=(*notes, *rotary(best, taken), *best.notes))


def cost_of(answer: Estimate) -> float:
    """Energy × delay, or without energies cycles."""
    return answer.cycles * (1.0 if answer.energy_pj is None else answer.energy_pj)


def _notes(best: Estimate, others: list[Estimate], refused: FlatError | None = None) -> tuple[str, ...]:
    """Which form was taken, and what the other one is."""
    form = form_of(best)
    other = next(each for each in FORMS if each != form)
    if refused is not None and not isinstance(refused, InvalidMapping):
        return (f"latent attention is {form}, as the mapping has it",)
    measure = "cycles" if best.energy_pj is None else "energy-delay"
    reason = f"{other} it does not fit: {refused}"
    if others:
        reason = f"{other} it takes {cost_of(others[0]) / cost_of(best):.2f}× the {measure}"
    return (f"latent attention is {form} here; {reason}",)


def rotary(answer: Estimate, question: Question) -> tuple[str, ...]:
    """What the expanded form does not share, though heads could: a tensor of a loop nest is indexed by heads
    or not, and K would be both."""
    block, attention = question.workload.block, question.workload.attention
    if block is None or block.latent is None or block.latent.absorbed is not None:
        return ()
    rope, width, heads = block.latent.rope, attention.head_dim, attention.kv_heads
    moved = answer.traffic["K"].bytes(0, answer.dram_word_bits)
    more = moved * rope / width * (1 - 1 / heads)
    memory = answer.mapping.levels[0]
    return (
        f"the rotary part of K ({rope} of {width} words of a key), which all heads share, is counted with "
        f"each head's keys: fetched once for all heads, {moved:,.0f} bytes of K in {memory} would be up to "
        f"{more:,.0f} fewer, {more / answer.dram_bytes:.1%} of all that it moves",
    )


def form_of(answer: Estimate) -> str | None:
    """The form of an answer's latent attention; None where it has none."""
    layers = (answer.workload or {}).get("layers", ())
    return next((layer["latent"] for layer in layers if layer.get("latent")), None)
