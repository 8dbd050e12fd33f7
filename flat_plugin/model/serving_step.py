"""What a step of serving comes to, for its requests and tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Requests of a step, their new tokens, and the keys and values of all layers that it reads, in bytes."""

    requests: int
    tokens: int
    cache_bytes: float

    def to_dict(self, seconds: float, energy_pj: float | None) -> dict[str, float | None]:
        """With what a token takes of a step of so much time and energy."""
        return {
            "requests": self.requests,
            "tokens": self.tokens,
            "cache_bytes": self.cache_bytes,
            "tokens_per_second": self.tokens / seconds,
            "energy_per_token_pj": None if energy_pj is None else energy_pj / self.tokens,
        }
