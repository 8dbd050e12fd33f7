"""Random Timeloop files: architectures, problems, mappings, tables and constraints, from a seed.

Most are accepted, some are not (tiles that are too large, a factor that is changed, what Timeloop stops at).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from random import Random
from typing import Any

Document = dict[str, Any]
COEFFICIENTS = ("Step", "Gap")
CLASSES = ("SRAM", "regfile", "smartbuffer_SRAM", "storage", "my_SRAM", "regfile_2", "DRAM")
WORDS = ("datawidth", "word_bits", "word_width", "word-bits")
COMPUTE = ("intmac", "fpmac", "mac", "compute_unit")
READS = ("read", "random_read")
WRITES = ("write", "random_write", "fill", "random_fill")
UPDATES = ("update", "random_update")
MACS = ("compute", "mac", "mult", "mult_random", "mac_random")
PROBLEMS: dict[str, tuple[str, tuple[Sequence[str], ...]]] = {  # dimensions; ranks (the last is the output)
    "gemm": ("MNK", ("MK", "KN", "MN")),
    "logit": ("BHMND", ("BHMD", "BHND", "BHMN")),
    "attend": ("BHMNE", ("BHMN", "BHNE", "BHME")),
    "grouped": ("BHGMND", ("BHGMD", "BHND", "BHGMN")),
    "vector": ("MK", ("MK", "K", "M")),
    "outer": ("MN", ("M", "N", "MN")),
    "three": ("IJKL", ("IK", "KJL", "JL", "IJ")),
    "scale": ("MN", ("MN", "N", "MN")),
    "trace": ("MNK", ("MNK", "N")),
    "window": ("PRCM", ("CMR", ("C", "P+R"), "MP")),
    "depthwise": ("PQRSC", ("CRS", ("C", "P+R", "Q+S"), "CPQ")),
}


def cases(seed: int, count: int) -> Iterator[Document]:
    """``architecture``, ``problem``, ``mapping``, ``ERT`` and sometimes ``architecture_constraints``."""
    for number in range(count):
        yield _Case(Random(f"{seed}-{number}")).case(f"random-{seed}-{number}")


class _Case:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.levels = random.choice((1, 2, 2, 3, 3, 3, 4, 5, 6))
        self.meshes = self._meshes()
        self.imperfect = random.random() < 0.45
        self.plain = random.random() < 0.1
        self.passed = {n for n in range(1, self.levels) if random.random() < 0.08}  # which hold nothing

    def case(self, name: str) -> Document:
        shape, sizes = self._problem()
        names = [f"L{n}" for n in range(self.levels)]
        mapping = self._mapping(names, shape, sizes)
        local = [self._memory(name, n) for n, name in enumerate(names)]
        local.append(self._compute())
        case = {
            "name": name,
            "architecture": {"version": 0.4, "subtree": [self._tree(local)]},
            "problem": {"version": 0.4, "shape": shape, "instance": sizes},
            "mapping": mapping,
            "ERT": self._ert(local),
        }
        if self.random.random() < 0.2:
            case["architecture_constraints"] = {"targets": self._constraints(mapping)}
        if self.random.random() < 0.03:
            self._spoil(mapping)
        return case

    def _meshes(self) -> list[tuple[int, int]]:
        x, y, found = 1, 1, []
        for level in range(self.levels + 1):
            if level and self.random.random() < 0.5:
                x *= self.random.choice((1, 2, 3, 4, 8))
                y *= self.random.choice((1, 1, 2, 4))
            found.append((x, y))
        return found

    # The architecture.

    def _tree(self, local: list[Document]) -> Document:
        attributes = {"technology": "45nm", "global_cycle_seconds": 1e-9}
        if len(local) > 2 and self.random.random() < 0.3:
            cut = self.random.randrange(1, len(local))
            inner = {"name": "inner", "local": local[cut:]}
            return {"name": "system", "attributes": attributes, "local": local[:cut], "subtree": [inner]}
        return {"name": "system", "attributes": attributes, "local": local}

    def _named(self, name: str, level: int) -> tuple[str, Document]:
        x, y = self.meshes[level]
        count = x * y
        attributes: Document = {}
        if count > 1 and (y > 1 or self.random.random() < 0.7):
            attributes |= {"meshX": x} if self.random.random() < 0.5 else {"meshY": y}
            if self.random.random() < 0.5:
                attributes = {"meshX": x, "meshY": y}
        first = self.random.choice((0, 1))
        return (f"{name}[{first}..{count - 1 + first}]" if count > 1 else name), attributes

    def _memory(self, name: str, level: int) -> Document:
        pick, random = self.random.choice, self.random.random
        full, attributes = self._named(name, level)
        if level in self.passed:
            attributes |= pick(({"entries": 0}, {"depth": 0, "width": 16}))
            return {"name": full, "class": pick(("storage", "dummy_storage")), "attributes": attributes}
        kind = "DRAM" if level == 0 and random() < 0.8 else pick(CLASSES[:-1])
        word = pick((8, 16, 16, 16, 32))
        attributes[pick(WORDS)] = word
        block = pick((1, 1, 2, 4, 8))
        count = prod(self.meshes[level])
        cluster = pick([c for c in (1, 2, 4) if count % c == 0]) if kind != "DRAM" and random() < 0.3 else 1
        if cluster > 1:
            attributes["cluster_size"] = cluster
        if block * cluster > 1 or random() < 0.5:
            attributes[pick(("width", "memory_width", "data_storage_width"))] = word * block * cluster
        elif random() < 0.2:
            attributes["block_size"] = block
        if kind != "DRAM" or random() < 0.2:
            words = int(10 ** self.random.uniform(4.5 if level else 6, 7)) if random() < 0.95 else 64
            key = pick(("depth", "memory_depth", "entries", "sizeKB"))
            unit = {"entries": 1, "sizeKB": 8192 // word}.get(key, block)
            attributes[key] = max(1, words // unit)
            if random() < 0.2:
                attributes["multiple_buffering"] = pick((2, 1.5, 2.0))
        attributes |= self._bandwidths()
        if random() < 0.1:
            attributes["network_fill_latency"] = self.random.randrange(200)
        if random() < 0.01:
            attributes |= pick(({"num_ports": 3}, {"depth": 64.0}, {"cluster_size": 3}, {"meshX": 5}))
        if random() < 0.1:
            attributes |= pick(
                ({"num_ports": 2}, {"shared-bandwidth": 1}, {"n_banks": 4}, {"technology": "x"})
            )
        return {"name": full, "class": kind, "attributes": attributes}

    def _bandwidths(self) -> Document:
        keys = ("read_bandwidth", "write_bandwidth", "shared_bandwidth", "bandwidth")
        return {
            key: self.random.choice((1, 2, 4, 12.8, 33.3, 64, 0.75))
            for key in keys
            if self.random.random() < (0.2 if key != "bandwidth" else 0.05)
        }

    def _compute(self) -> Document:
        full, attributes = self._named("MACs", self.levels)
        return {
            "name": full,
            "class": self.random.choice(COMPUTE),
            "attributes": {"datawidth": 16, "width": 16, **attributes},
        }

    def _ert(self, local: list[Document]) -> Document:
        tables = []
        for number, component in enumerate(local):
            if number in self.passed and self.random.random() < 0.7:
                continue
            groups = [MACS] if component is local[-1] else [READS, WRITES, UPDATES]
            names = {name for group in groups for name in group[:2] if self.random.random() < 0.3}
            names |= {self.random.choice(group) for group in groups if group is not UPDATES}
            if self.random.random() < 0.6:
                names.add("leak")
            if component is not local[-1] and not names & {*UPDATES, *WRITES[:2]}:
                names.add("update")  # where none is, Timeloop has energies of its own and we refuse
            listed = sorted(names)
            self.random.shuffle(listed)
            actions = [
                {"name": name, "arguments": {}, "energy": round(10 ** self.random.uniform(-2, 3), 4)}
                for name in listed
            ]
            tables.append({"name": f"system.{component['name']}", "actions": actions})
        return {"version": self.random.choice((0.4, 0.3)), "tables": tables}

    # The problem and its mapping.

    def _problem(self) -> tuple[Document, dict[str, int]]:
        name, (dimensions, tensors) = self.random.choice(list(PROBLEMS.items()))
        spaces: list[Document] = [
            {"name": f"T{n}", "projection": [self._rank(rank) for rank in own]}
            for n, own in enumerate(tensors)
        ]
        spaces[-1]["read_write"] = True
        self.random.shuffle(spaces)
        sizes = {d: self._size() for d in dimensions}
        while prod(sizes.values()) > 200_000:
            largest = max(sizes, key=lambda d: sizes[d])
            sizes[largest] = max(1, sizes[largest] // 3)
        order = list(dimensions)
        self.random.shuffle(order)
        shape: Document = {"name": name, "dimensions": order, "data_spaces": spaces}
        if any("+" in rank for own in tensors for rank in own):
            steps = {name: self.random.choice((1, 1, 2, 3)) for name in COEFFICIENTS}
            shape["coefficients"] = [{"name": name, "default": step} for name, step in steps.items()]
        return shape, sizes

    def _rank(self, rank: str) -> list[Any]:
        """``P+R`` is a window: both with a coefficient."""
        if "+" not in rank:
            return [rank] if self.plain else [[rank]]
        return [[dimension, step] for dimension, step in zip(rank.split("+"), COEFFICIENTS, strict=True)]

    def _size(self) -> int:
        return self.random.choice((1, 2, 3, 4, 7, 8, 12, 13, 16, 24, 32, 37, 48, 64, 97, 128))

    def _mapping(self, names: list[str], shape: Document, sizes: dict[str, int]) -> list[Document]:
        places = [(level, kind) for level in range(self.levels) for kind in ("temporal", "spatial")]
        places = [p for p in places if p[1] == "temporal" or self._fanout(p[0]) != (1, 1)]
        factors: dict[tuple[int, str], dict[str, tuple[int, int]]] = {place: {} for place in places}
        room = {level: list(self._fanout(level)) for level in range(self.levels)}
        axes: dict[tuple[int, str], str] = {}
        for dimension, size in sizes.items():
            self._split(dimension, size, places, factors, room, axes)
        directives = []
        for (level, kind), own in factors.items():
            directives.append(self._loops(names[level], kind, level, own, shape, axes))
        directives += self._keeping(names, [space["name"] for space in shape["data_spaces"]])
        return directives

    def _fanout(self, level: int) -> tuple[int, int]:
        (x, y), (inner_x, inner_y) = self.meshes[level], self.meshes[level + 1]
        return inner_x // x, inner_y // y

    def _split(self, dimension, size, places, factors, room, axes) -> None:  # type: ignore[no-untyped-def]
        """Deal a dimension out over the places, from the innermost; the outermost takes what is left.

        A last turn is shorter where the factors are larger together than the dimension: its digits, with
        the factors as radices, are those of the last index.
        """
        trips: dict[tuple[int, str], int] = {}
        left = size
        for place in reversed(places[1:]):
            level, kind = place
            most = left
            axis = "x"
            if kind == "spatial":
                axis = self.random.choice("xy")
                most = room[level]["xy".index(axis)]
            wanted = self.random.randint(1, max(1, min(most, left))) if self.random.random() < 0.5 else 1
            if not self.imperfect:
                wanted = max(d for d in range(1, wanted + 1) if left % d == 0)
            trips[place] = wanted
            if kind == "spatial" and wanted > 1:
                room[level]["xy".index(axis)] //= wanted
                axes[level, dimension] = axis
            left = -(-left // wanted)
        trips[places[0]] = left
        rest, inside = size - 1, prod(trips.values())
        for place in places:
            inside //= trips[place]
            factors[place][dimension] = (trips[place], rest // inside + 1)
            rest %= inside

    def _loops(self, name, kind, level, own, shape, axes) -> Document:  # type: ignore[no-untyped-def]
        written = []
        for dimension, (trips, last) in own.items():
            if trips == 1 and self.random.random() < 0.3:
                continue
            text = f"{dimension}={trips}" if last == trips else f"{dimension}={trips},{last}"
            written.append(text)
        self.random.shuffle(written)
        order = list(shape["dimensions"])
        self.random.shuffle(order)
        directive = {"target": name, "type": kind, "factors": " ".join(written)}
        if kind == "spatial":
            on_x = [d for d in order if axes.get((level, d), "x") == "x"]
            on_y = [d for d in order if d not in on_x]
            return directive | {"permutation": "".join(on_x + on_y), "split": len(on_x)}
        return directive | {"permutation": "".join(order)}

    def _keeping(self, names: list[str], tensors: list[str]) -> list[Document]:
        found = []
        for level, name in enumerate(names):
            chance = 0.05 if level == 0 else 0.3
            bypass = [tensor for tensor in tensors if self.random.random() < chance]
            bypass = tensors if level in self.passed and self.random.random() < 0.97 else bypass
            if bypass or self.random.random() < 0.5:
                keep = [tensor for tensor in tensors if tensor not in bypass]
                kind = self.random.choice(("bypass", "datatype"))
                found.append({"target": name, "type": kind, "keep": keep, "bypass": bypass})
        return found

    # Constraints, and what is wrong.

    def _constraints(self, mapping: list[Document]) -> list[Document]:
        """Some that the mapping keeps to, and some that it may not."""
        found = []
        for directive in mapping:
            if directive["type"] not in ("temporal", "spatial") or self.random.random() < 0.5:
                continue
            said = {"target": directive["target"], "type": directive["type"]}
            written = [text.split(",")[0] for text in directive["factors"].split()]
            factors = [text for text in written if self.random.random() < 0.4]
            if factors and self.random.random() < 0.3:
                dimension, _, number = factors[0].partition("=")
                factors[0] = dimension + self.random.choice((f"<={number}", f"<={number}1", f"={number}1"))
            if factors:
                said["factors"] = " ".join(factors)
            if self.random.random() < 0.3:
                order = directive["permutation"][: self.random.randint(1, 4)]
                said["permutation"] = order if self.random.random() < 0.7 else order[::-1]
            if directive["type"] == "spatial" and self.random.random() < 0.1:
                said["split"] = directive["split"]
            if len(said) > 2:
                found.append(said)
        return found

    def _spoil(self, mapping: list[Document]) -> None:
        directive = self.random.choice(mapping)
        if self.random.random() < 0.5:
            directive["target"] = "Nowhere"
        elif directive.get("factors"):
            directive["factors"] += "0"
