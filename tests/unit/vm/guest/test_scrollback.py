"""What of a console is shown again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.guest.scrollback import Scrollback

COLOR = re.compile(rb"\x1b\[[0-9;:]*m")
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"\x1b[6n", b"\x1b[c", b"\x1b]52;c;?\x07", b"\x1bP$qm\x1b\\"]),
        st.sampled_from([b"\x1b[31m", b"\x1b[", b"\n"]),
    )
)


def kept(*pieces: bytes, limit: int = 64) -> bytes:
    scrollback = Scrollback(limit)
    for piece in pieces:
        scrollback.add(piece)
    return scrollback.shown()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (b"one\r\ntwo", b"one\r\ntwo"),
        (b"\x1b[1;31mred\x1b[m", b"\x1b[1;31mred\x1b[m"),
        (b"\x1b[38:2::1:2:3mx", b"\x1b[38:2::1:2:3mx"),
        (b"a\x1b[6nb", b"ab"),
        (b"a\x1b[?1049hb\x1b[2Jc", b"abc"),
        (b"a\x1b]0;title\x07b", b"ab"),
        (b"a\x1b]52;c;?\x1b\\b", b"ab"),
        (b"a\x1b]open\nb", b"a\nb"),
        (b"a\x1bPq#0\x1b\\b\x1bcc\x1b(0d", b"abcd"),
        (b"a\x05b\x07c\x0ed", b"abcd"),
        ("grün 山".encode(), "grün 山".encode()),
        (b"\x9b6n", "\ufffd6n".encode()),
        ("\x9b6n".encode(), b"6n"),
        (b"cut\x1b[3", b"cut"),
        (b"cut\x1b", b"cut"),
    ],
)
def test_what_is_shown_of_it(printed: bytes, shown: bytes) -> None:
    assert kept(printed) == shown


def test_the_last_of_it_is_kept_from_a_whole_line_on() -> None:
    assert kept(b"one two three\n", b"four\n", limit=10) == b"four\n"
    assert kept(b"0123456789", limit=10) == b"0123456789"
    assert kept(b"0123456789\n", limit=10) == b""


@given(PIECES)
def test_no_terminal_is_asked_anything(pieces: list[bytes]) -> None:
    shown = kept(*pieces, limit=1 << 16)
    rest = COLOR.sub(b"", shown).decode()
    assert not re.search(r"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]", rest)


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=20))
def test_text_is_shown_as_it_was(lines: list[str]) -> None:
    text = "\r\n".join(lines).encode()
    assert kept(text, limit=1 << 16) == text


@given(PIECES, st.integers(1, 64))
def test_no_more_is_kept_than_its_limit(pieces: list[bytes], limit: int) -> None:
    # A byte that is no letter is shown as a sign of three.
    assert len(kept(*pieces, limit=limit)) <= 3 * limit
