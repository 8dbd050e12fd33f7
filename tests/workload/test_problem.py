"""Problem files as Timeloop reads them."""

import copy

import pytest
from small_documents import gemm

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.problem import read_problem

GEMM = gemm(8, 4, 2)
PLAIN = Einsum(
    "gemm",
    (("M", 8), ("N", 4), ("K", 2)),
    (Tensor("A", ("M", "K")), Tensor("W", ("K", "N")), Tensor("Z", ("M", "N"), output=True)),
)


def changed(change):
    document = copy.deepcopy(GEMM)
    change(document["problem"])
    return document


def convolution(**instance):
    """A layer in the form of the public layer shapes."""
    coefficients = [{"name": name, "default": 1} for name in ("Wstride", "Wdilation")]
    spaces = [
        {"name": "Weights", "projection": [[["C"]], [["M"]], [["R"]]]},
        {"name": "Inputs", "projection": [[["N"]], [["C"]], [["R", "Wdilation"], ["P", "Wstride"]]]},
        {"name": "Outputs", "projection": [[["N"]], [["M"]], [["P"]]], "read_write": True},
    ]
    shape = {"dimensions": list("NCMRP"), "coefficients": coefficients, "data_spaces": spaces}
    return {"shape": shape, "instance": {"N": 1, "C": 3, "M": 4, "R": 1, "P": 8, **instance}}


@pytest.mark.parametrize(
    "spelling",
    [
        lambda p: None,
        lambda p: p.pop("version"),
        lambda p: p.update(version="0.3"),
        lambda p: p["shape"]["data_spaces"][0].update(projection=["M", "K"]),
        lambda p: p["shape"].update({"data-spaces": p["shape"].pop("data_spaces")}),
        lambda p: p["shape"]["data_spaces"][2].update(
            {"read-write": p["shape"]["data_spaces"][2].pop("read_write")}
        ),
        lambda p: p["shape"]["data_spaces"][2].update(read_write="yes"),
        lambda p: p["shape"]["data_spaces"][0].update(read_write="no"),
        lambda p: p["shape"]["data_spaces"][0].update(ranks=["r0", "r1"]),
        lambda p: p["shape"].update(coefficients=[]),
        lambda p: p.update(p.pop("instance")),
        lambda p: p["instance"].update(densities={}),
        lambda p: p["instance"].update(densities={"A": 1.0, "Z": 1}),
        lambda p: p["instance"].update(densities={"A": {"distribution": "fixed-structured", "density": 1}}),
        lambda p: p["instance"].update(commonDensity=1.0),
    ],
)
def test_spellings_of_one_gemm(spelling):
    read = read_problem(changed(spelling))
    assert read == PLAIN
    assert read.plain
    assert not read.notes


def test_a_convolution_of_one_pixel_is_a_gemm():
    einsum = read_problem(convolution())
    assert einsum.plain
    assert [tensor.dimensions for tensor in einsum.tensors] == [
        ("C", "M", "R"),
        ("N", "C", "P"),
        ("N", "M", "P"),
    ]


def test_windows_strides_and_dilations():
    inputs = read_problem(convolution(R=3, Wstride=2)).tensors[1]
    assert inputs.windows == ((("N", 1),), (("C", 1),), (("R", 1), ("P", 2)))
    einsum = read_problem(convolution(R=3, Wstride=2, Wdilation=5))
    assert einsum.words("Inputs") == 3 * (2 * 7 + 5 * 2 + 1)


def test_windows_too_wide_to_count_are_refused():
    with pytest.raises(FlatError, match="too many words from the first to the last of Inputs"):
        read_problem(convolution(P=1 << 30, R=3, Wstride=1 << 30))


def test_a_stride_alone_is_a_window():
    assert read_problem(convolution(R=1, Wstride=2)).tensors[1].windows == (
        (("N", 1),),
        (("C", 1),),
        (("P", 2),),
    )


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda p: p["instance"].update(H=224), "problem.instance.H changes nothing"),
        (lambda p: p.update(comment="x"), "problem.comment changes nothing"),
        (lambda p: p["shape"].update(author="x"), "problem.shape.author changes nothing"),
        (lambda p: p["shape"]["data_spaces"][1].update(note="x"), r"data_spaces\[1\].note changes nothing"),
    ],
)
def test_what_timeloop_passes_over_is_said(change, note):
    read = read_problem(changed(change))
    assert read == PLAIN
    with pytest.raises(AssertionError, match=note):
        assert not read.notes, read.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.update(version=0.5), "problem.version: unsupported version"),
        (lambda p: p.pop("shape"), "problem: there is no shape"),
        (lambda p: p.update(shape="cnn_layer"), "problem: shape is missing"),
        (lambda p: p["instance"].pop("K"), "problem.instance.K: .*got 'nothing'"),
        (lambda p: p["instance"].update(K=0), "problem.instance.K"),
        (lambda p: p["instance"].update(K=2.5), "problem.instance.K"),
        (lambda p: p["instance"].update(K=True), "problem.instance.K"),
        (lambda p: p["instance"].update(densities={"A": 0.5}), "densities.A: sparse"),
        (lambda p: p["instance"].update(densities={"B": 1}), "densities: unknown data space"),
        (lambda p: p["instance"].update(densities=[1]), "not a mapping"),
        (lambda p: p["instance"].update(commonDensity=0.5), "commonDensity: sparse"),
        (lambda p: p["instance"].update(densities={"A": {"distribution": "banded", "density": 1}}), "sparse"),
        (lambda p: p["shape"].update(dimensions=["M", "N", "Kay"]), r"dimensions\[2\].*one letter"),
        (lambda p: p["shape"].update(dimensions=["M", "N", "N"]), r"dimensions\[2\].*twice"),
        (lambda p: p["shape"].update(flatten=[]), "flattened"),
        (lambda p: p["shape"].update(name=[1]), "a name must be one word"),
        (lambda p: p["shape"].update(coefficients=[{"name": "s"}]), "a name and a default"),
        (lambda p: p["shape"].update(coefficients=[{"name": "s", "default": 1.5}]), "whole number"),
        (lambda p: p["shape"].update(coefficients=[{"name": "s", "default": 1 << 31}]), "of 32 bits"),
        (lambda p: p["shape"].update(coefficients=2), "not a list"),
        (lambda p: p["shape"].update({"data-spaces": []}), "two spellings"),
        (lambda p: p["shape"]["data_spaces"].append(p["shape"]["data_spaces"][0]), "the same name"),
        (lambda p: p["shape"]["data_spaces"][2].pop("read_write"), "exactly one output"),
        (lambda p: p["shape"]["data_spaces"][0].update(read_write=True), "exactly one output"),
        (lambda p: p["shape"]["data_spaces"][0].update(read_write=1), "neither true nor false"),
        (lambda p: p["shape"]["data_spaces"][0].update(read_write="nO"), "neither true nor false"),
        (lambda p: p["shape"]["data_spaces"][0].update(ranks=["r"]), "one name for each rank"),
        (lambda p: p["shape"]["data_spaces"][0].update(projection=[["M"], ["K"]]), r"projection\[0\]\[0\]"),
        (lambda p: p["shape"]["data_spaces"][0].update(projection=["M", [["K"]]]), r"projection\[0\]"),
        (lambda p: p["shape"]["data_spaces"][0].update(projection=[]), "projection is missing"),
        (lambda p: p["shape"]["data_spaces"][0].update(projection=[[["X"]]]), "unknown dimension"),
        (lambda p: p["shape"]["data_spaces"][0].update(projection=[[["M", "s"]]]), "unknown coefficient"),
        (lambda p: p["shape"]["data_spaces"][0].update(projection=[[["M", 2]]]), "unknown coefficient"),
    ],
)
def test_refusals_name_the_place(change, message):
    with pytest.raises(FlatError, match=message):
        read_problem(changed(change))
