"""Ctrl-C: who asked for a search gets the best so far, marked; what only uses one gets nothing."""

from pathlib import Path

import pytest

import flat_plugin as flat
from flat_plugin.api import search_each
from flat_plugin.mapspace import best, layer, optimum
from flat_plugin.mapspace.objective import Best, Front
from flat_plugin.mapspace.search.space import Space
from flat_plugin.report.terminal.search import search_table

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")
EXAMPLES = Path(__file__).parents[2] / "examples"
ODD = flat.parse_attention("B=1,H=1,M=37,N=37,D=16")


@pytest.fixture
def pressed(monkeypatch):
    """Ctrl-C as soon as the incumbent was improved that many times."""

    def press(times, kind=Best):
        keep, left = kind.keep, iter(range(times - 1, -1, -1))

        def keep_and_stop(self, rows, metrics, picks):
            keep(self, rows, metrics, picks)
            if rows and next(left, 1) == 0:
                raise KeyboardInterrupt

        monkeypatch.setattr(kind, "keep", keep_and_stop)

    return press


def test_the_best_so_far(pressed):
    whole = flat.search(LAYER, "edge", dataflow="base-opt")
    pressed(1)
    found = flat.search(LAYER, "edge", dataflow="base-opt")
    assert found.interrupted and not found.proven and whole.proven and not whole.interrupted
    assert found.value >= whole.value
    assert found.to_dict()["interrupted"] is True


@pytest.mark.parametrize("turn", range(1, 8))
def test_at_any_moment(turn, monkeypatch):
    """Between two improvements as well: what is found and what it costs change together."""
    made, pick = iter(range(1, 1000)), optimum.Pick

    def pick_or_stop(*values):
        if next(made) == turn:
            raise KeyboardInterrupt
        return pick(*values)

    monkeypatch.setattr(optimum, "Pick", pick_or_stop)
    found = flat.search(LAYER, "edge", dataflow="base-opt,flat-opt", factors="perfect")
    assert found.interrupted or turn > 1
    monkeypatch.setattr(optimum, "Pick", pick)
    whole = flat.search(LAYER, "edge", dataflow="base-opt,flat-opt", factors="perfect")
    assert whole.value <= found.value <= whole.value * (1 + found.gap) * (1 + 1e-9)


@pytest.fixture
def at_once(monkeypatch):
    """Ctrl-C before a search finds anything; what searches otherwise."""

    def press(*arguments, **options):
        raise KeyboardInterrupt

    searched = best._searched
    monkeypatch.setattr(best, "_searched", press)
    return searched


@pytest.mark.parametrize("family", ["base-opt", "flat-opt", "flash", "flat-h", "flat-r64"])
@pytest.mark.parametrize("objective", ["edp", "energy", "latency", "traffic"])
def test_before_anything_is_found_the_named_dataflow_is(family, objective, at_once):
    """It is a mapping of the family, so that the family's best is between it and the bound."""
    given = {"dataflow": family, "objective": objective, "factors": "perfect"}
    found = flat.search(LAYER, "edge", **given)
    assert found.interrupted and not found.proven and found.mapping.dataflow.name == family
    assert "interrupted before" in found.estimate.notes[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best, "_searched", at_once)
        whole = flat.search(LAYER, "edge", **given)
    assert whole.value <= found.value * (1 + 1e-9)
    assert found.value <= whole.value * (1 + found.gap) * (1 + 1e-9)
    assert "interrupted before the space was counted" in str(found)


@pytest.mark.parametrize("chip", ["npu4.yaml", "gpu132.yaml"])
def test_on_cores_and_several_memories_as_well(chip, at_once):
    found = flat.search(LAYER, EXAMPLES / chip)
    assert found.interrupted and found.gap > 0


@pytest.mark.parametrize("given", [{"factors": "perfect"}, {"mask": "causal"}])
def test_while_the_first_search_is_still_made(given, monkeypatch):
    def press(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(layer, "_started", press)
    found = flat.search(LAYER, "edge", dataflow="flat-opt", **given)
    assert found.interrupted and "interrupted before" in found.estimate.notes[0]


def test_what_fits_nowhere_is_no_answer(at_once):
    long = flat.parse_attention("B=1,H=1,M=65536,N=65536,D=64")
    with pytest.raises(KeyboardInterrupt):
        flat.search(long, "edge", dataflow="flat-h")


def test_the_points_so_far(pressed):
    pressed(1, Front)
    found = flat.pareto(LAYER, "edge", dataflow="base-opt")
    assert found.points and not found.proven


def test_families_that_were_not_begun(pressed):
    pressed(1)
    found = search_each(LAYER, "edge", ["base-opt", "flat-opt", "flash"])
    assert set(found.results) == {"base-opt"} and not found.refused
    assert found.unreached == ("flat-opt", "flash")
    assert found.interrupted and found.best.interrupted
    assert [row.get("fits") for row in found.to_dict()["families"][1:]] == [None, None]
    printed = " ".join(str(found).split())
    assert "flash not reached" in printed and "✗" not in printed
    assert "least edp; flat-opt not reached; flash not reached." in printed


def test_an_interrupted_search_says_how_far_the_optimum_may_be(monkeypatch):
    """Of tiles that were not bounded yet no more is known than what physics allows."""
    whole = flat.search(ODD, "edge", dataflow="flat-opt", factors="imperfect")
    run = Space.run
    monkeypatch.setattr(Space, "run", lambda space, bar: _interrupted(run, space, bar))
    found = flat.search(ODD, "edge", dataflow="flat-opt", factors="imperfect")
    assert found.interrupted and not found.proven
    assert found.value <= whole.value * (1 + found.gap) * (1 + 1e-9)


def test_something_is_known_of_every_way_to_lie_on_the_cores_before_any_is_looked_at(pressed):
    """So that the optimum is not said to be as far as if no chip were in between."""
    layer = flat.parse_attention("B=1,H=4,M=67,N=67,D=16")
    pressed(2)  # the first is that of the named dataflow
    found = flat.search(layer, EXAMPLES / "npu4.yaml", dataflow="base-opt")
    assert found.interrupted and found.gap < 1


@pytest.mark.parametrize("factors", ["perfect", "imperfect"])
def test_an_interrupted_search_claims_no_more_than_it_knows(factors, pressed):
    pressed(2)
    found = flat.search(ODD, "edge", dataflow="flat-opt", factors=factors)
    assert found.interrupted
    assert found.space.reasons == (
        "the search was interrupted; what it had not looked at by then may be better",
    )


def _interrupted(run, space, bar):
    run(space, bar)
    if not bar.incumbent.empty:
        raise KeyboardInterrupt


def test_the_terminal_says_so(pressed, capsys):
    from rich.console import Console

    pressed(2)
    console = Console(width=200, file=None)
    with console.capture() as captured:
        found = search_each(LAYER, "edge", ["base-opt"], factors="perfect")
        console.print(search_table(found, proof=True))
    assert "Interrupted, not proven: base-opt the best so far, " in captured.get()
    assert "no proof that the others are not better" in captured.get()
    assert "cannot be better" not in captured.get()


def test_imperfect_factors_are_proven():
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as captured:
        console.print(search_table(search_each(ODD, "edge", ["base-opt"], factors="imperfect"), proof=True))
    assert "interrupted" not in captured.get() and "cannot be better" in captured.get()


def test_a_line_says_what_the_best_is_the_best_of():
    found = search_each(LAYER, "edge", ["base-opt"])
    (result,) = found.results.values()
    assert f"base-opt: the best of {result.space.size:.3e} mappings, imperfect factors; " in str(found)
    assert "cannot be better" not in str(found)


def test_a_line_does_not_claim_what_is_not_proven(pressed):
    pressed(2)  # the first is that of the named dataflow
    found = search_each(LAYER, "edge", ["base-opt"], factors="perfect")
    assert "base-opt: the best found, not proven, of" in str(found)


def test_an_estimate_does_not_take_a_part_for_the_whole(pressed):
    pressed(1)
    with pytest.raises(KeyboardInterrupt):
        flat.estimate(LAYER, "edge", "flat-opt")


def test_a_batch_stores_no_part_of_a_search(pressed, tmp_path):
    sweep = {"models": [{"attention": "B=1,H=2,M=64,N=64,D=16"}], "architectures": ["edge"]}
    sweep["dataflows"] = ["base", "flat-opt"]
    pressed(1)
    with pytest.raises(KeyboardInterrupt):
        flat.run(sweep, tmp_path / "batch", jobs=1)
    done = list((tmp_path / "batch").rglob("result.json"))
    assert len(done) == 1 and '"base"' in done[0].read_text()
