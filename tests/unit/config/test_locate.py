"""The line of each key, against what the standard parser makes of the same text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectrum_session.config.errors import KeyPath
from spectrum_session.config.locate import line_of, locate
from spectrum_session.config.toml import parse

EXAMPLE = '''\
# a comment with [table] and key = 1
top = 1
"quoted key" = "a # no comment"
dotted.'in'.part = 2   # [nothing]

[a.b]  # header
text = """
[not-a-table]
not-a-key = 1 \\
""" # end
raw = \'\'\'
"""
nor-this = 1
\'\'\'\'\'
after = 1979-05-27 07:32:00

[a]
own = { x = 1, "y z" = [1, 2], n.m = true }
list = [
  1, # one
  [ 2, "]" ],

  { k = "}" },
]

[[rules]]
first = ""
[[rules]]
second = ""
  [rules.inner]
  deep = 3
  [[rules.inner.more]]
  deeper = 4
"esc\\u0061pe" = 5
'''

EXPECTED: dict[KeyPath, int] = {
    ("top",): 2,
    ("quoted key",): 3,
    ("dotted",): 4,
    ("dotted", "in"): 4,
    ("dotted", "in", "part"): 4,
    ("a",): 17,
    ("a", "b"): 6,
    ("a", "b", "text"): 7,
    ("a", "b", "raw"): 11,
    ("a", "b", "after"): 15,
    ("a", "own"): 18,
    ("a", "own", "x"): 18,
    ("a", "own", "y z"): 18,
    ("a", "own", "y z", 0): 18,
    ("a", "own", "y z", 1): 18,
    ("a", "own", "n"): 18,
    ("a", "own", "n", "m"): 18,
    ("a", "list"): 19,
    ("a", "list", 0): 20,
    ("a", "list", 1): 21,
    ("a", "list", 1, 0): 21,
    ("a", "list", 1, 1): 21,
    ("a", "list", 2): 23,
    ("a", "list", 2, "k"): 23,
    ("rules",): 26,
    ("rules", 0): 26,
    ("rules", 0, "first"): 27,
    ("rules", 1): 28,
    ("rules", 1, "second"): 29,
    ("rules", 1, "inner"): 30,
    ("rules", 1, "inner", "deep"): 31,
    ("rules", 1, "inner", "more"): 32,
    ("rules", 1, "inner", "more", 0): 32,
    ("rules", 1, "inner", "more", 0, "deeper"): 33,
    ("rules", 1, "inner", "more", 0, "escape"): 34,
}


def paths_of(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """All paths in a parsed document."""
    here = {path} if path else set()
    if isinstance(value, dict):
        return here.union(*(paths_of(item, (*path, key)) for key, item in value.items()))
    if isinstance(value, list):
        return here.union(*(paths_of(item, (*path, at)) for at, item in enumerate(value)))
    return here


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_form_of_key(newline: str) -> None:
    text = EXAMPLE.replace("\n", newline)
    assert set(EXPECTED) == paths_of(parse(text))
    assert locate(text) == EXPECTED


@pytest.mark.parametrize(
    "value",
    ['""""""', '"""a"""""', '"""\\""""', "''''''", "'''a'''''", '"\\\\"', "'\\'", "[[[]]]", "{}"],
)
def test_ends_of_strings_and_brackets(value: str) -> None:
    text = f"first = {value}\nsecond = [{value},\n{value}] # ]\nthird = 1\n"
    assert set(locate(text)) == paths_of(parse(text))
    assert locate(text)["second", 1] == 3
    assert locate(text)["third",] == 4


def test_line_of_what_is_missing_is_that_of_what_is_round_it() -> None:
    lines = locate("\n[a]\n\nb = 1\n")
    assert line_of(lines, ("a", "b", "c", 3)) == 4
    assert line_of(lines, ("a", "x")) == 2
    assert line_of(lines, ("x",)) == 1
    assert line_of(lines, ()) == 1


def test_absurd_nesting_keeps_what_came_before() -> None:
    lines = locate("a = 1\nb = " + "[" * 100_000)
    assert lines["a",] == 1
    assert lines["b",] == 2


# Documents are made as text with the line of each key noted while writing, then checked against
# the parser for being what they were meant to be.

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4) | st.sampled_from(
    ["a", "b", "a-b", "1", "'", '"', "#", "[x]", "a.b", "=", "\\"]
)
spaces = st.sampled_from(["", " ", "\t"])
texts = st.text(st.sampled_from("ab\"'\\#[]{},=\n\u00e9"), max_size=8)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@st.composite
def keys(draw: st.DrawFn, name: str) -> str:
    """One of the ways to write a key."""
    forms = [quoted(name), "".join(["'", name, "'"]) if "'" not in name else quoted(name)]
    if name and all(c.isascii() and (c.isalnum() or c in "-_") for c in name):
        forms.append(name)
    return draw(st.sampled_from(forms))


@st.composite
def strings(draw: st.DrawFn) -> str:
    text = draw(texts)
    forms = [quoted(text)]
    if "'" not in text:
        forms.append(f"'''{text}'''")
        if "\n" not in text:
            forms.append(f"'{text}'")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    forms.append(f'"""{escaped}"""')
    return draw(st.sampled_from(forms))


class Writer:
    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def mark(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def value(self, draw: st.DrawFn, path: KeyPath, depth: int = 0) -> None:
        scalar = st.sampled_from(["1", "-0.5", "true", "nan", "1979-05-27 07:32:00Z"]) | strings()
        kind = draw(st.sampled_from(["scalar", "array", "inline"] if depth < 2 else ["scalar"]))
        if kind == "scalar":
            self.text += draw(scalar)
        elif kind == "array":
            gap = spaces | st.sampled_from(["\n", " # ] comment\n"])
            self.text += "["
            for index in range(draw(st.integers(0, 3))):
                self.text += draw(gap)
                self.mark((*path, index))
                self.value(draw, (*path, index), depth + 1)
                self.text += draw(gap) + ","
            self.text += draw(gap) + "]"
        else:
            self.text += "{"
            for index, name in enumerate(draw(st.lists(names, max_size=3, unique=True))):
                self.text += ("," if index else "") + draw(spaces)
                self.pair(draw, path, name, depth + 1)
            self.text += draw(spaces) + "}"

    def pair(self, draw: st.DrawFn, table: KeyPath, name: str, depth: int = 0) -> None:
        path: KeyPath = (*table, name)
        self.mark(path)
        self.text += draw(keys(name))
        if draw(st.booleans()):
            path = (*path, "dotted")
            self.mark(path)
            self.text += draw(spaces) + "." + draw(spaces) + "dotted"
        self.text += draw(spaces) + "=" + draw(spaces)
        self.value(draw, path, depth)


@st.composite
def documents(draw: st.DrawFn) -> Writer:
    writer = Writer()

    def pairs(table: KeyPath) -> None:
        for name in draw(st.lists(names, max_size=3, unique=True)):
            writer.text += draw(st.sampled_from(["", "  ", "# k = [\n", "\n"]))
            writer.pair(draw, table, name)
            writer.text += draw(st.sampled_from(["\n", " # [x]\n", "\r\n"]))

    pairs(())
    # A prefix that no key above can have keeps the document valid.
    for number, name in enumerate(draw(st.lists(names, max_size=3))):
        table = f"table {number}"
        if draw(st.booleans()):
            for index in range(draw(st.integers(1, 3))):
                writer.mark((table,))
                writer.mark((table, name))
                writer.mark((table, name, index))
                writer.text += f"[[{quoted(table)} . {draw(keys(name))}]]\n"
                pairs((table, name, index))
        else:
            writer.mark((table,))
            writer.mark((table, name))
            writer.text += f"[ {quoted(table)}.{draw(keys(name))} ] # [\n"
            pairs((table, name))
    return writer


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_finds_every_key_of_a_document_on_its_line(writer: Writer) -> None:
    assert set(writer.lines) == paths_of(parse(writer.text)), "the test wrote another document"
    assert locate(writer.text) == writer.lines
