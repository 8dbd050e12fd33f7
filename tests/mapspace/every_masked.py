"""Every mapping of a small layer under a mask, counted iteration by iteration.

Nothing here is known of the search; ``every_mapping`` enumerates each operator's nests.
"""

from dataclasses import replace
from itertools import product

import numpy as np
from every_mapping import ENERGIES, every_batch, within_fanouts

from flat_plugin.mapspace.objective import OBJECTIVES
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.cost import costs_of
from flat_plugin.model.iteration_kinds import Split, kinds_of, one_kind
from flat_plugin.model.masked import without_found, work_of_many
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.shared_registers import outlives
from flat_plugin.model.shortened_nests import shortened
from flat_plugin.workload.mask import mask_of


def brute_force(attention, architecture, dataflow, square=None):
    """The least of each objective over every mapping, and over those whose choices below the buffer nothing
    beats in a whole tile; ``square`` has the lengths that tiles divide, if others."""
    square = square or replace(attention, mask=mask_of("full"))
    found = {True: [], False: []}
    for shared in every_sharing(square, dataflow):
        rows = min(square.queries // shared.get("M", 1), attention.queries)
        passes = shared.get("G", 1) if shared.get("M", 1) > 1 and dataflow.fused else 1
        most = attention.widest(rows).keys
        if shared.get("N", 1) > 1 and square.keys // shared["N"] not in blocks(square.keys, most):
            continue
        kinds = kinds_of(attention, Split(rows, passes))
        alike = kinds is None  # then all rows and heads are one iteration
        kinds, passes = (one_kind(attention.queries, most), 1) if kinds is None else (kinds, passes)
        iterations = Iterations(rows, passes, most, kinds, alike)
        for operators in both_ways(square, dataflow):
            sides = [
                operator(einsum, architecture, attention, square, dataflow, shared, iterations, whole_keys)
                for einsum, whole_keys in operators
            ]
            if any(side is None for side in sides):
                continue
            for only in (True, False):
                one, two = (side[only] for side in sides)
                if one.size and two.size:
                    metrics = paired(one, two, square, architecture, dataflow, shared, iterations)
                    if metrics.size:
                        found[only].append(metrics.min(axis=1))
    if not found[False]:
        return None, None
    return tuple(
        dict(zip(OBJECTIVES, np.min(found[only], axis=0), strict=True)) if found[only] else None
        for only in (False, True)
    )


def both_ways(attention, dataflow):
    """Logit, and whether its tiles of K are to be whole; attend, which finds V in them as a part of K."""
    if not (attention.joint and dataflow.fused):
        return [[(einsum, None) for einsum in attention.einsums()]]
    return [
        [(attention.logit(), held), (attention.attend(("Buffer",) if held else ()), None)]
        for held in (True, False)
    ]


class Iterations:
    def __init__(self, rows, passes, most, kinds, alike):
        self.rows, self.passes, self.most, self.kinds, self.alike = rows, passes, most, kinds, alike


def blocks(keys, most):
    """Of tiles of keys the smallest that has all that an iteration touches, and those that have not."""
    whole = min(size for size in divisors(keys) if size >= most)
    return [size for size in divisors(keys) if size <= whole]


def every_sharing(attention, dataflow):
    """Every tile of every loop that the operators share, outermost first; unfused, of the rows."""
    sizes = attention.logit().sizes
    if not dataflow.fused:
        yield from ({"M": trips} for trips in divisors(sizes["M"]))
        return
    names = [d for d in ("BHGMN" if dataflow.online else "BHGM") if d in sizes]
    for trips in product(*(divisors(sizes[d]) for d in names)):
        shared = dict(zip(names, trips, strict=True))
        whole = all(shared[d] == sizes[d] for d in "BH")
        rows = {
            "H": shared["M"] == 1,
            "R": dataflow.rows is None or sizes["M"] // shared["M"] == dataflow.rows,
        }
        if whole and rows.get(dataflow.granularity, True):
            yield shared


def operator(einsum, architecture, attention, square, dataflow, shared, iterations, whole_keys):
    """[figures, mappings]: energy, latency alone, words, footprint, first and last tiles, steps, ports; and
    which of the mappings are not beaten below the buffer. ``whole_keys``: whether tiles of K are to be whole
    ones of the shared loops; None are all."""
    dims = einsum.dimensions
    found, keys = [], []
    on_chip = ("S", "P") if dataflow.fused else ()
    for batch in every_batch(einsum, architecture, on_chip=on_chip):
        allowed = kept_to(batch, einsum, dataflow, shared, iterations)
        if not allowed.any():
            continue
        batch = taken(batch, allowed)
        lengths = {"M": np.full(len(batch), attention.queries), "N": np.full(len(batch), iterations.most)}
        cut = shortened(batch, np.arange(len(batch)), lengths)
        usable = within_fanouts(batch)
        if whole_keys is not None:
            own = {d: cut.temporal[0, dims.index(d)] for d in "ND"}
            own["N"] = own["N"] / -(-iterations.most // (square.keys // shared.get("N", 1)))
            usable &= ((own["N"] == 1) & (own["D"] == 1)) == whole_keys
        if dataflow.fused:
            turns = {d: n for d, n in shared.items() if d in dims}
            if turns.get("N", 1) > 1:
                turns["N"] = -(-iterations.most // (square.keys // turns["N"]))
            if turns.get("M", 1) > 1:
                turns["M"] = -(-attention.queries // (square.queries // turns["M"]))
            usable &= ~outlives(cut, [turns])
        figures, valid = counted(batch, cut, einsum, architecture, dataflow, iterations, attention)
        one = {d: np.full(len(batch), einsum.sizes[d] // n) for d, n in shared.items() if d in einsum.sizes}
        whole = shortened(batch, np.arange(len(batch)), one)
        if len(architecture.memories) > 2:  # what units keep fits before it is cut
            held = counts_of(whole).tiles[-1] * np.array(batch.form.keep[-1])[:, None]
            usable &= held.sum(axis=0) <= architecture.memories[-1].capacity
        chosen = np.flatnonzero(usable)
        common = np.gcd.reduce(iterations.kinds.keys)
        keys += [(order_of(batch, n), *batch.temporal[0, :, n], divides(common, batch, n)) for n in chosen]
        figures[:, ~valid] = np.inf
        found.append(np.concatenate((figures, below(whole, architecture)))[:, chosen])
    if not found:
        return None
    table = np.concatenate(found, axis=1)
    figures, whole = table[:-BELOW], table[-BELOW:]
    groups = {}
    for n, key in enumerate(keys):
        groups.setdefault(key, []).append(n)
    menus = [figures[:, :0], *(menu(figures[:, own], whole[:, own]) for own in groups.values())]
    together = np.concatenate(menus, axis=1)
    return tuple(each[:, np.isfinite(each[0])] for each in (figures, together))


BELOW = 7


def below(batch, architecture):
    """[7, mappings]: of one whole iteration: steps, pJ, pJ a cycle of leakage, and words of ports."""
    costs = costs_of(batch, counts_of(batch), ENERGIES)
    steps = costs.counts.compute_cycles
    energy = costs.access_energy.sum(axis=(0, 1))
    leak = costs.leak_energy.sum(axis=0) / np.maximum(steps, costs.level_cycles.max(axis=0))
    words = [costs.counts.reads[1].sum(axis=0), costs.counts.updates[1].sum(axis=0)]
    if architecture.memories[-1].limited:  # else the ports of the units' memory keep nothing waiting
        words.append(costs.counts.reads[-1].sum(axis=0))
        words.append((costs.counts.fills + costs.counts.updates)[-1].sum(axis=0))
    none = np.zeros(len(batch))
    return np.stack((steps, energy, leak, *words, *([none] * (BELOW - 3 - len(words)))))


def menu(figures, whole):
    """The figures of what nothing equals or beats everywhere in a whole tile; of equal ones, of which it is
    not said which a search takes, the worst."""
    table = whole.round(6)
    kinds, which = np.unique(table, axis=1, return_inverse=True)
    beaten = (kinds[:, :, None] <= kinds[:, None, :] * (1 + 1e-9)).all(axis=0).sum(axis=0) > 1
    parts = [figures[:, which.reshape(-1) == n].max(axis=1) for n in np.flatnonzero(~beaten)]
    return np.stack(parts, axis=1)


def divides(keys, batch, n):
    """Whether the keys side by side and in the innermost memory divide so many."""
    d = batch.einsum.dimensions.index("N")
    side_by_side = (batch.spatial_x * batch.spatial_y)[:, d, n].prod()
    return keys % (side_by_side * batch.temporal[2:, d, n].prod()) == 0


def order_of(batch, n):
    """The loops of the outermost memory that turn, innermost first."""
    return tuple(d for d in batch.form.order[0] if batch.temporal[0, d, n] > 1)


def taken(batch, chosen):
    names = ("temporal", "spatial_x", "spatial_y")
    return replace(batch, **{name: getattr(batch, name)[:, :, chosen] for name in names})


def kept_to(batch, einsum, dataflow, shared, iterations):
    """Which mappings have the shared loops outermost, and tiles of keys of the space."""
    outer, dims = batch.temporal[0], einsum.dimensions
    allowed = np.ones(len(batch), dtype=bool)
    for i, d in enumerate(dims):
        if shared.get(d, 1) > 1 or (d in "BH" and dataflow.fused) or (d == "M" and not dataflow.fused):
            allowed &= outer[i] == shared.get(d, 1)
        elif d in "BH":
            allowed &= outer[i] == einsum.sizes[d]
        elif d == "N":
            sizes = einsum.sizes[d] // outer[i]
            allowed &= np.isin(sizes, blocks(einsum.sizes[d], iterations.most))
    allowed &= spares(batch, einsum)
    walked = [dims.index(d) for d, n in reversed(shared.items()) if n > 1]
    if not allowed.any():
        return allowed
    turning = [d for d in batch.form.order[0] if (outer[d][allowed] > 1).any() and dims[d] not in "BH"]
    core = [d for d in walked if dims[d] not in "BH"]
    return allowed if not core or turning[len(turning) - len(core) :] == core else np.zeros_like(allowed)


def spares(batch, einsum):
    """Which register tiles are wide only where that spares a tensor that they keep its accesses, besides the
    one that the buffer's loops leave in place."""
    keep, core = batch.form.keep[-1], [i for i, d in enumerate(einsum.dimensions) if d not in "BH"]
    if len(batch.temporal) < 3:
        return np.ones(len(batch), dtype=bool)
    kept = [t for t, there in zip(einsum.tensors, keep, strict=True) if there]
    found = (batch.temporal[-1, core] == 1).all(axis=0)
    for still in kept:
        missed = {d for t in kept if t is not still for d in einsum.dimensions if d not in t.dimensions}
        narrow = [i for i in core if einsum.dimensions[i] not in missed]
        found |= (batch.temporal[-1, narrow] == 1).all(axis=0)
    return found


def counted(batch, cut, einsum, architecture, dataflow, iterations, attention):
    """Figures of all mappings over all iterations, and which are valid in each."""
    kinds, size, select = iterations.kinds, len(batch), attention.mask.select
    keys_of = next(t for t, tensor in enumerate(einsum.tensors) if tensor.name in "KV")
    outer, buffer = architecture.memories[:2]
    shares = np.array([(t.bits or 16) / 16 for t in einsum.tensors])[:, None]
    energy, cycles, words, steps, lost, operations = np.zeros((6, size))
    busy, valid = np.zeros((len(architecture.memories), size)), np.ones(size, dtype=bool)
    for rows, keys, times, before, kept, known in zip(
        kinds.rows, kinds.keys, kinds.times, kinds.before, kinds.kept, kinds.known, strict=True
    ):
        lengths = {"M": np.full(size, rows), "N": np.full(size, keys)}
        if "G" in einsum.sizes:
            lengths["G"] = np.full(size, einsum.sizes["G"] // iterations.passes)
        own = shortened(batch, np.arange(size), lengths)
        counts = counts_of(own)
        lost += times * (own.operations - counts.computes)
        operations += times * own.operations
        stay = {
            level: np.where(
                tile == 0,
                0,
                np.where(
                    (tile >= iterations.most) & (iterations.most == kinds.every),
                    known,
                    np.where((keys <= tile) & (before <= tile), kept, 0),
                ),
            )
            for level, tile in tiles_that_stay(cut, dataflow).items()
        }
        counts = without_found(own, counts, stay)
        if select:
            counts.reads[0, keys_of] *= whole_rows(cut, einsum, keys_of, select.page, iterations.most)
        if not iterations.alike:
            counts = replace(counts, computes=np.broadcast_to(own.operations, size))
        costs = costs_of(own, counts, ENERGIES)
        valid &= costs.valid
        work = work_of_many(own, costs)
        energy += times * work.energy_pj
        cycles += times * work.cycles
        steps += times * counts.compute_cycles
        moved = costs.counts.reads[0] + costs.counts.fills[0] + costs.counts.updates[0]
        words += times * (moved * shares).sum(axis=0)
        for level, memory in enumerate(architecture.memories):
            busy[level] += times * work.busy[memory.name]
    if select:
        moved = indices(cut, einsum, attention, iterations.rows)
        energy += 512 * moved / 4
        cycles, words = cycles + moved / outer.shared_bandwidth, words + moved
        busy[0] += moved / outer.shared_bandwidth
    tiles = counts_of(cut).tiles[1]
    free = [(dataflow.fused and t.name in "SP") or bool(t.inside) for t in einsum.tensors]
    copies = np.where(free, 0.0, 2.0)[:, None]
    valid &= lost <= 0.01 * operations
    (first, first_keys), (last, _) = kinds.ends
    start, end = (
        shortened(batch, np.arange(size), {"M": np.full(size, rows), "N": np.full(size, first_keys)})
        for rows in (first, last)
    )
    into, out = (np.array([float(t.name in names) for t in einsum.tensors])[:, None] for names in ("QK", "O"))
    at_first, at_last = counts_of(start).tiles[1], counts_of(end).tiles[1]
    if select:
        at_first[keys_of] *= whole_rows(start, einsum, keys_of, select.page, first_keys)
    return np.stack(
        [
            energy,
            cycles,
            words,
            (copies * shares * tiles).sum(axis=0),
            (shares * (into * at_first + out * at_last)).sum(axis=0) / outer.shared_bandwidth,
            steps,
            *busy,
        ]
    ), valid


def whole_rows(batch, einsum, tensor, page, most):
    """[mappings]: words that are read of DRAM's rows of 4 words for each that is used: every key, or page of
    whole keys, begins a row."""
    inside = (batch.temporal * batch.spatial_x * batch.spatial_y)[1:].prod(axis=0)
    width, taken = len(einsum.dimensions) - 1, (einsum.tensors[tensor].bits or 16) / 16
    size, keys = einsum.bounds[width][1], np.minimum(inside[einsum.dimensions.index("N")], most)
    pages = (inside[width] == size) & ((keys % page == 0) | (keys == most))
    words = np.where(pages, page, 1) * inside[width] * taken
    return np.ceil(words / 4) * 4 / words


def indices(batch, einsum, attention, rows):
    """[mappings]: words of indices: of each tile those of all that its rows choose, once a visit."""
    select, queries, keys = attention.mask.select, attention.queries, attention.keys
    each = 0
    for first in range(0, queries, rows):
        last = min(first + rows, queries)
        chosen = [range(n, n + 1) for n in range(first, last)] if select.together else [range(first, last)]
        for group in chosen:
            seen = keys - queries + group[-1] + 1 if attention.mask.causal else keys
            each += -(-min(-(-seen // select.page) * select.page, select.keys, keys) // select.page)
    visits = np.prod([batch.temporal[0, i] for i, d in enumerate(einsum.dimensions) if d in "GDE"], axis=0)
    bits = max(1, int(np.ceil(np.log2(-(-keys // select.page)))))
    return visits * each * attention.kv_heads * bits / 16


def tiles_that_stay(cut, dataflow):
    """Keys in a tile that may stay, by memory; 0 where its rows are not whole, or keys are spread."""
    n, last = cut.einsum.dimensions.index("N"), len(cut.einsum.dimensions) - 1
    spatial = cut.spatial_x * cut.spatial_y
    found = {}
    for level in range(1, 2 if dataflow.fused else len(cut.temporal)):
        whole = (cut.temporal[:level, last] == 1).all(axis=0) & (spatial[:level, n] == 1).all(axis=0)
        found[level] = np.where(whole, (cut.temporal[level:, n] * spatial[level:, n]).prod(axis=0), 0)
    return found


def paired(one, two, square, architecture, dataflow, shared, iterations):
    """[objectives, pairs]"""
    capacity = architecture.memories[1].capacity
    one, two = np.unique(one, axis=1)[:, :, None], np.unique(two, axis=1)[:, None, :]
    energy, words = one[0] + two[0], one[2] + two[2]
    if dataflow.fused:
        sizes = square.logit().sizes
        rows = np.prod([sizes[d] // shared.get(d, 1) for d in sizes if d in "BHG"]) * iterations.rows
        keys = min(square.keys // shared.get("N", 1), iterations.most)
        held = (square.widths.S or 16) / 16 * (rows * keys + (2 * rows if dataflow.online else 0))
        footprint = one[3] + two[3] + held
        latency = np.maximum.reduce(np.broadcast_arrays(*(one[5:] + two[5:]))) + one[4] + two[4]
    else:
        footprint, latency = np.maximum(one[3], two[3]), np.ceil(one[1] + two[1] - 1e-9)
    fits = footprint <= capacity
    table = {"edp": energy * latency, "energy": energy, "latency": latency, "traffic": words}
    return np.stack([(table | {"footprint": footprint})[name][fits] for name in OBJECTIVES])
