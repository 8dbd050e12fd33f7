"""Which form of latent attention a search takes: both are searched, and the better one is the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapspace.result import SearchResult, SearchResults, figure
from flat_plugin.model.chain import unfused_latency
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.operator_work import Work
from flat_plugin.question.answer import products_apart
from flat_plugin.question.latent_forms import form_of, rotary
from flat_plugin.question.question import Question
from flat_plugin.workload.latent import FORMS

Found = TypeVar("Found", SearchResult, SearchResults)


def search_of(forms: Sequence[Question], searched: Callable[[Question], Found]) -> Found:
    """What a search finds of the form whose best mapping is the best by its objective.

    Raises:
        InvalidMapping: neither fits; the message is of the first.
    """
    found: list[tuple[Question, Found]] = []
    refused: list[InvalidMapping] = []
    for question in forms:
        if found and found[-1][1].interrupted:
            break
        try:
            found.append((question, searched(question)))
        except InvalidMapping as error:
            refused.append(error)
        except KeyboardInterrupt:
            if not found:
                raise
            break
    if not found:
        raise refused[0]
    (taken, answer), *others = sorted(found, key=lambda each: best_of(each[1]).rank)
    best: SearchResult = best_of(answer)
    if len(forms) == 1:
        return answer.noted(*rotary(best.estimate, taken))
    reason = f"it does not fit: {refused[0]}" if refused else "it was not searched: interrupted"
    for question, other in others:
        reason = _compared(taken, best, question, best_of(other))
    form = form_of(best.estimate)
    other_form = next(each for each in FORMS if each != form)
    said = f"latent attention is {form} here; {other_form} {reason}"
    return answer.noted(said, *rotary(best.estimate, taken))


def best_of(found: SearchResult | SearchResults) -> SearchResult:
    """The best mapping that was found."""
    return found.best if isinstance(found, SearchResults) else found


def _compared(taken: Question, best: SearchResult, question: Question, other: SearchResult) -> str:
    """What the other form takes: of attention, and with the products that the forms do not share."""
    text = f"it takes {other.value / best.value:.2f}× the {best.objective}"
    if best.objective == "footprint":
        return text
    works = [products_apart(one, two, NativeEngine()) for one, two in ((taken, question), (question, taken))]
    least, most = (
        _with(each.estimate, own, best.objective) for each, own in zip((best, other), works, strict=True)
    )
    names = "; ".join(", ".join(work.name for work in own) for own in works)
    text += f", and {most / least:.2f}× with the products that only one form has ({names})"
    return text + (f": --latent {form_of(other.estimate)} has less in all" if most < least else "")


def _with(estimate: Estimate, works: Sequence[Work], objective: str) -> float:
    """A figure of attention and of products one after the other."""
    cycles = estimate.cycles + unfused_latency(works).cycles
    if objective in ("energy", "edp"):
        energy = (estimate.energy_pj or 0.0) + sum(work.energy_pj for work in works)
        return energy * (cycles if objective == "edp" else 1.0)
    if objective == "latency":
        return cycles
    bits = estimate.dram_word_bits
    return figure(estimate, objective) + sum(
        moved.taken(0, bits) for work in works for moved in work.traffic.values()
    )
