"""Fronts and best chips equal those of trying every design by ``flat.search``, whatever is asked for.

Nothing here is of the exploration but its answer: figures come from searches, areas from energy tables.
"""

import itertools
from functools import cache
from math import inf, prod

import pytest

import flat_plugin as flat
from flat_plugin.energy import area_um2

AXES = {
    "buffer_kb": [128, 256, 1024],
    "dram_gb_per_s": [5, 40],
    "softmax_lanes": [8, 32],
    "pes": [(16, 16), (32, 32)],
}
WORKLOADS = ((128, 1.0), (512, 2.0))
DATAFLOWS = ("base-opt", "flat-opt", "flash")
DESIGNS = list(itertools.product(*AXES.values()))


@cache
def figures(values, mode):
    """Objective figures of a design whose mappings are the best in ``mode``; and those of each workload."""
    settings = {name: list(v) if isinstance(v, tuple) else v for name, v in zip(AXES, values, strict=True)}
    platform = flat.platform("edge", set=settings)
    table, hardware = platform.energies, platform.architecture
    leak = sum(
        (table.components[part.name].actions.get("leak", 0.0)) * part.instances
        for part in (*hardware.parts, hardware.softmax)
    )
    leakage = leak * 1e-12 / hardware.cycle_seconds
    own = []
    for seq, _ in WORKLOADS:
        found = flat.search("bert-base", platform, seq=seq, dataflow=DATAFLOWS, objective=mode).estimate
        leaked = sum(
            e for w in found.operators.values() for (_, what), e in w.energy.items() if what == "leak"
        )
        own.append((found.seconds, found.energy_pj * 1e-12, (found.energy_pj - leaked) * 1e-12))
    weights = [weight for _, weight in WORKLOADS]
    latency = sum(w * t for w, (t, _, _) in zip(weights, own, strict=True))
    total = {
        "area": sum(area_um2(table, hardware).values()) * 1e-6,
        "latency": latency,
        "energy": sum(w * e for w, (_, e, _) in zip(weights, own, strict=True)),
        "edp": sum(w * e * t for w, (t, e, _) in zip(weights, own, strict=True)),
        "power": sum(w * d for w, (_, _, d) in zip(weights, own, strict=True)) / latency + leakage,
    }
    return total, own


def brute(objectives, modes, budgets=lambda total, own: True):
    """The values of the front."""
    points = []
    for values, mode in itertools.product(DESIGNS, modes):
        total, own = figures(values, mode)
        if budgets(total, own):
            points.append(tuple(total[name] for name in objectives))
    close = 1 + 1e-7
    return sorted(
        p
        for p in set(points)
        if not any(
            all(a <= b * close for a, b in zip(q, p, strict=True))
            and any(a * close < b for a, b in zip(q, p, strict=True))
            for q in points
        )
    )


def distinct(points):
    found = []
    for point in points:
        if not found or any(abs(a / b - 1) > 1e-6 for a, b in zip(point, found[-1], strict=True)):
            found.append(point)
    return found


CASES = [
    (["edp"], ["edp"], {}, lambda t, o: True),
    (["area", "edp"], ["edp"], {}, lambda t, o: True),
    (["area", "energy"], ["energy"], {}, lambda t, o: True),
    (["latency", "energy"], ["latency", "energy"], {}, lambda t, o: True),
    (["area", "power"], ["edp"], {}, lambda t, o: True),
    (["edp"], ["edp"], {"budgets": {"area_mm2": 3.0}}, lambda t, o: t["area"] <= 3.0),
    (["area"], ["latency"], {"budgets": {"latency_s": 0.004, "power_w": 2.0}},
     lambda t, o: t["latency"] <= 0.004 and t["power"] <= 2.0),
    (["area", "edp"], ["edp"], {"budgets": {"power_w": 1.5}}, lambda t, o: t["power"] <= 1.5),
]  # fmt: skip


@pytest.mark.parametrize(("objectives", "modes", "changes", "within"), CASES)
def test_the_front(design, answers, objectives, modes, changes, within):
    found = flat.explore(design(objective=objectives, **changes), answers, jobs=1)
    front = distinct(sorted(tuple(chip.totals[name] for name in objectives) for chip in found.front))
    expected = distinct(brute(objectives, modes, within))
    assert len(front) == len(expected) > 0
    for mine, theirs in zip(front, expected, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5)
    assert found.proven
    assert prod(found.best.totals[name] for name in objectives) == pytest.approx(
        min(map(prod, expected)), rel=1e-5
    )


def test_a_workloads_own_budget(design, answers):
    asked = design(objective="area")
    asked["workloads"][1]["budgets"] = {"runs_per_s": 900}
    best = flat.explore(asked, answers, jobs=1).best
    fit = [total["area"] for total, own in (figures(v, "latency") for v in DESIGNS) if own[1][0] <= 1 / 900]
    assert best.totals["area"] == pytest.approx(min(fit), rel=1e-6)


def test_every_design_has_the_figures_of_its_own_search(design, answers):
    found = flat.explore(design(objective="edp"), answers, jobs=1, every=True)
    assert len(found.every) == len(DESIGNS)
    for chip in found.every:
        total, _ = figures(tuple(chip.values[name] for name in AXES), "edp")
        for name, value in total.items():
            assert chip.totals[name] == pytest.approx(value, rel=1e-5)


def test_the_nearest_where_no_chip_meets_the_budgets(design, answers):
    budgets = {"edp_js": 1e-5, "area_mm2": 1.5}
    found = flat.explore(design(objective="edp", budgets=budgets), answers, jobs=1)
    assert found.best is None and not found.front
    excess = inf
    for values in DESIGNS:
        total, _ = figures(values, "edp")
        excess = min(excess, max(total["edp"] / 1e-5, total["area"] / 1.5) - 1)
    assert max(found.nearest.missed.values()) == pytest.approx(excess, rel=1e-5)


def test_steps_are_the_neighbours_own_figures(design, answers):
    found = flat.explore(design(objective="edp"), answers, jobs=1)
    names = list(AXES)
    here = [found.best.values[name] for name in names]
    assert found.steps
    for step in found.steps:
        there = list(here)
        axis = names.index(step.axis)
        there[axis] = next(
            v for v in AXES[step.axis] if ("×".join(map(str, v)) if axis == 3 else str(v)) == step.to
        )
        total, _ = figures(tuple(there), "edp")
        assert step.totals["edp"] == pytest.approx(total["edp"], rel=1e-5)
