"""Colours that people with any colour vision tell apart (Okabe and Ito 2008), for light and dark."""

from __future__ import annotations

from typing import Any

# Okabe-Ito; its yellow is kept for dark paper, where its black is not seen, and the other way round.
_BOTH = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
PALETTES = {
    "light": (*_BOTH, "#4D4D4D", "#A6761D", "#7570B3"),
    "dark": ("#4AA3DF", *_BOTH[1:5], "#9AD7FF", "#F0E442", "#C9C9C9", "#A6A3E0"),
}
_INK = {"light": ("#1c2430", "#d5dae1", "#5b6675"), "dark": ("#e8ecf2", "#39424f", "#9aa5b4")}


def config(name: str) -> dict[str, Any]:
    """A Vega-Lite configuration: ``light`` or ``dark``."""
    ink, lines, quiet = _INK[name]
    font = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
    return {
        "background": "transparent",
        "font": font,
        "range": {"category": list(PALETTES[name])},
        "axis": {
            "labelColor": quiet,
            "titleColor": ink,
            "gridColor": lines,
            "domainColor": lines,
            "tickColor": lines,
            "titleFontWeight": 500,
            "labelFontSize": 11,
        },
        "legend": {
            "labelColor": ink,
            "titleColor": ink,
            "symbolBaseFillColor": quiet,
            "symbolBaseStrokeColor": quiet,
            "orient": "top",
            "titleFontWeight": 500,
            "columns": 6,
        },
        "view": {"stroke": None},
        "rule": {"color": quiet},
        "text": {"color": ink},
        "tick": {"color": ink, "thickness": 2},
        "title": {"color": ink},
    }


def palette_css() -> str:
    """The colours as variables of the page, and a class for each that draws with it."""
    names = {"light": ":root", "dark": ':root[data-theme="dark"]'}
    lines = [
        f"{selector} {{ {' '.join(f'--c{i}: {colour};' for i, colour in enumerate(PALETTES[name]))} }}"
        for name, selector in names.items()
    ]
    lines += [f".c{i} {{ --pen: var(--c{i}); }}" for i in range(len(PALETTES["light"]))]
    return "\n".join(lines)
