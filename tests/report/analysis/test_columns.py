"""A row of a run: its inputs and figures, each in the unit that its name says."""

import pytest

import flat_plugin as flat
from flat_plugin.report.analysis import exported_tables
from flat_plugin.report.analysis.columns import COLUMNS
from flat_plugin.report.write import table_rows


def close(value):
    return pytest.approx(value, rel=1e-12)


@pytest.fixture(scope="module")
def rows(results):
    return table_rows(results)


def test_units_convert(results, rows):
    for row, run in zip(rows, results.runs, strict=True):
        assert row["energy_j"] == close(row["energy_pj"] / 1e12)
        assert row["latency_s"] == close(row["cycles"] * run.architecture["cycle_seconds"])
        assert row["power_w"] * row["latency_s"] == close(row["energy_j"])
        assert row["edp_js"] == close(row["energy_j"] * row["latency_s"])
        assert row["dram_bytes"] == close(row["dram_words"] * 2)
        assert row["energy_per_token_pj"] * row["seq_tokens"] == close(row["energy_pj"])
        assert row["energy_per_sequence_j"] == close(row["energy_j"])
        assert row["area_mm2"] == close(sum(run.document["area_um2"].values()) / 1e6)


def test_presets_are_as_the_paper_has_them(rows):
    edge = next(row for row in rows if row["architecture"] == "edge" and not row["overrides"])
    assert edge["buffer_kib"] == 512
    assert edge["dram_gb_per_s"] == close(50 * 2**30 / 1e9) or abs(edge["dram_gb_per_s"] - 53.687) < 1e-3
    assert edge["pes"] == 1024


def test_every_column_with_a_unit_has_it_in_its_name():
    endings = {
        "s": "_s", "J": "_j", "pJ": "_pj", "W": "_w", "J·s": "_js", "words": "_words", "bytes": "_bytes",
        "cycles": "cycles", "KiB": "_kib", "mm²": "_mm2", "GB/s": "_gb_per_s", "tokens": "_tokens",
        "words/cycle": "_words_per_cycle", "sequences": "_sequences", "s/token": "_per_token_s",
        "pJ/token": "_per_token_pj", "s/sequence": "_per_sequence_s", "J/sequence": "_per_sequence_j",
    }  # fmt: skip
    for column in COLUMNS:
        assert column.name.endswith(endings.get(column.unit, "")), column.name


def test_figures_per_token_are_of_the_new_tokens(tmp_path):
    step = {"name": "gpt2", "queries": 2}
    sweep = {"models": [step], "batch": [3], "architectures": ["edge"], "dataflows": ["base"]}
    flat.run({"sweep": sweep}, tmp_path, jobs=1)
    (row,) = exported_tables.runs(flat.read_results(tmp_path))
    assert (row["model"], row["seq_tokens"], row["query_tokens"]) == ("gpt2-decode2", 1024, 2)
    assert row["latency_per_token_s"] == row["latency_s"] / (2 * 3)
    assert row["layers"] == 12
