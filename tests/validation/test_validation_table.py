"""The table of comparisons, and single published figures that need no published file."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.paper.authors import AuthorsCase, AuthorsRow, evaluate_authors
from flat_plugin.paper.comparison import Comparison, summarize
from flat_plugin.paper.h100.comparisons import FILE as H100
from flat_plugin.paper.validation import EXPERIMENTS, validate


def test_ratio_error_and_summary():
    rows = [
        Comparison("x", str(n), "cycles", "cycles", ours, 10.0) for n, ours in enumerate((9.0, 10.0, 12.0))
    ]
    assert [row.ratio for row in rows] == [0.9, 1.0, 1.2]
    (summary,) = summarize(rows)
    assert (summary.cases, summary.mean_error, summary.max_error) == (
        3,
        pytest.approx(0.1),
        pytest.approx(0.2),
    )


def test_nothing_against_nothing_is_equal():
    assert Comparison("x", "y", "z", "words", 0, 0).ratio == 1
    assert Comparison("x", "y", "z", "words", 1, 0).error == float("inf")


def test_missing_data_is_said(tmp_path):
    for name in EXPERIMENTS:
        with pytest.raises(FlatError, match="the published data is missing"):
            validate(tmp_path, name)


def test_a_file_without_its_columns_is_refused(tmp_path):
    (tmp_path / "fused_attention_rtl.csv").write_text("M,L\n256,256\n")
    with pytest.raises(FlatError, match="a column is missing"):
        validate(tmp_path, "rtl")


def test_all_experiments(published):
    files = {file for tables in EXPERIMENTS.values() for table in tables for file in table.files}
    found = validate(published(*files - {H100}))
    assert {row.experiment.split()[0].rstrip(",") for row in found.rows} == {"timeloop", *EXPERIMENTS}
    assert all(row.ours == row.theirs for row in found.rows if row.exact) and not found.absent
    assert set(found.rows[0].to_dict()) >= {"ours", "theirs", "ratio"}


def test_bert_512_on_cloud():
    """FuseMax's copy of the FLAT model: 352,485,376 B and 0.00105107 s (softmax free)."""
    row: AuthorsRow = {
        **{"platform": "cloud", "models": "BERT", "seq_len": "512"},
        **{"B": 64, "H": 12, "E": 64, "F": 64, "M": 512, "P": 512, "P1": 256},
        **{
            "Q_loc": "offchip",
            "K_loc": "offchip",
            "QK_loc": "onchip",
            "V_loc": "offchip",
            "AV_loc": "offchip",
        },
        **{"QK_stationarity": "output", "AV_stationarity": "output", "fusion_granularity": "head"},
    }
    result = evaluate_authors(AuthorsCase.of(row))
    assert result.traffic_bytes == 352_485_376 - 2 * 81_920
    assert result.seconds == pytest.approx(0.00105107, rel=0.01)
    assert result.energy_pj == 32 * result.traffic_bytes
