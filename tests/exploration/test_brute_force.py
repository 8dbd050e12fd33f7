"""Fronts and best chips equal those of trying every mapping of every design, whatever is asked for.

Nothing here is of the exploration but its answer: mappings come from ``flat.pareto``, one dataflow after the
other, areas from energy tables; every choice of a mapping for each workload is tried.
"""

import itertools
from functools import cache
from math import inf, prod

import pytest

import flat_plugin as flat
from flat_plugin.energy import area_um2

AXES = {
    "buffer_kb": [32, 128],
    "dram_gb_per_s": [5, 40],
    "softmax_lanes": [8, 32],
    "pes": [(16, 16), (32, 32)],
}
WORKLOADS = ((64, 1.0), (256, 2.0))
DATAFLOWS = ("base-opt", "flat-opt", "flash")
DESIGNS = list(itertools.product(*AXES.values()))


@cache
def chip(values):
    """(platform, mm², W of leakage) of a design."""
    settings = {name: list(v) if isinstance(v, tuple) else v for name, v in zip(AXES, values, strict=True)}
    platform = flat.platform("edge", set=settings)
    table, hardware = platform.energies, platform.architecture
    leak = sum(
        (table.components[part.name].actions.get("leak", 0.0)) * part.instances
        for part in (*hardware.parts, hardware.softmax)
    )
    area = sum(area_um2(table, hardware).values()) * 1e-6
    return platform, area, leak * 1e-12 / hardware.cycle_seconds


@cache
def mappings(values, seq):
    """(s, J, J of leakage) of every mapping of a workload that none of its dataflow's beats in both."""
    platform, _, _ = chip(values)
    found = []
    for dataflow in DATAFLOWS:
        front = flat.pareto("bert-base", platform, "energy-latency", seq=seq, dataflow=dataflow)
        for _, estimate in front.points:
            leaked = sum(
                e for w in estimate.operators.values() for (_, what), e in w.energy.items() if what == "leak"
            )
            found.append((estimate.seconds, estimate.energy_pj * 1e-12, leaked * 1e-12))
    return [p for p in found if not any(q[0] <= p[0] and q[1] <= p[1] and q[:2] != p[:2] for q in found)]


def run(mapping, leakage, cap=inf, pace=0.0):
    """Figures of one run on a chip that waits for its power to be within a cap."""
    busy, energy, leaked = mapping
    dynamic = energy - leaked
    latency = max(busy, pace)
    if leakage < cap:
        latency = max(latency, dynamic / (cap - leakage))
    energy += leaked / busy * (latency - busy)
    power = dynamic / latency + leakage
    return {"latency": latency, "energy": energy, "edp": energy * latency, "power": power}


def everything(values, cap=inf, paces=(0.0, 0.0)):
    """The totals of every choice of a mapping for each workload, and those of each."""
    _, area, leakage = chip(values)
    weights = [weight for _, weight in WORKLOADS]
    menus = [mappings(values, seq) for seq, _ in WORKLOADS]
    for choice in itertools.product(*menus):
        own = [run(m, leakage, cap, pace) for m, pace in zip(choice, paces, strict=True)]
        total = {
            n: sum(w * o[n] for w, o in zip(weights, own, strict=True)) for n in ("latency", "energy", "edp")
        }
        yield {**total, "area": area, "power": max(o["power"] for o in own)}, own


def front(points):
    """The values that no other beats, sums that differ by rounding being equal."""
    kept = []
    for point in sorted(set(points)):
        if not any(covers(other, point) for other in kept):
            kept = [*(other for other in kept if not covers(point, other)), point]
    return kept


def covers(one, other):
    return all(a <= b * (1 + 1e-9) for a, b in zip(one, other, strict=True))


def brute(objectives, within, cap=inf, paces=(0.0, 0.0)):
    return front(
        tuple(total[name] for name in objectives)
        for values in DESIGNS
        for total, own in everything(values, cap, paces)
        if within(total, own)
    )


@cache
def least(figure, case=None):
    """The least of a figure over everything: what budgets are multiples of."""
    every = ((total, own) for values in DESIGNS for total, own in everything(values))
    return min((total if case is None else own[case])[figure] for total, own in every)


NAMES = {
    "area": "area_mm2",
    "latency": "latency_s",
    "energy": "energy_j",
    "edp": "edp_js",
    "power": "power_w",
}
# Objectives, and budgets as multiples of the least (of power in W).
CASES = [
    (["edp"], {}),
    (["area", "edp"], {}),
    (["area", "energy"], {}),
    (["latency", "energy"], {}),
    (["edp"], {"area": 1.5}),
    (["edp"], {"latency": 1.01}),
    (["area", "edp"], {"latency": 2.5}),
    (["latency"], {"energy": 1.2}),
    (["area"], {"latency": 3, "energy": 1.4}),
    (["area", "edp"], {"power": 1.2}),
    (["area"], {"latency": 3, "power": 1.5}),
    (["latency", "energy"], {"power": 0.9}),
]


@pytest.mark.parametrize(("objectives", "multiples"), CASES, ids=str)
def test_the_front(design, answers, objectives, multiples):
    most = {n: many * (1 if n == "power" else least(n)) for n, many in multiples.items()}
    budgets = {NAMES[name]: value for name, value in most.items()}
    found = flat.explore(design(objective=objectives, budgets=budgets), answers, jobs=1)
    expected = brute(
        objectives,
        lambda total, own: all(total[name] <= value * (1 + 1e-9) for name, value in most.items()),
        most.get("power", inf),
    )
    check_front(found, objectives, expected)
    best = prod(found.best.totals[name] for name in objectives)
    assert best == pytest.approx(min(map(prod, expected)), rel=1e-7)


def check_front(found, objectives, expected):
    points = front(tuple(chip.totals[name] for name in objectives) for chip in found.front)
    assert len(points) == len(found.front) == len(expected) > 0 and found.proven
    for mine, theirs in zip(points, expected, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-7)


def test_of_chips_that_are_equal_the_mappings_are_of_the_least_edp(design, answers):
    most = 3 * least("latency")
    found = flat.explore(design(objective="area", budgets={"latency_s": most}), answers, jobs=1)
    smallest = brute(["area"], lambda t, o: t["latency"] <= most)[0][0]
    assert found.best.totals["area"] == pytest.approx(smallest)
    own = everything(tuple(found.best.values.values()))
    edp = min(total["edp"] for total, _ in own if total["latency"] <= most * (1 + 1e-9))
    assert found.best.totals["edp"] == pytest.approx(edp, rel=1e-7)


@pytest.mark.parametrize("figure", ["latency", "energy", "edp"])
@pytest.mark.parametrize("objectives", [["area"], ["edp"], ["area", "energy"]])
def test_a_workloads_own_budget(design, answers, figure, objectives):
    most = 1.3 * least(figure, 1)
    asked = design(objective=objectives)
    asked["workloads"][1]["budgets"] = {NAMES[figure]: most}
    found = flat.explore(asked, answers, jobs=1)
    expected = brute(objectives, lambda t, o: o[1][figure] <= most * (1 + 1e-9))
    check_front(found, objectives, expected)


def test_power_is_an_objective_at_a_rate(design, answers):
    asked = design(objective=["area", "power"])
    paces = tuple(2.2 * least("latency", case) for case in range(2))
    for workload, pace in zip(asked["workloads"], paces, strict=True):
        workload["budgets"] = {"runs_per_s": 1 / pace}
    found = flat.explore(asked, answers, jobs=1)
    expected = brute(
        ["area", "power"],
        lambda t, o: all(own["latency"] <= p * (1 + 1e-9) for own, p in zip(o, paces, strict=True)),
        paces=paces,
    )
    check_front(found, ["area", "power"], expected)


def test_every_design_has_the_figures_of_its_own_search(design, answers):
    found = flat.explore(design(objective="edp"), answers, jobs=1, every=True)
    assert len(found.every) == len(DESIGNS)
    for each in found.every:
        values = tuple(each.values[name] for name in AXES)
        platform, area, _ = chip(values)
        edp = 0.0
        for (seq, weight), run, detail in zip(WORKLOADS, each.totals.runs, each.answers, strict=True):
            best = flat.search("bert-base", platform, seq=seq, dataflow=DATAFLOWS, factors="perfect")
            edp += weight * best.estimate.seconds * best.estimate.energy_pj * 1e-12
            assert detail.dataflow == best.mapping.dataflow.name
            assert detail.latency_s == pytest.approx(run.latency_s)
        assert each.totals["edp"] == pytest.approx(edp, rel=1e-9)
        assert each.totals["area"] == pytest.approx(area)


def test_the_nearest_where_no_chip_meets_the_budgets(design, answers):
    edp, area = 1.5 * least("edp"), 1.1 * least("area")
    found = flat.explore(design(objective="edp", budgets={"edp_js": edp, "area_mm2": area}), answers, jobs=1)
    assert found.best is None and not found.front
    excess = min(
        max(total["edp"] / edp, total["area"] / area) - 1
        for values in DESIGNS
        for total, _ in everything(values)
    )
    assert max(found.nearest.missed.values()) == pytest.approx(excess, rel=1e-7)


def test_the_nearest_waits_for_its_power(design, answers):
    most = 1.1 * least("latency")
    found = flat.explore(
        design(objective="area", budgets={"latency_s": most, "power_w": 0.5}), answers, jobs=1
    )
    assert found.best is None and [*found.nearest.missed] == ["latency"]
    excess = min(
        total["latency"] / most - 1 for values in DESIGNS for total, _ in everything(values, cap=0.5)
    )
    assert found.nearest.missed["latency"] == pytest.approx(excess, rel=1e-7)


def test_what_leaks_more_than_a_budget_is_over_it_however_long_it_waits(design, answers):
    found = flat.explore(design(objective="area", budgets={"power_w": 0.001}), answers, jobs=1)
    assert found.best is None
    excess = min(chip(values)[2] for values in DESIGNS) / 0.001 - 1
    assert found.nearest.missed["power"] == pytest.approx(excess, rel=1e-7)


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
        least = min(total["edp"] for total, _ in everything(tuple(there)))
        assert step.totals["edp"] == pytest.approx(least, rel=1e-7)


def test_a_mask_counts_with_all_mappings_that_none_beats(design, answers):
    """Within a budget that the mapping of the least EDP does not meet."""
    workload = {"model": "bert-base", "seq": 256, "mask": "causal"}
    chips = [chip((kb, 5, 32, (32, 32))) for kb in (32, 128)]
    fronts = [
        [
            (estimate.seconds, estimate.energy_pj * 1e-12)
            for dataflow in DATAFLOWS
            for _, estimate in flat.pareto(
                "bert-base", platform, "energy-latency", seq=256, mask="causal", dataflow=dataflow
            ).points
        ]
        for platform, _, _ in chips
    ]
    every = sorted({point for front in fronts for point in front}, key=prod)
    most = max(latency for latency, _ in every if latency < every[0][0] * (1 - 1e-9))
    axes = {**AXES, "buffer_kb": [32, 128], "dram_gb_per_s": [5], "softmax_lanes": [32], "pes": [[32, 32]]}
    asked = design(axes=axes, workloads=[workload], objective="edp", budgets={"latency_s": most})
    found = flat.explore(asked, answers, jobs=1)
    assert found.best.totals["edp"] == pytest.approx(min(prod(p) for p in every if p[0] <= most), rel=1e-9)
    assert found.best.totals["edp"] > prod(every[0])


def test_softmax_on_the_array_is_that_of_each_designs_own_search():
    asked = {
        "architecture": "edge",
        "axes": {"pes": [[16, 16], [32, 32]], "buffer_kb": [128, 256]},
        "workloads": [{"model": "bert-base", "seq": 64}],
        "dataflows": ["flash"],
        "objective": "edp",
        "softmax": "array",
    }
    found = flat.explore(asked, jobs=1, every=True)
    assert len(found.every) == 4
    for each in found.every:
        platform = flat.platform("edge", set=dict(each.values))
        given = {"dataflow": "flash", "factors": "perfect", "softmax": "array"}
        best = flat.search("bert-base", platform, seq=64, **given).estimate
        assert each.totals["edp"] == pytest.approx(best.seconds * best.energy_pj * 1e-12, rel=1e-9)


def test_a_topk_unit_has_area_and_energy_as_other_parts():
    asked = {
        "architecture": "edge",
        "axes": {"topk_lanes": [8, 32]},
        "workloads": [{"model": "gpt2", "seq": 64, "mask": "causal,topk=8"}],
        "dataflows": ["flat-opt"],
    }
    found = flat.explore(asked, jobs=1, every=True)
    areas = []
    for each in found.every:
        platform = flat.platform("edge", set=dict(each.values))
        areas.append(sum(area_um2(platform.energies, platform.architecture).values()) * 1e-6)
        best = flat.search("gpt2", platform, seq=64, mask="causal,topk=8", dataflow="flat-opt").estimate
        assert each.totals["area"] == pytest.approx(areas[-1])
        assert each.totals["edp"] == pytest.approx(best.seconds * best.energy_pj * 1e-12, rel=1e-9)
    assert areas[0] < areas[1]
