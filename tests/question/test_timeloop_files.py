"""Timeloop's files of a question: a folder an operator, and of each kind of iteration under a mask."""

from pathlib import Path

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.question.answer import mapped
from flat_plugin.question.from_user import questions
from flat_plugin.question.timeloop_files import FilesOf
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of
from flat_plugin.workload.sized_workload import Sized

PLATFORM = flat.platform("edge")


def files(mask="full", platform=PLATFORM, dataflow="flat-r16"):
    sized = Sized(Attention(1, 2, 64, 64, 16, mask=mask_of(mask)))
    (question,) = questions(sized, platform, parse_dataflow(dataflow), Setting(), level="attention")
    return FilesOf(question, mapped(question, question.attention), None, None)


def test_a_folder_for_each_operator():
    written = files().written()
    assert list(written.operators) == [Path("logit"), Path("attend")]
    assert list(written.beside) == ["fused_mapping.yaml"]
    assert written.notes == ()
    problem = yaml.safe_load(written.operators[Path("logit")]["problem.yaml"])
    assert problem["problem"]["instance"]["N"] == 64


def test_a_folder_for_each_kind_of_iteration_under_a_mask():
    written = files("causal").written()
    kinds = ["16x16", "16x32", "16x48", "16x64"]
    assert list(written.operators) == [Path(name) / kind for kind in kinds for name in ("logit", "attend")]
    entries = yaml.safe_load(written.beside["iterations.yaml"])["iterations"]
    assert [(entry["folder"], entry["rows"], entry["keys"]) for entry in entries] == [
        (kind, 16, int(kind[3:])) for kind in kinds
    ]
    assert sum(entry["times"] for entry in entries) == 4
    assert any(note.startswith("flat-r16: Timeloop evaluates dense problems") for note in written.notes)


def test_what_timeloop_does_not_know_of_selected_keys_is_said():
    notes = files("topk=16").written().notes
    assert any("Timeloop knows no selected keys" in note for note in notes)


def test_tables_are_written_where_energies_are_known():
    with_tables = files().written().operators[Path("logit")]
    unknown = flat.platform("edge", ert=EnergyTable(unknown="nobody was asked"))
    without = files(platform=unknown).written().operators[Path("logit")]
    tables = set(with_tables) - set(without)
    assert tables and all("ERT" in name or "ART" in name for name in tables)


@pytest.mark.parametrize(("dataflow", "shared"), [("flat-r16", True), ("base", False)])
def test_shared_loops_are_those_of_fused_dataflows(dataflow, shared):
    found = files(dataflow=dataflow)
    assert bool(found._shared) == shared
    assert found.name == dataflow
    assert found.need().fits
