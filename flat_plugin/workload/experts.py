"""Mixtures of experts: which feed-forward layers the tokens of a batch pass through."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.size_checks import check_size

HITS = ("expected", "all")
"""Experts whose weights are fetched: the expected number under uniform routing, or all that may be hit."""


@dataclass(frozen=True)
class Experts:
    """Feed-forward layers of which a router chooses some for every token.

    Args:
        number: experts of a layer.
        chosen: that a token passes through.
        shared: width of the feed-forward layers that every token passes through besides, elements per token;
            None where there are none.
        shared_gate: whether a product of width 1 scales what the shared ones give.
        hit: how many experts the tokens are spread over: ``expected`` under uniform routing, rounded to whole
            experts, or ``all`` that as many choices can hit.

    Raises:
        FlatError: a field has the wrong type or size, or more experts are chosen than there are.
    """

    number: int
    chosen: int
    shared: int | None = None
    shared_gate: bool = False
    hit: str = "expected"

    def __post_init__(self) -> None:
        for field in ("number", "chosen"):
            check_size(f"experts.{field}", getattr(self, field))
        if self.shared is not None:
            check_size("experts.shared", self.shared)
        if self.chosen > self.number:
            expected = f"at most {self.number}"
            message = "more experts than there are"
            raise FlatError(message, path="experts.chosen", value=self.chosen, expected=expected)
        if self.hit not in HITS:
            expected = " or ".join(HITS)
            raise FlatError("not a way to count experts", path="experts", value=self.hit, expected=expected)

    def fetched(self, tokens: int) -> int:
        """Experts that so many tokens hit.

        A token leaves one of E experts out with probability 1 - k/E, so that E·(1 - (1 - k/E)^T) are expected
        to be hit by T tokens; never more than the k·T choices.
        """
        most = min(self.number, tokens * self.chosen)
        if self.hit == "all":
            return most
        missed = (1 - self.chosen / self.number) ** tokens
        return max(self.chosen, min(most, round(self.number * (1 - missed))))

    def shares(self, tokens: int) -> tuple[tuple[int, int], ...]:
        """(experts, tokens of each): the choices of all tokens, spread evenly over the experts hit."""
        hit = self.fetched(tokens)
        each, fuller = divmod(tokens * self.chosen, hit)
        return tuple((n, rows) for n, rows in ((hit - fuller, each), (fuller, each + 1)) if n)
