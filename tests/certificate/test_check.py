"""A certificate that is true holds, and one that is changed anywhere does not."""

import ast
import copy
import inspect
import json

import pytest

import flat_plugin as flat
from flat_plugin import Attention, FlatError
from flat_plugin.certificate import check as checker
from flat_plugin.certificate.check import check_certificate, check_cover
from flat_plugin.certificate.document import digest_of
from flat_plugin.certificate.space import Space
from flat_plugin.mapping.named import named_dataflow
from flat_plugin.workload import Mask

SHORT = Attention(1, 12, 512, 512, 64)


@pytest.fixture(scope="module")
def written():
    return json.loads(json.dumps(flat.search(SHORT, "edge", factors="perfect").certificate()))


@pytest.fixture
def content(written):
    return copy.deepcopy(written)["certificate"]


def verdict(content, *question):
    return flat.check({"certificate": content}, *question)


def forged(content, *question):
    """With a digest that fits."""
    return verdict({**content, "digest": digest_of(content)}, *question)


def places(value, path=()):
    """The path of every scalar."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = [place for key, entry in entries for place in places(entry, (*path, key))]
    return found or [path]


def changed(content, path):
    """A copy with one scalar, or an empty list, changed to another of its kind."""
    found = copy.deepcopy(content)
    place = found
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    if isinstance(old, str):
        place[path[-1]] = old.replace("1", "2") if "1" in old else old + "1"
    elif old == {}:
        place[path[-1]] = {"M": {"least": 1, "most": 1}}
    elif old is None:
        place[path[-1]] = 1.5
    else:
        place[path[-1]] = (
            [1] if isinstance(old, list) else old + 1 if isinstance(old, int) else old * 1.5 + 0.5
        )
    return found


def refuses(check):
    try:
        return not check().holds
    except FlatError:
        return True


def test_a_true_one_holds(written):
    found = flat.check(written, SHORT, "edge", tolerance=0.01)
    assert found.holds and found.reason is None and found.gap < 0.005
    assert found.families == ["base-opt", "flat-opt"]
    assert found.value == flat.search(SHORT, "edge", factors="perfect").value


def test_nothing_can_be_changed(content):
    kept = [path for path in places(content) if not refuses(lambda p=path: verdict(changed(content, p)))]
    assert kept == []


@pytest.mark.parametrize("key", ["version", "objective", "factors", "mapping", "value", "parts"])
def test_no_other_claim_holds_even_with_its_own_digest(content, key):
    paths = places(content[key], (key,))
    held = [path for path in paths if not refuses(lambda p=path: forged(changed(content, p)))]
    assert held == []


@pytest.mark.parametrize("key", ["attention", "chip", "softmax"])
def test_a_certificate_of_another_question_is_not_one_of_this(content, key):
    for path in places(content[key], (key,)):
        other = changed(content, path)
        if key == "softmax":
            other["softmax"] = "free"
        assert refuses(lambda o=other: forged(o, SHORT, "edge")), path


@pytest.mark.parametrize("action", ["read", "update"])
def test_other_energies_are_another_value(content, action):
    content["chip"]["memories"][0]["energy"][action] *= 0.5
    assert "the mapping's edp is" in forged(content).reason


def test_a_smaller_buffer_does_not_hold_the_mapping(content):
    content["chip"]["memories"][1]["capacity"] /= 64
    assert "exceeds buffer capacity 4096" in forged(content).reason


def test_a_gap_that_is_not_proven_is_refused(content):
    content["gap"] = 0.0
    reason = forged(content).reason
    assert "flat-opt" in reason and "is not ruled out: its bound is" in reason


def test_a_worse_mapping_is_not_the_best(content):
    worse = flat.search(SHORT, "edge", dataflow="flat-r32", factors="perfect")
    content |= {"mapping": worse.certificate()["certificate"]["mapping"], "value": worse.value}
    assert "it is one of flat-r32" in forged(content).reason
    content["families"].append("flat-r32")
    content["parts"].append({"dataflow": "flat-r32", "rows": {"M": {"least": 32, "most": 32}}})
    assert "is not ruled out" in forged(content).reason


@pytest.mark.parametrize("number", range(5))
def test_a_part_cannot_be_hidden_or_said_twice(content, number):
    one = content["parts"].pop(number)
    assert "missing" in forged(content).reason or "no part of" in forged(content).reason
    content["parts"] += [one, one]
    assert "overlap" in forged(content).reason


def test_parts_of_nothing_are_refused(content):
    content["parts"].append({"dataflow": "flash", "rows": {"M": {"least": 1, "most": 512}}})
    assert "parts of flash, about which the claim says nothing" in forged(content).reason


def test_a_family_cannot_be_said_twice(content):
    content["families"].append("flat-opt")
    assert "no part of flat-opt" in forged(content).reason


def test_boxes_cover_a_space_once():
    attention = Attention(1, 8, 64, 64, 16, kv_heads=2)
    space = Space(
        attention, flat.platform("edge"), "serial", named_dataflow("flat-opt").with_factors("perfect")
    )
    quarters = [{"M": m, "G": g} for m in ((1, 8), (9, 64)) for g in ((1, 2), (3, 4))]
    check_cover(space, quarters)
    for wrong, said in (
        (quarters[1:], "missing"),
        ([*quarters, quarters[0]], "overlap"),
        ([{"M": (1, 64), "G": (1, 5)}], "1 to 5 rows of G"),
        ([{"M": (1, 64)}], "says rows of M"),
        ([{"M": (64, 1), "G": (1, 4)}], "64 to 1 rows of M"),
        ([], "no part"),
    ):
        with pytest.raises(checker._Wrong, match=said):
            check_cover(space, wrong)


def test_the_largest_gap_that_will_do(written):
    assert not flat.check(written, tolerance=0.0).holds
    assert "0.001 is asked for" in flat.check(written, tolerance=0.001).reason
    with pytest.raises(FlatError, match="not a part of the whole"):
        flat.check(written, tolerance=2.0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"workload": "bert-base", "seq": 1024}, "another layer"),
        ({"workload": Attention(2, 12, 512, 512, 64)}, "another layer"),
        ({"workload": Attention(1, 12, 512, 512, 64, mask=Mask(causal=True))}, "has a causal mask"),
        ({"workload": Attention(1, 12, 512, 512, 64, widths={"K": 8})}, "has widths of words of its own"),
        ({"workload": Attention(1, 12, 512, 512, 64, joint=True)}, "has K and V in one tensor"),
        ({"workload": "gpt2", "seq": 512}, "has a causal mask"),
        ({"architecture": "cloud"}, "another chip than cloud: its memories, compute, softmax differ"),
        ({"architecture": "edge", "set": {"buffer_kb": 1024}}, "its memories, softmax differ"),
    ],
)
def test_what_was_not_asked_is_not_answered(written, asked, said):
    assert said in flat.check(written, **asked).reason


def test_a_model_is_asked_for_with_a_full_mask(written):
    assert flat.check(written, "gpt2", seq=512, mask="full").holds


@pytest.mark.parametrize(
    "change", [{"gated": 5.0}, {"leak": None}, {"read": -1.0}], ids=["more", "not known", "negative"]
)
def test_energies_are_of_the_four_actions(written, change):
    changed = copy.deepcopy(written)
    changed["certificate"]["chip"]["memories"][0]["energy"] |= change
    with pytest.raises(FlatError, match="memories"):
        flat.check(changed)


@pytest.mark.parametrize(
    "asked", [{"seq": 512}, {"mask": "full"}, {"batch": 2}, {"set": {"buffer_kb": 1024}}]
)
def test_what_says_nothing_is_refused(written, asked):
    with pytest.raises(FlatError, match="says nothing without"):
        flat.check(written, **asked)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"objective": "area"}, "certificate.objective"),
        ({"version": 2}, "certificate.version"),
        ({"gap": -0.1}, "certificate.gap"),
        ({"parts": []}, "certificate.parts"),
        ({"families": ["flat-q"]}, "unknown dataflow"),
        ({"families": ["base-h"]}, "leaves nothing open"),
        ({"best": 1}, "unknown key"),
        ({"parts": [{"dataflow": "flat-opt", "rows": {"M": {"least": 1}}}]}, "M.most: missing"),
        (
            {"parts": [{"dataflow": "flat-opt", "rows": {"M": {"least": 1, "most": 1}}}] * 1001},
            "too many parts",
        ),
    ],
)
def test_what_is_no_certificate_is_refused(content, change, said):
    with pytest.raises(FlatError, match=said):
        verdict(content | change)


def test_a_chip_without_bounds_is_refused(content):
    chip = content["chip"]
    chip["memories"][1]["mesh_x"] = 2
    with pytest.raises(FlatError, match="one memory that all compute units share"):
        verdict(content)
    del chip["memories"][1:]
    chip["softmax"] = None
    with pytest.raises(FlatError, match="certificates are of chips"):
        verdict(content | {"softmax": "free"})


def test_energies_must_be_known_for_what_needs_them(content):
    content["chip"]["compute"]["energy"] = None
    with pytest.raises(FlatError, match="the objective edp needs energies"):
        verdict(content)


def test_the_checker_is_small_and_asks_no_search():
    """It and all that it is made of: nothing of the map spaces' search, nor of the bounds that this has."""
    source = inspect.getsource(checker)
    assert source.count("\n") <= 300
    seen, left = set(), ["flat_plugin.certificate.check"]
    while left:
        name = left.pop()
        if name in seen or not name.startswith("flat_plugin"):
            continue
        seen.add(name)
        left += imports_of(name)
    assert not [name for name in seen if name.startswith("flat_plugin.mapspace")]
    assert "flat_plugin.model.layer" in seen


def imports_of(name):
    import importlib

    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:  # a name of a module
        return []
    found = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return found


def test_check_certificate_takes_a_file(written, tmp_path):
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(written))
    assert check_certificate(file).holds and flat.check(str(file)).holds
    file.write_text(json.dumps({"mapping": 1}))
    with pytest.raises(FlatError, match="proof.json"):
        flat.check(file)
