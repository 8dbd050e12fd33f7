"""Which classes and attributes Timeloop reads, and which of them this package understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from flat_plugin.architecture.component import Component, as_number
from flat_plugin.architecture.unread_attributes import old_names, second_names, unread_notes
from flat_plugin.errors import FlatError

# A class is what Timeloop takes it for if it contains one of these, storage being tried first.
STORAGE_CLASSES = ("DRAM", "SRAM", "regfile", "smartbuffer", "storage")
COMPUTE_CLASSES = ("mac", "intmac", "fpmac", "compute")
NETWORK_CLASSES = ("XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast")
SOFTMAX_CLASS = "softmax_unit"
TOPK_CLASS = "topk_unit"

WORD_BITS = ("word_bits", "word_width", "datawidth")
WIDTH = ("width", "memory_width", "data_storage_width")
DEPTH = ("depth", "memory_depth", "data_storage_depth")
BLOCK_SIZE = ("block_size", "n_words")
PORTS = ("num_ports", "n_ports")
BANDWIDTHS = ("bandwidth", "read_bandwidth", "write_bandwidth", "shared_bandwidth")
GIGABYTES = {
    "read_gb_per_s": "read_bandwidth",
    "write_gb_per_s": "write_bandwidth",
    "shared_gb_per_s": "shared_bandwidth",
}  # ours: GB/s, instead of words/cycle
LAYOUT = ("instances", "meshX", "meshY")
GIVEN = ("energy_pj", "energy_pj_per_bit", "area_um2")  # ours, which Timeloop passes over
STORAGE_KEYS = frozenset(
    (*GIVEN, *WORD_BITS, *WIDTH, *DEPTH, *BLOCK_SIZE, *BANDWIDTHS, *GIGABYTES, *LAYOUT, *PORTS)
    + ("entries", "sizeKB", "cluster_size", "multiple_buffering")
    + ("network_fill_latency", "network_drain_latency")
)
COMPUTE_KEYS = frozenset((*GIVEN, "word_bits", "datawidth", *LAYOUT))

TENSOR_BITS = "tensor_bits"  # ours: widths of the words of tensors
SYSTEM_KEYS = ("technology", "global_cycle_seconds", "cycle_seconds", TENSOR_BITS)

_SPARSE = "nothing: sparsity and compression are not supported"
_NETWORK = "nothing: only the network that Timeloop infers is supported"
_TABLE = "energy_pj and area_um2, or an ERT and an ART"
# attribute: (the value that changes nothing, what to write instead)
UNSUPPORTED: dict[str, tuple[object, str]] = {
    "min_utilization": (0, "0: a least utilisation is not supported"),
    "has_power_gating": (False, "nothing: power gating is not supported"),
    "allow_overbooking": (False, "False: overbooking is not supported"),
    "per_dataspace_bandwidth_consumption_scale": ({}, "nothing: not supported"),
    "power_gated_at": (None, "nothing: power gating is not supported"),
    "reduction_supported": (True, "True: a memory that cannot reduce is not supported"),
    "compression_supported": (False, _SPARSE),
    "decompression_supported": (False, _SPARSE),
    "tile_partition_supported": (False, _SPARSE),
    "concordant_compressed_tile_traversal": (False, _SPARSE),
    "metadata_block_size": (1, _SPARSE),
    "metadata_datawidth": (0, _SPARSE),
    "metadata_word_bits": (0, _SPARSE),
    "metadata_storage_width": (0, _SPARSE),
    "metadata_width": (0, _SPARSE),
    "metadata_storage_depth": (0, _SPARSE),
    "metadata_depth": (0, _SPARSE),
    "network_read": (None, _NETWORK),
    "network_fill": (None, _NETWORK),
    "network_drain": (None, _NETWORK),
    "network_update": (None, _NETWORK),
    "network_operand": (None, _NETWORK),
    "network_result": (None, _NETWORK),
    "network_type": (None, _NETWORK),
    "network_word_bits": (None, _NETWORK),
    "nports": (2, "n_ports"),  # which is 2 where it is not given
    "fill_latency": (0, "network_fill_latency"),
    "drain_latency": (0, "network_drain_latency"),
    "router_energy": (0, _NETWORK),
    "wire_energy": (0, _NETWORK),
    "energy_per_hop": (0, _NETWORK),
    "energy_per_ingress": (0, _NETWORK),
    "vector_access_energy": (None, _TABLE),
    "addr_gen_energy": (None, _TABLE),
    "cluster_area": (None, _TABLE),
    "energy": (None, _TABLE),
    "area": (None, _TABLE),
    TENSOR_BITS: (None, "tensor_bits among the attributes of the whole system"),
}
_WRONG = {
    "rw_bandwidth": "shared_bandwidth (in words/cycle)",
    "size_kb": "sizeKB",
    "buffer_size": "depth, entries or sizeKB",
    "data_width": "datawidth",
    "mesh_x": "meshX",
    "mesh_y": "meshY",
    "read_bw": "read_bandwidth (in words/cycle)",
    "write_bw": "write_bandwidth (in words/cycle)",
}


def role(kind: str) -> str | None:
    """What Timeloop takes a class for: ``storage``, ``compute``, ``network``; else None.

    ``softmax`` and ``topk`` are ours: Timeloop passes over these units.
    """
    if kind == SOFTMAX_CLASS:
        return "softmax"
    if kind == TOPK_CLASS:
        return "topk"
    for name, parts in (("storage", STORAGE_CLASSES), ("compute", COMPUTE_CLASSES)):
        if any(part in kind for part in parts):
            return name
    return "network" if any(part in kind for part in NETWORK_CLASSES) else None


def wrong_attributes(component: Component, keys: frozenset[str]) -> Iterator[FlatError]:
    """Attributes that Timeloop would misread, or that would change the result unseen."""
    for key, value in component.own.items():
        if key == "power_gated_at" and value == component.name:
            continue  # gated by itself, as every component is
        if key in UNSUPPORTED:
            neutral, instead = UNSUPPORTED[key]
            if key not in keys and value is not None and not _same(value, neutral):
                yield component.error(f"{key} is not supported", key, value, instead)
        elif key not in keys and "-" not in str(key) and (right := _spelling(key, keys)):
            yield component.error(f"Timeloop does not know {key}", key, value, right)
    for key in sorted(keys & set(component.inherited)):
        if not any(other in component.own for other in _spellings(key)):
            yield FlatError(
                f"{component.name}: Timeloop does not read {key} from a container",
                path=component.path,
                value=component.inherited[key],
                expected=f"{key} among the component's own attributes",
            )


def misspelt_of_all(inherited: Mapping[str, object], path: str) -> Iterator[FlatError]:
    """Attributes of a container that are nearly those of the whole system."""
    for key, value in inherited.items():
        close = get_close_matches(key, SYSTEM_KEYS, n=1, cutoff=0.9)
        if close and key not in SYSTEM_KEYS:
            yield FlatError(
                f"{key} is not an attribute of the system",
                path=f"{path}.{key}",
                value=value,
                expected=close[0],
            )


def reading_notes(component: Component, keys: frozenset[str]) -> Iterator[str]:
    """What is passed over in a component; a line each."""
    yield from unread_notes(component, keys, frozenset(UNSUPPORTED))
    if "bandwidth" in keys:
        yield from old_names(component)
    yield from second_names(component, (WORD_BITS, WIDTH, ("entries", *DEPTH), BLOCK_SIZE, PORTS))


def _spelling(key: str, keys: frozenset[str]) -> str | None:
    """What a key that Timeloop does not read was probably meant to be."""
    by_case = next((known for known in sorted(keys) if known.lower() == key.lower()), None)
    close = get_close_matches(key, sorted(keys), n=1, cutoff=0.9)
    return _WRONG.get(key) or by_case or (close[0] if close else None)


def _spellings(key: str) -> tuple[str, ...]:
    groups = (WORD_BITS, WIDTH, DEPTH, BLOCK_SIZE)
    return next((group for group in groups if key in group), (key,))


def _same(value: object, neutral: object) -> bool:
    number = as_number(value)
    if isinstance(neutral, int) and not isinstance(neutral, bool):
        return number == neutral
    return value == neutral
