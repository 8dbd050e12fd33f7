"""Structured mutations: of documents (mappings, lists, values), of tables, and of the text of any file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import yaml

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        "",
        " ",
        "x",
        "NO",
        "a b",
        "*",
        "../..",
        "/dev/null",
        "{{ 1/0 }}",
        "{{ 9**99 }}",
        "{{ (1e400)|int }}",
    ),
    *(0, -1, 1, 3, 7, 2**31, 2**40, 2**53 + 1, 2**63, 2**64, 10**30, 10**400, -(2**63)),
    *(0.5, -0.0, 1e-300, 1e300, float("inf"), float("-inf"), float("nan"), "1e400", "-5", "0x10", "1_000"),
    *("\ud800", "\0", "ü\u202e", "A" * 5000, "\n", "M=2 M=3", "M=0", "M=99999999999999999999", "K,V"),
    *([], {}, [[]], [None], {"": None}, [1, "a"], {"a": {"b": []}}),
)
_DEEP: Any = []
for _ in range(150):
    _DEEP = [_DEEP]

JINJA = (  # what a template of the user's may hold
    *("{% for i in range(10 ** 9) %}x{% endfor %}", "{{ range(10 ** 9) | list }}", "{{ nothing }}"),
    "{% for i in range(99999) %}{% for k in range(99999) %}{{ i }}{% endfor %}{% endfor %}",
    *("{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ architecture.__init__.__globals__ }}"),
    *("{{ 'x' * 10 ** 10 }}", "{{ '{:9999999999}'.format(1) }}", "{{ 9 ** 9 ** 9 ** 9 }}", "{{ 1 / 0 }}"),
    "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "{% set n = namespace(x='ab') %}{% for i in range(80) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for i in range(80) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    *("{% include 'problem.yaml.j2' %}", "{% include '/etc/passwd' %}", "{% extends 'mapper.yaml.j2' %}"),
    *("{% for %}", "{% if x %}", "{{", "{#", "{% import 'x' as y %}", "{{ einsum }}", "{{ mapper.x.y }}"),
    *("{{ [1][5] }}", "{{ {}['a'] }}", "{{ None + 1 }}", "{{ 3 | nothing }}", "{{ 1 is nothing }}"),
    *("{{ loop.index }}", "{{ super() }}", "{{ caller() }}", "{{ self }}", "{{ cycler(1) }}"),
    *("{{ include('x.yaml') }}", "{{ include_text('/etc/passwd') }}", "{{ add_to_path('..') }}"),
    "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
    "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
)

Change = Callable[[Any, Any, Random], None]  # a container, one of its keys


def document(content: Any, random: Random) -> Any:
    """A copy with one to three of its parts changed."""
    changed = {"": copy.deepcopy(content)}
    left = random.choice((1, 1, 1, 2, 3))
    for _ in range(10):
        places = list(_places(changed))
        if not left or not places:
            break
        container, key = random.choice(places)
        try:
            random.choice(_CHANGES)(container, key, random)
            left -= 1
        except (AttributeError, TypeError, IndexError, KeyError, ValueError, OverflowError):
            continue  # this part cannot be changed so
    return changed.get("")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, entry in entries:
        yield value, key
        yield from _places(entry)


def _odd(container: Any, key: Any, random: Random) -> None:
    container[key] = copy.deepcopy(random.choice(ODD))


def _number(container: Any, key: Any, random: Random) -> None:
    container[key] = random.choice(
        (
            lambda n: -n,
            lambda n: n * 2,
            lambda n: n // 2,
            lambda n: n + 1,
            lambda n: float(n),
            lambda n: n * 10**9,
        )
    )(container[key] + 0)


def _text(container: Any, key: Any, random: Random) -> None:
    text = str(container[key])
    at = random.randrange(len(text) + 1)
    container[key] = (
        text[:at] + random.choice(("", "x", "=", ",", " ", "9", "-", "\u00e9", "[1..3]")) + text[at + 1 :]
    )


def _delete(container: Any, key: Any, random: Random) -> None:
    del container[key]


def _rename(container: Any, key: Any, random: Random) -> None:
    container[random.choice((str(key) + "x", str(key).upper(), "name", 3, None, "_"))] = container.pop(key)


def _add(container: Any, key: Any, random: Random) -> None:
    if isinstance(container, list):
        container.insert(key, copy.deepcopy(random.choice((*ODD, container[key]))))
    else:
        added = copy.deepcopy(random.choice(ODD))
        container[random.choice(("extra", "version", "attributes", "factors", 1))] = added


def _swap(container: Any, key: Any, random: Random) -> None:
    other = random.choice(list(range(len(container)) if isinstance(container, list) else container))
    container[key], container[other] = container[other], container[key]


def _wrap(container: Any, key: Any, random: Random) -> None:
    value = container[key]
    wrapped = random.choice(([value], {"a": value}, [value, value], str(value), _DEEP))
    container[key] = copy.deepcopy(wrapped)


_CHANGES: tuple[Change, ...] = (
    _odd,
    _odd,
    _odd,
    _number,
    _number,
    _text,
    _delete,
    _rename,
    _add,
    _swap,
    _wrap,
)


def table(rows: list[list[str]], random: Random) -> list[list[str]]:
    """The cells of a CSV file with one to three of them, a row, or a column changed."""
    changed = document(rows, random)
    if not isinstance(changed, list):
        return [[str(changed)]]
    return [[str(cell) for cell in row] if isinstance(row, list) else [str(row)] for row in changed]


def data(content: bytes, random: Random) -> bytes:
    """Bytes of a file, cut, flipped, doubled or replaced."""
    at, to = sorted(random.randrange(len(content) + 1) for _ in range(2))
    lines = content.splitlines(keepends=True) or [b""]
    one = random.randrange(len(lines))
    return random.choice(
        (
            lambda: content[:at],
            lambda: content[:at] + content[to:],
            lambda: (
                content[:at]
                + random.choice((b"\xff", b"\0", b"\t", b"\xef\xbb\xbf", b"&a *a", b"{%", b"'", b"!x "))
                + content[at:]
            ),
            lambda: content[:at] + bytes([random.randrange(256)]) + content[at + 1 :],
            lambda: b"".join((*lines[:one], lines[one], *lines[one:])),
            lambda: b"".join((*lines[:one], *lines[one + 1 :])),
            lambda: random.choice(
                (b"", b"[]", b"null", b"3", b"{", b"\x89PNG\r\n\x1a\n", b"- a\n- b\n", b"a: &x [*x]")
            ),
            lambda: content.decode("utf-8", "replace").encode("utf-16"),
        )
    )()


def template(content: bytes, random: Random) -> bytes:
    """A template with Jinja put before one of its lines, in it, or in its place."""
    lines = content.decode().splitlines(keepends=True) or [""]
    at, jinja = random.randrange(len(lines)), random.choice(JINJA)
    lines[at] = random.choice((jinja + "\n" + lines[at], lines[at].rstrip("\n") + jinja + "\n", jinja))
    return "".join(lines).encode()


def as_yaml(content: Any) -> bytes:
    return yaml.safe_dump(content, sort_keys=False).encode("utf-8", "surrogatepass")


def as_json(content: Any) -> bytes:
    return json.dumps(content, default=str, skipkeys=True).encode()
