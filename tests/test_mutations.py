"""Change, rename or delete any one field of a valid file: the answer changes, or an error or a note says so.

Never the same answer without a word, but for the fields of ``INERT``: each with the reason.
"""

from __future__ import annotations

import copy
import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.paper import authors, fusemax, rtl
from flat_plugin.paper.h100 import rows as h100
from flat_plugin.plain import plain
from flat_plugin.resources import resource

LAYER = flat.parse_attention("B=2,H=2,M=32,N=32,D=16")
Path_ = tuple[Any, ...]


def fields(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, entry in entries:
        yield (*path, key)
        yield from fields(entry, (*path, key))


def changes(content: Any, path: Path_) -> Iterator[tuple[str, Any]]:
    """The document with one field deleted, renamed or changed."""

    def with_(change: Callable[[Any, Any], None]) -> Any:
        copied = copy.deepcopy(content)
        place = copied
        for key in path[:-1]:
            place = place[key]
        change(place, path[-1])
        return copied

    def rename(place: Any, key: Any) -> None:
        place[f"{key}_"] = place.pop(key)

    def put(value: Any) -> Callable[[Any, Any], None]:
        return lambda place, key: place.__setitem__(key, value)

    place = content
    for key in path:
        place = place[key]
    yield "deleted", with_(lambda inside, key: inside.__delitem__(key))
    if isinstance(path[-1], str):
        yield "renamed", with_(rename)
    if isinstance(place, bool):
        yield "negated", with_(put(not place))
    elif isinstance(place, int | float) and place:
        yield "doubled", with_(put(place * 2))
    elif isinstance(place, str):
        yield "another word", with_(put(place + "x"))
    if place is not None:
        yield "null", with_(put(None))


def answer(evaluate: Callable[[Any], Any], content: Any) -> str:
    """What is answered, as text; or the error."""
    try:
        return json.dumps(plain(evaluate(content)), sort_keys=True)
    except FlatError as error:
        return f"refused: {error}"


RUN = {"models": [{"attention": "B=2,H=2,M=32,N=32,D=16"}], "architectures": ["edge"]}
_FUSEMAX = {
    **{"model": "BERT", "seq_len": "1K", "traffic": 1.3e9, "latency": 0.013, "energy": 2.5e12},
    **{"util_2d": 0.125, "util_1d": 1.0},
}
TABLES: dict[str, dict[str, Any]] = {  # a row of each published table, by experiment
    "rtl": {
        "fused_attention_rtl": {
            **{"M": 256, "L": 256, "K": 80, "N": 80, "tile_M": 32, "tile_K": 16, "tile_L": 64},
            **{"rtl_cycles": 89054, "mem_to_buf_bits": 5570560, "buf_to_mem_bits": 327680},
            **{"buf_to_reg_bits": 23396352, "reg_to_buf_bits": 11534336},
            **{"tileflow_cycles": 97280, "tileflow_dram_read_words": 368640},
        }
    },
    "authors": {
        "flat_authors_model": {
            **{"platform": "cloud", "models": "BERT", "seq_len": "1K", "B": 64, "D": 768, "E": 64, "F": 64},
            **{"H": 12, "M": 1024, "P": 1024, "S": 3072, "Q_loc": "onchip", "K_loc": "offchip"},
            **{"QK_loc": "onchip", "A_loc": "onchip", "V_loc": "offchip", "AV_loc": "offchip"},
            **{"QK_stationarity": "weight", "AV_stationarity": "weight", "fusion_granularity": "row"},
            **{"P1": 128, "proportion_buffered": 0.75, "proportion_spilled": 0.25, "mem_traffic": 1e9},
            **{"ideal_latency": 0.1, "actual_latency": 0.1, "energy": 1e12},
        }
    },
}
TABLES["h100"] = {
    "h100_attention": {
        **{"variant": "flat", "kernel": "call", "batch_heads": 96, "M_query_rows": 256, "N_keys": 256},
        **{"d_head": 64, "R_rows_per_tile": 16, "Bc_keys_per_tile": 64, "cold_dram_read_bytes": 9468416},
        **{"cold_l2_to_sm_bytes": 103809000, "cold_sm_to_l2_bytes": 3145728},
        **{"cold_smem_l1_bank_read_bytes": 270532600, "cold_smem_l1_bank_write_bytes": 147849200},
        **{"cold_tensor_macs": 805306400, "steady_dram_read_bytes_per_call": 102.4},
        **{"steady_dram_write_bytes_per_call": 3353.6, "steady_l2_to_sm_bytes_per_call": 103809000},
        **{"wall_cold_us": 27.392, "loop_us_per_call": 23.3299, "loop_power_W": 648.0028},
        **{"loop_energy_uJ_per_call": 15117.82},
    }
}
TABLES["fusemax"] = {
    "fusemax_attn_flat": {**_FUSEMAX, "QK": 0.0625, "AV": 0.0625},
    **{f"fusemax_attn_{name}": _FUSEMAX for name in ("unfused", "onepass")},
    **TABLES["authors"],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("files")
    flat.generate(LAYER, "edge", ["flat-r8"], folder)
    logit = folder / "flat-r8" / "logit"
    named = {
        "architecture": logit / "architecture.yaml",
        "problem": logit / "problem.yaml",
        "mapping": logit / "mapping.yaml",
        "energies": resource("arch", "edge/ERT.yaml"),
        "fused": folder / "flat-r8" / "fused_mapping.yaml",
        "space": resource("mappings", "spaces/weight-stationary.yaml"),
    }
    found = {name: yaml.safe_load(path.read_text()) for name, path in named.items()}
    found["sweep"] = {
        "sweep": {
            **{"models": ["bert-base"], "seq": [64], "batch": [2], "architectures": ["edge"]},
            **{
                "dataflows": ["flat-r8", "base"],
                "level": "block",
                "softmax": "overlapped",
                "overflow": "spill",
            },
            **{"overrides": [{"buffer_kb": 64}], "exclude": [{"dataflow": "base"}], "stage": ["K", "V"]},
        }
    }
    flat.run({"sweep": {**RUN, "dataflows": ["flat-r8"]}}, folder / "batch", jobs=1)
    (result,) = (folder / "batch" / "runs").glob("*/result.json")
    found["result"] = json.loads(result.read_text())
    found |= TABLES
    found["configuration"] = {
        **{"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2},
        **{"intermediate_size": 128, "max_position_embeddings": 64},
    }
    return found


def model(files: dict[str, Any], **given: Any) -> Any:
    documents = {
        "architecture": "architecture",
        "problem": "problem",
        "mapping": "mapping",
        "ert": "energies",
    }
    return flat.evaluate_mapping(**{name: given.get(kind, files[kind]) for name, kind in documents.items()})


def shown(files: dict[str, Any], content: Any) -> Any:
    """What `flat show`, `flat energy` and `flat model` say of an architecture."""
    table = {"ert": files["energies"]}
    recorded = answer(lambda given: flat.energy_table(flat.read_architecture(given), "recorded"), content)
    return (
        flat.show(flat.read_architecture(content), **table).to_dict(),
        model(files, architecture=content).to_dict(),
        recorded,
    )


def config(folder: Path, document: Any) -> Any:
    (folder / "config.json").write_text(json.dumps(document))
    model = flat.read_config(folder / "config.json")
    return flat.estimate(model, "edge", "base", level="model").to_dict()


def read_back(folder: Path, document: Any) -> Any:
    """What a report reads of a run."""
    (folder / "result.json").write_text(json.dumps(document))
    found = flat.read_results(folder)
    return [run.document for run in found.runs], [failure.message for failure in found.failures]


def validated(experiment: str, folder: Path, content: Any) -> Any:
    """Our figures beside those of tables of one row."""
    for place in folder.glob("*.csv"):
        place.unlink()
    for name, row in content.items():
        cells = row if isinstance(row, dict) else {}
        with (folder / f"{name}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([list(cells), list(cells.values())])
    return flat.validate(folder, experiment).to_dict()


KINDS: dict[str, Callable[[dict[str, Any], Path, Any], Any]] = {
    "architecture": lambda files, folder, content: shown(files, content),
    "problem": lambda files, folder, content: model(files, problem=content),
    "mapping": lambda files, folder, content: model(files, mapping=content),
    "energies": lambda files, folder, content: flat.estimate(LAYER, "edge", "base", ert=content).to_dict(),
    "fused": lambda files, folder, content: flat.estimate(LAYER, "edge", mapping=content).to_dict(),
    "space": lambda files, folder, content: flat.search(
        LAYER, "edge", space=content, dataflow="flat-r8"
    ).to_dict(),
    "sweep": lambda files, folder, content: [run.document() for run in flat.plan(content).runs],
    "configuration": lambda files, folder, content: config(folder, content),
    "result": lambda files, folder, content: read_back(folder, content),
    "rtl": lambda files, folder, content: validated("rtl", folder, content),
    "authors": lambda files, folder, content: validated("authors", folder, content),
    "h100": lambda files, folder, content: validated("h100", folder, content),
    "fusemax": lambda files, folder, content: validated("fusemax", folder, content),
}
ACCELERGY = "for Accelergy: how it came by an energy, or what it is asked for"
NEST = {
    r".*\.(permutation|factors|bypass|keep|keep\.\d+) (deleted|null)": "what is not said is what is said "
    "here: loops of 1, in any order, and every tensor kept",
    r".*\.\d+ deleted": "a directive that says no more than that",
}
UNREAD = "(deleted|doubled|another word|null)"
INERT: dict[str, dict[str, str]] = {  # "field change" -> why the answer stays
    "architecture": {
        r".*required_actions.*": ACCELERGY,
        r".*\.attributes\.(technology|datawidth|width) (deleted|null)": "the defaults: 45nm, 16 bits",
        r".*\.attributes\.mesh[XY] (deleted|null)": "it follows from the instances and the other side",
        r"architecture\.subtree\.0\.name another word": "the prefix of names in tables, which they may lack",
    },
    "problem": {r"problem\.version deleted": "one version is read"},
    "mapping": NEST,
    "fused": NEST
    | {
        r"fused_mapping\.version (deleted|doubled)": "both versions are read",
        r"fused_mapping\.stage\.2 deleted": "S, which is always staged where operators are fused",
    },
    "space": {r"space\.description.*": "a line for people"},
    "rtl": {rf".*\.({'|'.join(rtl.UNREAD)}) {UNREAD}": "what TileFlow predicted"},
    "authors": {rf".*\.({'|'.join(authors.UNREAD)}) {UNREAD}": "each with its reason, where it is declared"},
    "h100": {rf".*\.({'|'.join(h100.UNREAD)}) {UNREAD}": "each with its reason, where it is declared"},
    "fusemax": {
        rf"fusemax.*\.({'|'.join(fusemax.UNREAD)}) {UNREAD}": "each with its reason, where it is declared",
        rf"flat_authors_model\.({'|'.join(authors.UNREAD)}) {UNREAD}": "as for `authors`",
        r"flat_authors_model\.(mem_traffic|actual_latency|energy|proportion_spilled) .*": "the authors' "
        "results: FuseMax's are compared, with their loops",
        r"fusemax_attn_onepass (deleted|renamed)": "compared where it is there",
    },
    "energies": {
        r"ERT\.(.*\.)?ignore.*|.*\.arguments.*": ACCELERGY,
        r"ERT\.tables\.0\.actions\.1.*": "writes of DRAM, which nothing fills: results are updates of it",
        r"ERT\.tables\.2\.actions\.2.*": "updates of registers, which this layer does not make",
        r"ERT\.tables\.[34]\..* (deleted|another word|doubled)": "leakage of compute units, which Timeloop "
        "does not count; parts of the softmax unit's `compute`",
        r".*actions\.\d( deleted|\.name another word)": "leakage of 0",
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_passed_over(kind: str, files: dict[str, Any], tmp_path: Path) -> None:
    def evaluate(content: Any) -> Any:
        return KINDS[kind](files, tmp_path, content)

    before = answer(evaluate, files[kind])
    assert not before.startswith("refused"), before
    silent = []
    for path in fields(files[kind]):
        name = ".".join(map(str, path))
        for how, content in changes(files[kind], path):
            inert = any(re.fullmatch(pattern, f"{name} {how}") for pattern in INERT.get(kind, {}))
            if not inert and answer(evaluate, content) == before:
                silent.append(f"{name} {how}")
    assert not silent, "\n".join(silent)
