"""What a step of serving does: requests that decode, and chunks of prompts, in one batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict

from flat_plugin.errors import FlatError
from flat_plugin.form_markers import CLOSED, Says
from flat_plugin.schema import Range, check
from flat_plugin.wording import counted
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.size_checks import LARGEST, check_size

if TYPE_CHECKING:
    from flat_plugin.documents import Source


MOST_SHARING = 1 << 14  # requests of one prefix: a mask has their places one by one


@dataclass(frozen=True)
class Requests:
    """Requests of one step that are alike.

    Args:
        number: how many there are.
        keys: keys of each: those in its cache, and its new tokens.
        queries: new tokens of each: one or a few where it decodes, a chunk where it reads its prompt.
        shared: the first keys of each, a prefix that all of these requests have in common.

    Raises:
        FlatError: a size is not a positive whole number, there are more new tokens than keys, or more shared
            keys than old ones.
    """

    number: int
    keys: int
    queries: int = 1
    shared: int = 0

    def __post_init__(self) -> None:
        for field in ("number", "keys", "queries"):
            check_size(f"requests.{field}", getattr(self, field))
        if self.queries > self.keys:
            raise FlatError(
                "more new tokens than keys",
                path="requests.queries",
                value=self.queries,
                expected=f"at most the {self.keys} keys, which include them",
            )
        if self.shared:
            self._check_shared()

    def _check_shared(self) -> None:
        check_size("requests.shared", self.shared)
        most = self.keys - self.queries
        if self.number > MOST_SHARING:
            message = "more requests than are taken one by one"
            expected = f"at most {MOST_SHARING:,} that share keys"
            raise FlatError(message, path="requests.number", value=self.number, expected=expected)
        if self.number == 1:
            raise FlatError(
                "a single request has nothing to share", path="requests.shared", value=self.shared
            )
        if self.shared > most:
            message = "a prefix that requests share ends before their new tokens"
            raise FlatError(message, path="requests.shared", value=self.shared, expected=f"at most {most}")

    @property
    def tokens(self) -> int:
        """New tokens of all of them."""
        return self.number * self.queries

    def __str__(self) -> str:
        shared = f", {self.shared} of them shared" if self.shared else ""
        return f"{self.number} × {counted(self.queries, 'token')} of {self.keys} keys{shared}"

    def to_dict(self) -> dict[str, int]:
        found = {"requests": self.number, "queries": self.queries, "keys": self.keys}
        return found | ({"shared": self.shared} if self.shared else {})

    @classmethod
    def of(cls, document: Mapping[str, int]) -> Requests:
        """Of :meth:`to_dict`."""
        return cls(document["requests"], document["keys"], document["queries"], document.get("shared", 0))


def check_served(name: str, layers: Sequence[Layer], requests: Sequence[Requests]) -> None:
    """Raise unless these are requests, and the layers those of a decoder of one sequence."""
    if not requests or not all(isinstance(each, Requests) for each in requests):
        raise FlatError("a serving step needs requests", path="requests", value=requests)
    kinds = sorted({layer.kind for layer in layers} - {"decoder", "self"})
    kinds += ["layers within windows of an image, or frames"] if any(each.split for each in layers) else []
    if kinds:
        raise FlatError(
            f"{name} does not decode one sequence from a cache",
            path="mix",
            value=", ".join(kinds),
            expected="a decoder",
        )


@dataclass(frozen=True)
class Mix:
    """The requests of a step, and the model that serves them, if the file says which: its name, or its
    configuration and a part of it."""

    requests: tuple[Requests, ...]
    model: str | None = None
    config: Path | None = None
    part: str | None = None


_Size = Annotated[int, Range(1, LARGEST)]
_Number = Annotated[_Size, Says("of them, 1 if not given")]
_Shared = Annotated[_Size, Says("their first keys, which all of these requests have in common")]


class DecodeForm(TypedDict):
    """Requests that decode."""

    requests: NotRequired[_Number]
    seq: Annotated[
        _Size | list[_Size], Says("keys of each, its new tokens among them; of several lengths each")
    ]
    queries: NotRequired[Annotated[_Size, Says("new tokens of each, 1 if not given")]]
    shared: NotRequired[_Shared]


class PrefillForm(TypedDict):
    """Requests of which each reads a chunk of its prompt."""

    requests: NotRequired[_Number]
    chunk: Annotated[_Size, Says("tokens of it")]
    position: NotRequired[Annotated[int, Range(0, LARGEST), Says("of its first token, 0 if not given")]]
    shared: NotRequired[_Shared]


class MixForm(TypedDict):
    """The requests of a step of serving, and the model."""

    model: NotRequired[Annotated[str, Says("a model by name; else --model or --config")]]
    config: NotRequired[Annotated[str, Says("a Hugging Face config.json beside this file")]]
    part: NotRequired[Annotated[str, Says("of a configuration of several")]]
    decode: NotRequired[list[Annotated[DecodeForm, CLOSED]]]
    prefill: NotRequired[list[Annotated[PrefillForm, CLOSED]]]


class MixFile(TypedDict):
    """A file whose key ``mix`` has the step."""

    mix: Annotated[MixForm, CLOSED]


def mix_of(source: Source) -> Mix:
    """The step that a file describes::

        mix:
          model: llama-3-8b
          decode:
            - {requests: 32, seq: 2048}               # a new token each; the 2048 keys include it
            - {requests: 2, seq: [512, 8192], queries: 4}  # two of either length, four new tokens each
          prefill:
            - {requests: 1, chunk: 512, position: 1536}    # tokens 1536 to 2047 of a prompt

    ``model`` is a name, or instead of it ``config`` a file beside this one, with a ``part``. Where they are
    not given ``requests`` is 1, ``queries`` 1 and ``position`` 0.

    Raises:
        FlatError: something is missing, unknown or not of its form; there are no requests.
    """
    from flat_plugin.documents import load, located

    with located(source):
        mix = check(MixFile, load(source), closed=True)["mix"]
        requests = (*_decoding(mix.get("decode", [])), *_reading(mix.get("prefill", [])))
        if not requests:
            raise FlatError("a step without requests", path="mix", expected="decode, prefill or both")
        if "part" in mix and "config" not in mix:
            raise FlatError("only a configuration has parts", path="mix.part", value=mix["part"])
        if "config" in mix and "model" in mix:
            raise FlatError("both a model and a configuration", path="mix.config", expected="one of the two")
        return Mix(requests, mix.get("model"), _beside(source, mix.get("config")), mix.get("part"))


def _beside(source: Source, name: str | None) -> Path | None:
    """A file that another one names."""
    from flat_plugin.documents import file_of

    file = file_of(source)
    return None if name is None else (file.parent if file is not None else Path()) / name


def _decoding(entries: list[DecodeForm]) -> Iterator[Requests]:
    for n, entry in enumerate(entries):
        lengths = entry["seq"] if isinstance(entry["seq"], list) else [entry["seq"]]
        sizes = (entry.get("queries", 1), entry.get("shared", 0))
        for length in lengths:
            yield _placed(f"mix.decode[{n}]", entry.get("requests", 1), length, *sizes)


def _reading(entries: list[PrefillForm]) -> Iterator[Requests]:
    for n, entry in enumerate(entries):
        keys, shared = entry.get("position", 0) + entry["chunk"], entry.get("shared", 0)
        yield _placed(f"mix.prefill[{n}]", entry.get("requests", 1), keys, entry["chunk"], shared)


def _placed(place: str, *sizes: int) -> Requests:
    """Requests; what is wrong with them is said to be in this place of the file."""
    try:
        return Requests(*sizes)
    except FlatError as error:
        field = (error.path or "").removeprefix("requests.")
        path = f"{place}.{'requests' if field == 'number' else field}"
        raise FlatError(error.message, path=path, value=error.value, expected=error.expected) from None
