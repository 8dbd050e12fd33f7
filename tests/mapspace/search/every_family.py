"""What the operators of a nest share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """What operators share.

    Attributes:
        meeting: the memory of the scores; 0 where operators are not fused.
        walked: the dimensions that shared loops may walk.
        perfect: whether all tiles divide.
        cores: dimensions that may lie over the fan-outs outside the units', and the memory of the scores.
        rows: of a shared iteration, where they are given.
        orders_beside: whether loops side by side come in any order, where units hand words on.
        spanned: of heads and sequences, those that the memory of the scores holds all of at once.
    """

    meeting: int = 0
    walked: str = ""
    online: bool = False
    perfect: bool = False
    cores: str = ""
    rows: int | None = None
    orders_beside: bool = False
    spanned: str = ""
