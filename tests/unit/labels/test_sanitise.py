from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.labels.sanitise import sanitise_app_id, sanitise_title

# Plain text seldom meets what matters, so these are drawn often.
NASTY = (
    "\u202e\u202a\u202b\u202d\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\uffa0\u2800\ufffc"
    "\ufe0f\ufe00\U000e0100\U000e0041\u180b\u180e\u2028\u2029\u00a0\u3000\t\n\r\x00\x1b\x7f\x85"
    "\u0301\u0489\u0e49\u0903\ue000\U0010ffff\ud800 ab\u05d0\u0627\u4e2d\U0001f600"
)
texts = st.text(st.sampled_from(NASTY) | st.characters(exclude_categories=()), max_size=200)
raws = texts | st.binary(max_size=200)
limits = st.integers(0, 40) | st.just(128)

DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(raws, st.booleans(), limits)
def test_twice_is_once(raw: bytes | str, utf8: bool, limit: int) -> None:
    once = sanitise_title(raw, utf8=utf8, limit=limit)
    assert sanitise_title(once, utf8=utf8, limit=limit) == once


@given(raws, limits)
def test_ascii_is_printable_ascii(raw: bytes | str, limit: int) -> None:
    title = sanitise_title(raw, limit=limit)
    assert all("\x20" <= char <= "\x7e" for char in title)
    assert len(title) <= limit


@given(raws, limits)
def test_utf8_has_nothing_that_hides_or_reorders(raw: bytes | str, limit: int) -> None:
    title = sanitise_title(raw, utf8=True, limit=limit)
    assert len(title) <= limit
    for char in title:
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert unicodedata.category(char) != "Zs" or char == " "
        assert unicodedata.bidirectional(char) not in DIRECTIONS
        assert not 0xFE00 <= ord(char) <= 0xFE0F
        assert not 0xE0100 <= ord(char) <= 0xE01EF
        assert char not in "\u034f\u115f\u1160\u3164\uffa0\u2800\ufffc"
    title.encode()


@given(raws, st.booleans(), limits)
def test_spaces_are_single_and_not_at_the_ends(raw: bytes | str, utf8: bool, limit: int) -> None:
    title = sanitise_title(raw, utf8=utf8, limit=limit)
    assert "  " not in title
    assert title == title.strip()


@given(raws)
def test_marks_do_not_pile_up(raw: bytes | str) -> None:
    title = sanitise_title(raw, utf8=True)
    kinds = "".join("M" if unicodedata.category(char)[0] == "M" else "." for char in title)
    assert "MMM" not in kinds
    assert not kinds.startswith("M")


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=128))
def test_ordinary_titles_stay(title: str) -> None:
    assert sanitise_title(title) == title
    assert sanitise_title(title.encode()) == title


@pytest.mark.parametrize(
    ("raw", "plain", "utf8"),
    [
        ("caf\u00e9", "caf_", "caf\u00e9"),
        ("\u05d0\u05d1 x", "__ x", "\u05d0\u05d1 x"),
        ("evil\u202egpj.exe", "evilgpj.exe", "evilgpj.exe"),
        ("a\tb\r\n c", "a b c", "a b c"),
        ("a\u2028b\u00a0c", "a b c", "a b c"),
        ("\x1b[31mred\x07", "[31mred", "[31mred"),
        ("z\u0301\u0302\u0303\u0304", "z__", "z\u0301\u0302"),
        # Invisible characters do not hide the length of a stack.
        ("z\u0301\u200b\u0302\u034f\u0303", "z__", "z\u0301\u0302"),
        (b"ok \xff\xfe", "ok __", "ok \ufffd\ufffd"),
        (b"a\x00b", "ab", "ab"),
        ("\u200b \u2060", "", ""),
    ],
)
def test_examples(raw: bytes | str, plain: str, utf8: str) -> None:
    assert sanitise_title(raw) == plain
    assert sanitise_title(raw, utf8=True) == utf8


@pytest.mark.parametrize(
    "char",
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u200b\u200c\u200d"
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2065\u2066\u2067\u2068\u2069\u206a"
    "\u206f\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffc\U0001d159\U0001d173\U000e0001"
    "\U000e0041\U000e0100\U000e01ef\ue000\U000f0000\x00\x1b\x7f\x9b",
    ids=lambda char: f"U+{ord(char):04X}",
)
def test_what_cannot_be_seen_goes(char: str) -> None:
    assert sanitise_title(f"a{char}b", utf8=True) == "ab"
    assert sanitise_title(f"a{char}b") == "ab"


def test_a_mark_does_not_stand_on_a_space() -> None:
    assert sanitise_title("a \u0301b", utf8=True) == "a b"
    assert sanitise_title("\u0301b", utf8=True) == "b"


def test_is_cut_at_the_limit() -> None:
    assert sanitise_title("x" * 500) == "x" * 128
    assert sanitise_title("ab cd", limit=3) == "ab"
    assert sanitise_title("\u00e9" * 500, utf8=True) == "\u00e9" * 128
    with pytest.raises(ValueError, match="-1"):
        sanitise_title("x", limit=-1)


def test_invisible_padding_does_not_use_up_the_limit() -> None:
    assert sanitise_title("\u200b" * 300 + "shown", utf8=True) == "shown"


@given(raws)
def test_app_ids_are_ascii(raw: bytes | str) -> None:
    assert sanitise_app_id(raw) == sanitise_title(raw)
    assert sanitise_app_id(raw).isascii()
