"""Sweeps of a few small layers."""

from __future__ import annotations

from typing import Any

ONE_UNFIT: dict[str, Any] = {
    "models": [{"attention": f"B=1,H=2,M={m},N={m},D=16", "name": f"m{m}"} for m in (32, 512)],
    "architectures": ["edge"],
    "overrides": [{"buffer_kb": 64}],
    "dataflows": ["base", "flat-h"],
}
"""Four runs, of which one does not fit: ``flat-h`` of 512 tokens."""
