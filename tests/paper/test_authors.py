"""Against the FLAT authors' own cost model (published with FuseMax), under the same assumptions."""

from math import prod

import pytest

from flat_plugin import estimate
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.paper.authors import (
    FILE,
    AuthorsCase,
    AuthorsRow,
    authors_cases,
    authors_comparisons,
    authors_mapping,
    dram_only_energies,
    evaluate_authors,
)
from flat_plugin.paper.comparison import summarize

# DRAM words by platform and stationarity that every published row has beyond its loops' own, whatever
# its length, batch and heads: differences of published and counted traffic.
FIXED_WORDS = {
    ("cloud", "output"): 81_920,
    ("cloud", "weight"): 491_520,
    ("edge", "output"): 102_400,
    ("edge", "weight"): 23_552,
}


@pytest.fixture(scope="module")
def cases(published):
    return [(case, row, evaluate_authors(case)) for case, row in authors_cases(published(FILE))]


def held(cases):
    return [entry for entry in cases if entry[1]["proportion_spilled"] == 0]


def spilled(cases):
    return [entry for entry in cases if entry[1]["proportion_spilled"] > 0]


def test_ideal_latency_is_the_array_alone(cases):
    for case, row, _ in cases:
        macs = sum(einsum.operations for einsum in case.attention.einsums())
        ideal = macs / find_architecture(case.platform).compute.instances / 940e6
        theirs = row["ideal_latency"]
        assert ideal == pytest.approx(theirs, rel=1e-9), case


def test_traffic_within_a_thousandth_where_nothing_spills(cases):
    rows = held(cases)
    assert len(rows) == 32
    for case, row, result in rows:
        assert result.traffic_bytes == pytest.approx(row["mem_traffic"], rel=0.001), case


def test_latency_within_a_hundredth_where_nothing_spills(cases):
    for case, row, result in held(cases):
        assert result.seconds == pytest.approx(row["actual_latency"], rel=0.01), case


def test_energy_is_32_pj_a_byte(cases):
    for case, row, result in cases:
        assert row["energy"] == pytest.approx(32 * row["mem_traffic"], rel=1e-9)
        assert result.energy_pj == pytest.approx(32 * result.traffic_bytes, rel=1e-9), case


def test_what_remains_is_a_fixed_number_of_words(cases):
    """The same for every length and number of heads: our counts are the published ones but for a
    prologue of the authors'."""
    for case, row, result in held(cases):
        words = (row["mem_traffic"] - result.traffic_bytes) / 2
        assert words == pytest.approx(FIXED_WORDS[case.platform, case.logit_stationary], rel=1e-6), case


def test_what_remains_of_the_latency_is_6_cycles_an_iteration(cases):
    """Where the array bounds it, theirs is its busy time, their fixed words' transfer and 6 cycles for
    each iteration of the shared loops."""
    rows = [entry for entry in held(cases) if entry[2].latency.bound == "MAC"]
    assert len(rows) == 10
    for case, row, result in rows:
        machine = find_architecture(case.platform)
        busy = sum(work.busy["MAC"] for work in result.works)
        fixed = FIXED_WORDS[case.platform, case.logit_stationary] / machine.memories[0].shared_bandwidth
        iterations = prod(trips for _, trips in case.shared)
        expected = (busy + fixed + 6 * iterations) / 940e6
        assert row["actual_latency"] == pytest.approx(expected, rel=1e-7), case


def test_where_nothing_spills_here_nothing_spills_there(cases):
    for case, _, result in held(cases):
        assert result.requirement.fits, case


def test_spilled_rows_differ_by_what_a_spilled_score_costs(cases):
    """Ours go out and come back, two words. Divide what the published rows have beyond the loops'
    own traffic by the published share of the scores: 2.25 words on cloud, 12 on edge."""
    rows = [entry for entry in spilled(cases) if "S" in entry[0].on_chip]
    assert len(rows) == 14
    for case, row, result in rows:
        own = sum(t.dram for w in result.works if w.name != "overflow" for t in w.traffic.values())
        scores = case.attention.softmax_elements
        theirs = (row["mem_traffic"] / 2 - own) / (row["proportion_spilled"] * scores)
        assert theirs == pytest.approx(2.25 if case.platform == "cloud" else 12, rel=0.01), case
        ours = sum(t.dram for w in result.works if w.name == "overflow" for t in w.traffic.values())
        assert ours == pytest.approx(2 * result.share_spilled * scores)


def test_table_of_spilled_rows(published):
    rows = [row for row in authors_comparisons(published(FILE)) if row.experiment == "authors, spilled"]
    for row in rows:
        print(f"{row.case:28} {row.metric:13} {row.ours:.5g} {row.theirs:.5g} {row.ratio:.4f} {row.note}")
    worst = {summary.metric: summary for summary in summarize(rows)}
    assert worst["latency"].max_error < 0.08  # 128K on cloud, where half the scores spill
    assert worst["latency"].mean_error < 0.01
    assert worst["DRAM traffic"].max_error < 0.43  # edge, 2K: 12 words a spilled score against 2


def test_the_public_estimate_gives_the_same(cases):
    """Where the scores stay on chip, ``estimate`` takes the mapping and these assumptions as they are."""
    fused = [entry for entry in cases if "S" in entry[0].on_chip]
    assert len(fused) == 22
    for case, _, result in fused:
        machine = find_architecture(case.platform)
        answer = estimate(
            case.attention,
            machine,
            mapping=authors_mapping(case, machine),
            softmax="free",
            overflow="spill",
            ert=dram_only_energies(machine),
        )
        assert answer.dram_words * 2 == pytest.approx(result.traffic_bytes, rel=1e-12), case
        assert answer.energy_pj == pytest.approx(result.energy_pj, rel=1e-12), case
        assert answer.seconds == pytest.approx(result.seconds, rel=1e-3), case


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
