"""Every mapping of a layer with a few rows, and the least of every figure: both operators' nests, joined."""

from __future__ import annotations

from math import prod

import numpy as np
from every_family import Family
from every_nest import Every

from flat_plugin.engines.native import NativeEngine
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.operator_work import Work
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import fused_site, unfused_site

MOST = 10.0  # of the least EDP: what costs more is no mapping of a search for latency or traffic
NAMED = {  # whether operators are fused, what shared loops walk, what is there at once, what lies over cores
    "base-opt": (False, "", "", "BHGMN"),
    "flat-m": (True, "", "BH", "BH"),
    "flat-b": (True, "", "H", "BH"),
    "flat-h": (True, "G", "", "BHG"),
    "flat-r": (True, "GM", "", "BHGM"),
    "flat-opt": (True, "GM", "", "BHGM"),
    "flash": (True, "GMN", "", "BHGM"),
}


def least(name, layer, architecture, energies, softmax="free", *, perfect=False, rows=None, most=MOST):
    """By objective, the least of all mappings, and a mapping that has it."""
    fused, walked, spanned, cores = NAMED[name]
    online = name == "flash"
    found: dict[str, tuple[float, object]] = {}
    meetings = range(1, shared_level(architecture) + 1) if fused else [0]
    every = []
    for meeting in meetings if not perfect else meetings[:1]:
        family = Family(meeting, walked, online, perfect, cores, rows, spanned=spanned)
        layers = _joined(family, layer, architecture, energies, softmax)
        every += list(layers)
    if not every:
        return {}
    edps = min(float((p["energy"] * p["latency"]).min()) for p, _ in every)
    for objective in ("edp", "energy", "latency", "traffic", "footprint"):
        for point, mapping in every:
            values = point["energy"] * point["latency"] if objective == "edp" else point[objective]
            if objective in ("latency", "traffic") and not perfect:
                values = np.where(point["energy"] * point["latency"] <= most * edps, values, np.inf)
            column = int(values.argmin())
            value = float(values[column])
            if np.isfinite(value) and value < found.get(objective, (np.inf,))[0]:
                found[objective] = value, (mapping, column)
    return {key: (value, mapping(column)) for key, (value, (mapping, column)) in found.items()}


def shared_level(architecture):
    fans = [i for i in range(len(architecture.memories)) if architecture.fanout(i) != (1, 1)]
    return max(fans, default=len(architecture.memories) - 1)


def _joined(family, layer, architecture, energies, softmax):
    """The points of every choice of what is shared, and a function that makes a mapping of one."""
    einsums = layer.einsums()
    tables = [Every(einsum, architecture, energies, family).nests() for einsum in einsums]
    for tag in tables[0].keys() & tables[1].keys():
        pair = [table[tag] for table in tables]
        (one, where), (two, there) = (nests.best() for nests in pair)

        def mapping(i, j, tag=tag, pair=pair, where=where, there=there):
            nests = [
                (e.name, n.mapping(w))
                for e, n, w in zip(einsums, pair, (where[:, i], there[:, j]), strict=True)
            ]
            return mapping_of(family, tag, architecture, nests)

        width = two.shape[1]
        work = softmax_work(family, layer, architecture, energies, softmax, mapping(0, 0))
        step = max(1, 2_000_000 // width)
        for start in range(0, one.shape[1], step):
            a = one[:, start : start + step, None]
            joined = points(family, layer, architecture, softmax, tag, work, a, two[:, None, :])
            if np.isfinite(joined["energy"]).any():
                yield joined, lambda n, m=mapping, s=start, w=width: m(s + n // w, n % w)


def softmax_work(family, layer, architecture, energies, softmax, mapping):
    if softmax == "free":
        return None
    site = fused_site(layer, mapping) if family.meeting else unfused_site(layer, architecture)
    through, on_array = 0.0 if family.meeting else 1.0, softmax == "array"
    return softmax_of(layer, architecture, energies, site, through_dram=through, on_array=on_array)


def points(family, layer, architecture, softmax, tag, work: Work | None, a, b):
    """Energy, latency, traffic and footprint of all pairs, infinite where they do not fit together."""
    memories, levels = architecture.memories, len(architecture.memories)
    energy, moved = a[0] + b[0], a[2] + b[2]
    room = {level: a[5 + levels + level] + b[5 + levels + level] for level in range(1, family.meeting + 1)}
    if work is not None:
        energy = energy + sum(work.energy.values())
        moved = moved + sum(t.dram for t in work.traffic.values())
    if family.meeting:
        sizes = layer.logit().sizes
        rows = sizes | {t[0]: t[1] for t in tag if len(t) == 3}
        own = family.meeting + 2 * sum(architecture.fanout(i) != (1, 1) for i in range(family.meeting))
        at_once = prod(t[1][own] for t in tag if t[0] in tuple(family.spanned))
        scores = at_once * rows.get("G", 1) * rows["M"] * (rows["N"] + (2 if family.online else 0))
        room[family.meeting] = room[family.meeting] + scores
        busy = [a[3] + b[3], *(a[4 + i] + b[4 + i] for i in range(levels))]
        busy = dict(zip([architecture.compute.name, *(m.name for m in memories)], busy, strict=True))
        for name, cycles in work.busy.items() if work else ():
            busy[name] = busy.get(name, 0.0) + cycles
        unit = architecture.softmax
        if softmax == "serial" and unit and unit.name in busy:
            busy[architecture.compute.name] = busy[architecture.compute.name] + busy.pop(unit.name)
        latency = np.maximum.reduce(np.broadcast_arrays(*busy.values())) + a[4 + levels] + b[4 + levels]
        latency = latency + sum(m.network_latency for m in memories)
        footprint = room[family.meeting]
        fits = np.logical_and.reduce([room[i] <= memories[i].capacity for i in room])
    else:
        latency = a[1] + b[1] + (work.cycles if work else 0.0)
        footprint = np.maximum(a[5 + levels + 1], b[5 + levels + 1])
        fits = np.ones(np.broadcast(energy).shape, dtype=bool)
    found = dict(energy=energy, latency=latency, traffic=moved, footprint=footprint)
    shape = np.broadcast(*found.values(), fits).shape
    return {k: np.where(fits, np.broadcast_to(v, shape), np.inf).reshape(-1) for k, v in found.items()}


def mapping_of(family: Family, tag, architecture, nests):
    """A layer's mapping of two nests that share what the tag says."""
    names = [memory.name for memory in architecture.memories]
    if not family.meeting:
        return FusedMapping(Dataflow("every", fused=False), (), (), tuple(nests))
    shared = []
    first = nests[0][1]
    walked = {t[0]: t for t in tag if len(t) == 3}
    orders = tag[-1]
    for level in range(family.meeting):
        entry = first.levels[level]
        trips = dict(entry.temporal)
        loops = [(d, trips[d]) for d in ("B", "H") if trips.get(d, 1) > 1]
        loops += [(d, trips[d]) for d in reversed(orders[level]) if d in walked and trips[d] > 1]
        spatial = tuple((*entry.spatial_x, *entry.spatial_y))
        if loops or spatial:
            shared.append(SharedLoops(names[level], tuple(loops), spatial))
    flow = Dataflow(
        "every",
        fused=True,
        granularity={"": "R" if "M" in walked else "H", "H": "B", "BH": "M"}[family.spanned],
        online=family.online,
        rows=walked["M"][1] if "M" in walked else None,
    )
    return FusedMapping(flow, tuple(shared), (("S", names[family.meeting]),), tuple(nests))


def estimate(mapping, layer, architecture, energies, softmax="free"):
    """The model's own estimate of a mapping."""
    einsums = {einsum.name: einsum for einsum in layer.einsums()}
    results = [
        NativeEngine().evaluate(e, architecture, mapping[name], energies) for name, e in einsums.items()
    ]
    return attention_estimate("every", layer, architecture, mapping, results, energies, Setting(softmax))
