"""Tables for people."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.cli.tables import Cell, Style, clean, columns, cut, swatch, table


def test_columns_are_aligned() -> None:
    rows = [
        [Cell("1", right=True), Cell("work"), Cell("~")],
        [Cell("12", right=True), Cell("x"), Cell("")],
    ]
    assert table(("ID", "VM", "TITLE"), rows, Style()) == [
        "ID  VM    TITLE",
        " 1  work  ~",
        "12  x",
    ]


def test_without_rows_there_is_the_header() -> None:
    assert table(("A", "B"), [], Style()) == ["A  B"]


def test_wide_characters_take_two_columns() -> None:
    lines = table(("A", "B"), [[Cell("漢字"), Cell("x")], [Cell("é"), Cell("y")]], Style())
    assert lines == ["A     B", "漢字  x", "é     y"]


def test_a_combining_accent_takes_none() -> None:
    assert columns("e\u0301") == 1


def test_nothing_is_cut_without_a_width() -> None:
    assert table(("A",), [[Cell("x" * 500)]], Style())[1] == "x" * 500


def test_the_widest_column_is_cut_to_the_width() -> None:
    lines = table(("ID", "TITLE"), [[Cell("1"), Cell("x" * 50)]], Style(width=20))
    assert lines[1] == "1   " + "x" * 15 + "…"


def test_columns_that_can_be_spared_go_first() -> None:
    headers = ("NAME", "PID", "STATE", "REASON")
    rows = [[Cell("work"), Cell("77", right=True), Cell("running"), Cell("a reason to be there")]]

    def lines(width: int | None) -> list[str]:
        return table(headers, rows, Style(width=width), spare=("PID", "STATE"))

    assert lines(None) == lines(200)
    assert lines(40)[1] == "work   77  running  a reason to be there"
    assert lines(32)[1] == "work   77  running  a reason to…"
    assert lines(31) == ["NAME  STATE    REASON", "work  running  a reason to be …"]
    assert lines(27)[1] == "work  running  a reason to…"
    assert lines(26) == ["NAME  REASON", "work  a reason to be there"]
    assert lines(10)[1] == "work  a rea…"
    # What is short needs no more room than it has.
    short = [[Cell("work"), Cell("77"), Cell("running"), Cell("")]]
    assert "PID" in table(headers, short, Style(width=30), spare=("PID",))[0]


def test_swatches_only_in_colour() -> None:
    row = [[Cell("work", "#3465a4"), Cell("end")], [Cell("host"), Cell("end")]]
    plain = table(("VM", "X"), row, Style())
    coloured = table(("VM", "X"), row, Style(colour=True))
    assert plain == ["VM    X", "work  end", "host  end"]
    assert coloured == [
        "VM       X",
        "\x1b[38;2;52;101;164m██\x1b[0m work  end",
        "host     end",
    ]


@pytest.mark.parametrize("color", [None, "", "red", "#fff", "#12345g", "#123456\n", "\x1b[2J"])
def test_what_is_no_colour_gives_no_swatch(color: str | None) -> None:
    assert swatch(color, Style(colour=True)) == ""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain ~", "plain ~"),
        ("\x1b[2Jx", "_[2Jx"),
        ("a\nb\tc\rd\x7f\x9b", "a_b_c_d__"),
        ("evil\u202etxt.exe", "evil_txt.exe"),
        ("zero\u200bwidth\u2066", "zero_width_"),
        ("line\u2028end\u2029", "line_end_"),
        ("lone \udc80", "lone _"),
        ("ünï 漢", "ünï 漢"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_cleaned_text_cannot_steer_a_terminal(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert not any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in cleaned
    )


@given(st.text(), st.integers(1, 30))
def test_cut_keeps_to_the_limit(text: str, limit: int) -> None:
    text = clean(text)
    short = cut(text, limit)
    assert columns(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


_cell = st.builds(Cell, st.text(max_size=30), st.sampled_from([None, "#123456"]))


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(_cell, min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    st.integers(60, 100),
)
def test_a_table_keeps_to_the_width(rows: list[list[Cell]], width: int) -> None:
    headers = ["H"] * len(rows[0])
    for colour in (False, True):
        lines = table(headers, rows, Style(colour, width))
        assert len(lines) == len(rows) + 1
        for line in lines:
            bare = line.replace("\x1b[38;2;18;52;86m", "").replace("\x1b[0m", "")
            assert "\x1b" not in bare
            assert columns(bare) <= width
            assert not bare.endswith(" ")
