"""A model that serves the requests of a file."""

from __future__ import annotations

from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import read_config
from flat_plugin.workload.model import Model
from flat_plugin.workload.requests import Mix, mix_of
from flat_plugin.workload.zoo import find_model


@checked
def read_mix(source: Source, model: Model | str | None = None) -> Model:
    """One step of serving (:meth:`Model.serving`) as a file describes it (:func:`mix_of`).

    Args:
        model: the model that serves the requests, where the file names none.

    Raises:
        FlatError: the file is not of its form; no model is named, or two are; or the model is not a decoder.
    """
    mix = mix_of(source)
    named = mix.config or mix.model
    if model is not None and named is not None:
        raise FlatError("the mix names its own model", path="model", value=_name(model), expected=str(named))
    found = find_model(model) if isinstance(model, str) else model or _own(mix)
    return found.serving(*mix.requests)


def _own(mix: Mix) -> Model:
    if mix.config is not None:
        return read_config(mix.config, mix.part)
    if mix.model is None:
        raise FlatError("no model serves these requests", path="mix.model", expected="a model, or a config")
    return find_model(mix.model)


def _name(model: Model | str) -> str:
    return model if isinstance(model, str) else model.name
