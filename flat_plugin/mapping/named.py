"""Dataflows by name, one file each: those that ship with the package, and files of a user's own.

dataflow:
  name: kv-resident
  fused: true
  granularity: R
  rows: 64
  stage: [K, V]
  description: 64 rows a tile; keys and values stay on chip
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

from flat_plugin.arguments import checked
from flat_plugin.documents import Source, load, located, missing
from flat_plugin.errors import FlatError
from flat_plugin.form_markers import CLOSED, Among, Says
from flat_plugin.mapping.dataflow import FACTORS, Dataflow, Granularity
from flat_plugin.resources import resource_folder
from flat_plugin.schema import Positive, check

_ROWS = re.compile(r"(?P<family>.+-r)(?P<rows>[1-9]\d{0,17})")
_NAME = re.compile(r"[A-Za-z][\w.+-]{0,63}", re.ASCII)
_FILES = (".yaml", ".yml", ".json")


class DataflowForm(TypedDict):
    """The content of ``dataflow:``; fields as of :class:`Dataflow`."""

    name: str
    fused: Annotated[bool, Says("whether logit and attend share loops, with the scores on chip")]
    granularity: NotRequired[
        Annotated[Granularity | None, Says("what they share: M nothing, B a sequence, H a head, R rows")]
    ]
    rows: NotRequired[Annotated[Positive | None, Says("of a tile of granularity R; what fits if not given")]]
    stage: NotRequired[Annotated[list[str] | None, Says("tensors of Q, K, S, V, O that stay on chip")]]
    factors: NotRequired[Annotated[str, Among(FACTORS), Says("whether a last tile may be smaller")]]
    searched: NotRequired[Annotated[bool, Says("whether it is the best of all that it leaves open")]]
    online: NotRequired[Annotated[bool, Says("whether keys are tiled too, with online softmax")]]
    description: NotRequired[Annotated[str, Says("a line of flat list dataflows")]]


class DataflowFile(TypedDict):
    """A file whose key ``dataflow`` has the dataflow."""

    dataflow: Annotated[DataflowForm, CLOSED]


def list_dataflows() -> tuple[Dataflow, ...]:
    """Every dataflow that ships; ``flat-r`` leaves the rows open, flat-r1, flat-r2, … give them."""
    return _shipped()


@cache
def _shipped() -> tuple[Dataflow, ...]:
    files = sorted(resource_folder("mappings").glob("*.yaml"), key=lambda file: file.stem)
    return tuple(_flow(load(file)["dataflow"]) for file in files)


@checked
def parse_dataflow(name: str | Path) -> Dataflow:
    """``base``, ``base-h``, ``flat-h``, ``flat-r64``, …, or the file of a dataflow: ``./mine.yaml``.

    Raises:
        FlatError: no dataflow has this name, or the file is not one.
    """
    if is_dataflow_file(name):
        return read_dataflow(Path(name))
    return named_dataflow(str(name), "a file that ends in .yaml")


def dataflow_beside(name: str, folder: Path) -> Dataflow:
    """As :func:`parse_dataflow`, with files beside the one that names them."""
    return parse_dataflow(folder / name if is_dataflow_file(name) else name)


def named_dataflow(name: str, *others: str) -> Dataflow:
    """A dataflow that ships; raises as :func:`parse_dataflow`, with what else would be right."""
    if found := _named(name.strip().lower()):
        return found
    names = [n.name + "[<rows>]" if n.granularity == "R" else n.name for n in list_dataflows()]
    raise FlatError("unknown dataflow", path="dataflow", value=name, expected=[*names, *others])


def is_dataflow_file(name: str | Path) -> bool:
    """Whether a dataflow is named by its file."""
    return isinstance(name, Path) or name.strip().lower().endswith(_FILES)


def _named(wanted: str) -> Dataflow | None:
    known = {dataflow.name: dataflow for dataflow in list_dataflows()}
    match = _ROWS.fullmatch(wanted)
    if match and match["family"] in known:
        return known[match["family"]].with_rows(int(match["rows"]))
    return known.get(wanted)


def read_dataflow(source: Source) -> Dataflow:
    """A dataflow of a user's own: a document whose key ``dataflow`` has the fields of :class:`DataflowForm`.

    Raises:
        FlatError: it is not of this form, contradicts itself, or has the name of one that ships.
    """
    document = load(source)
    with located(source):
        if "dataflow" not in document:
            raise missing("dataflow", document)
        if beside := [str(key) for key in document if key != "dataflow"]:
            raise FlatError("unknown key", value=beside[0], expected="dataflow alone")
        return dataflow_of(document["dataflow"])


def dataflow_of(content: Any, path: str = "dataflow") -> Dataflow:
    """The content of ``dataflow:`` as a dataflow; raises as :func:`read_dataflow`."""
    given = check(DataflowForm, content, path, closed=True)
    if not _NAME.fullmatch(given["name"]) or _named(given["name"].lower()):
        expected = "letters, digits, '-', '_', '.' and '+', and not the name of a dataflow that ships"
        raise FlatError("not a name", path=f"{path}.name", value=given["name"], expected=expected)
    _check_consistent(given, path)
    try:
        return _flow(given)
    except FlatError as error:
        place = f"{path}.{error.path}"
        raise FlatError(error.message, path=place, value=error.value, expected=error.expected) from None


def dataflow_document(flow: Dataflow) -> str | dict[str, Any]:
    """What :func:`dataflow_of` reads; of a dataflow that ships its name is enough. Staging is left out."""
    shipped = _named(flow.name)
    if shipped is not None and (shipped.fused, shipped.granularity) == (flow.fused, flow.granularity):
        return flow.name
    fields = {
        "name": flow.name,
        "fused": flow.fused,
        "granularity": flow.granularity,
        "rows": flow.rows if flow.granularity == "R" else None,
        "searched": flow.searched or None,
        "online": flow.online or None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _check_consistent(given: DataflowForm, path: str) -> None:
    """Every field has a meaning beside the others.

    Raises:
        FlatError: one has none.
    """
    fused, granularity, searched = given["fused"], given.get("granularity"), given.get("searched", False)
    wrong = {
        "online": (
            (given.get("online") and not (searched and fused), "online is searched", "searched and fused"),
        ),
        "granularity": (
            (
                granularity == "R" and not fused,
                "only fused dataflows share rows",
                "M, B or H, or fused: true",
            ),
            (fused and not granularity and not searched, "missing", "M, B, H or R"),
            (searched and not fused and bool(granularity), "an unfused search shares no loops", "none"),
            (given.get("online") and bool(granularity), "an online search chooses it", "none"),
        ),
        "rows": ((given.get("rows") and granularity != "R", "only granularity R has rows", "none"),),
        "stage": ((searched and given.get("stage"), "a search chooses what to stage", "none"),),
    }
    for name, conditions in wrong.items():
        for contradicts, message, expected in conditions:
            if contradicts:
                value = dict(given).get(name)
                raise FlatError(message, path=f"{path}.{name}", value=value, expected=expected)


def _flow(given: DataflowForm) -> Dataflow:
    flow = Dataflow(
        given["name"],
        given["fused"],
        given.get("granularity"),
        given.get("rows"),
        description=given.get("description", ""),
        searched=given.get("searched", False),
        online=given.get("online", False),
    )
    stage, factors = given.get("stage"), given.get("factors")
    flow = flow if stage is None else flow.staging(stage)
    return flow if factors is None else flow.with_factors(factors)
