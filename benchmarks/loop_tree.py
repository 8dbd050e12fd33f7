"""A fused mapping as AccelForge writes it: a tree of loops, with the place where each tensor is stored.

A tensor is stored above the loops that leave its tile in place; so a tile of the buffer may lie above shared
loops, and one of the registers above loops of the buffer.
"""

_SCORES = ["S", "P"]


def loop_tree(mapping, attention):
    """The text of ``mapping:``, for DRAM, a buffer and the registers of an array of MACs."""
    logit, attend = attention.einsums()
    dram, buffer, registers = (level.level for level in mapping["logit"].levels)
    shared = [(d, n) for d, n in mapping.trips if n > 1]
    above = [[] for _ in range(len(shared) + 1)]
    branches = [_branch(einsum, mapping[einsum.name], shared, above) for einsum in (logit, attend)]
    sizes = dict(logit.bounds) | dict(attend.bounds)
    left = {d: size // dict(shared).get(d, 1) for d, size in sizes.items()}
    softmax = [("Temporal", d, left[d]) for d in logit.output.dimensions if left[d] > 1]
    branches.insert(1, [*softmax, ("Compute", "softmax", "SoftmaxUnit")])
    trunk = [
        ("Storage", dram, ["Q", "K", "V", "O"]),
        *_interleaved([("Temporal", d, n) for d, n in shared], above, buffer),
        ("Storage", buffer, _SCORES),
    ]
    lines = ["mapping:", "  nodes:", *_lines(trunk, sizes, 2), "  - !Sequential", "    nodes:"]
    for branch in branches:
        lines += ["    - !Nested", "      nodes:", *_lines(branch, left, 6)]
    return "\n".join(lines) + "\n"


def _branch(einsum, operator, shared, above):
    """An operator's nodes inside the shared loops; what stays while those turn goes to ``above``."""
    outer, middle, inner = (
        [(d, n) for d, n in reversed(level.temporal) if n > 1] for level in operator.levels
    )
    _, buffer, registers = operator.levels
    own = outer[len(shared) :]
    inside = [[] for _ in range(len(own) + 1)]
    for tensor in einsum.tensors:
        if tensor.name not in _SCORES:
            place = _place(outer, tensor)
            held = above[place] if place < len(shared) else inside[place - len(shared)]
            held.append(tensor.name)
    nodes = _interleaved([("Temporal", d, n) for d, n in own], inside, buffer.level)
    kept = [tensor for tensor in einsum.tensors if tensor.name not in registers.bypass]
    places = {tensor.name: _place(middle, tensor) for tensor in kept}
    first = min(places.values(), default=len(middle))
    nodes += [("Temporal", d, n) for d, n in middle[:first]]
    for axis, loops in (("X", buffer.spatial_x), ("Y", buffer.spatial_y)):
        nodes += [("Spatial", d, n, axis) for d, n in loops if n > 1]
    held = [[name for name in places if places[name] == i] for i in range(first, len(middle) + 1)]
    nodes += _interleaved([("Temporal", d, n) for d, n in middle[first:]], held, registers.level)
    nodes += [("Temporal", d, n) for d, n in inner]
    return [*nodes, ("Compute", einsum.name, "MAC")]


def _place(loops, tensor):
    """How many of these loops, outermost first, are above the tensor."""
    place = len(loops)
    while place and loops[place - 1][0] not in tensor.dimensions:
        place -= 1
    return place


def _interleaved(loops, held, memory):
    nodes = []
    for i, names in enumerate(held):
        nodes += [("Storage", memory, names)] if names else []
        nodes += loops[i : i + 1]
    return nodes


def _lines(nodes, extents, indent):
    """One node a line; a loop says the extent that it leaves to what is inside."""
    left = dict(extents)
    for kind, name, what, *axis in nodes:
        if kind == "Storage":
            content = f"tensors: [{', '.join(what)}], component: {name}"
        elif kind == "Compute":
            content = f"einsum: {name}, component: {what}"
        else:
            left[name] //= what
            content = f"rank_variable: {name.lower()}, tile_shape: {left[name]}"
            content += f", name: {axis[0]}, component: PE" if axis else ""
        yield f"{' ' * indent}- !{kind} {{{content}}}"
