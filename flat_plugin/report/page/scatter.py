"""Points in two figures as SVG, drawn by the page's own colours; each point knows which chip it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

from flat_plugin.report.quantity import quantity

_LEFT, _BOTTOM, _TOP, _RIGHT = 74, 46, 22, 26
_WIDE = 12.0  # largest to smallest from which on a scale is logarithmic


@dataclass(frozen=True)
class Point:
    """Where it is, its label (drawn beside it unless empty), its title, and the number of its chip."""

    x: float
    y: float
    label: str
    title: str
    chip: int
    best: bool = False


@dataclass(frozen=True)
class Scale:
    """From figures to a part of the picture, in [0, 1]."""

    least: float
    most: float
    logarithmic: bool

    @staticmethod
    def of(values: Sequence[float]) -> Scale:
        least, most = min(values), max(values)
        if least > 0 and most / least > _WIDE:
            return Scale(least / 1.15, most * 1.15, True)
        room = (most - least) * 0.06 or abs(most) * 0.06 or 1.0
        return Scale(least - room, most + room, False)

    def at(self, value: float) -> float:
        if self.logarithmic:
            return (log10(value) - log10(self.least)) / (log10(self.most) - log10(self.least))
        return (value - self.least) / (self.most - self.least)

    def ticks(self) -> list[float]:
        """Round values inside."""
        if self.logarithmic:
            powers = range(floor(log10(self.least)), ceil(log10(self.most)) + 1)
            found = [m * 10.0**p for p in powers for m in (1, 2, 5)]
        else:
            step = 10 ** floor(log10((self.most - self.least) / 4))
            step *= next(m for m in (1, 2, 5, 10) if (self.most - self.least) / (step * m) <= 6)
            found = [step * n for n in range(ceil(self.least / step), floor(self.most / step) + 1)]
        return [value for value in found if self.least <= value <= self.most]


def scatter(
    points: Sequence[Point],
    x: tuple[str, str],
    y: tuple[str, str],
    *,
    size: tuple[int, int] = (860, 420),
    line: bool = False,
    names: Sequence[str] = (),
) -> str:
    """The picture; ``x`` and ``y`` are (title, unit).

    Args:
        names: what stands along x at 0, 1, 2, …, where that is no figure.
        line: join the points by a staircase: what none beats, the less the better in both.
    """
    kept = [p for p in points if isfinite(p.x) and isfinite(p.y)]
    if not kept:
        return ""
    across, up = Scale.of([p.x for p in kept]), Scale.of([p.y for p in kept])
    label = escape(f"{y[0]} over {x[0]} of {len(kept)} chips")
    parts = [f'<svg class="scatter" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{label}">']
    marks = [(value, _said(value, x[1])) for value in across.ticks()]
    if names:
        marks = [(place, name) for place, name in enumerate(names) if across.least <= place <= across.most]
    parts += _axes(across, up, marks, x[0], y, size)
    if line:
        parts.append(_staircase(sorted(kept, key=lambda p: p.x), across, up, size))
    taken: list[tuple[float, float]] = []
    for point in sorted(kept, key=lambda p: not p.best):
        parts.append(_dot(point, _place(point.x, point.y, across, up, size), size, taken))
    return "".join((*parts, "</svg>"))


def _place(x: float, y: float, across: Scale, up: Scale, size: tuple[int, int]) -> tuple[float, float]:
    width, height = size[0] - _LEFT - _RIGHT, size[1] - _TOP - _BOTTOM
    return _LEFT + across.at(x) * width, _TOP + (1 - up.at(y)) * height


def _axes(
    across: Scale,
    up: Scale,
    marks: Sequence[tuple[float, str]],
    title: str,
    y: tuple[str, str],
    size: tuple[int, int],
) -> Iterator[str]:
    bottom, right = size[1] - _BOTTOM, size[0] - _RIGHT
    for value, said in marks:
        place = _place(value, up.least, across, up, size)[0]
        yield f'<path class="grid" d="M{place:.1f} {_TOP}V{bottom}"/>'
        yield _text(place, bottom + 17, said, "middle")
    for value in up.ticks():
        place = _place(across.least, value, across, up, size)[1]
        yield f'<path class="grid" d="M{_LEFT} {place:.1f}H{right}"/>'
        yield _text(_LEFT - 8, place + 4, _said(value, y[1]), "end")
    yield _text((_LEFT + right) / 2, size[1] - 8, title, "middle", "title")
    yield _text(4, _TOP - 9, y[0], "start", "title")


def _said(value: float, unit: str) -> str:
    if unit in ("", "mm²"):
        return f"{value:,.10g}" + (f" {unit}" if unit else "")
    return quantity(value, unit)


def _staircase(points: Sequence[Point], across: Scale, up: Scale, size: tuple[int, int]) -> str:
    places = [_place(p.x, p.y, across, up, size) for p in points]
    path = f"M{places[0][0]:.1f} {places[0][1]:.1f}"
    path += "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:])
    return f'<path class="front" d="{path}"/>'


def _dot(
    point: Point, place: tuple[float, float], size: tuple[int, int], taken: list[tuple[float, float]]
) -> str:
    """The point, and its label unless another one lies there (``taken``: where labels begin or end)."""
    x, y = place
    radius, end = (6 if point.best else 4), x > size[0] - 220
    wide = 6.2 * len(point.label)
    free = all(abs(y - other) > 12 or abs(x - before) > wide for before, other in taken)
    label = ""
    if point.label and free:
        taken.append(place)
        label = _text(x + (-9 if end else 9), y - 6, point.label, "end" if end else "start")
    kind = "dot best" if point.best else "dot"
    return (
        f'<g data-chip="{point.chip}"><circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
        f"<title>{escape(point.title)}</title></circle>{label}</g>"
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
