"""Bytes to arguments and back."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.codec import HEADER, Malformed, decode, encode
from spectrum_session.gate.schema import MAX_MESSAGE, SCHEMA, Message

from .messages import MESSAGES, messages

ACCEPT = SCHEMA["wl_data_offer"].request("accept")
RECEIVE = SCHEMA["wl_data_offer"].request("receive")
ENTER = SCHEMA["wl_keyboard"].event("enter")


@given(messages(), st.integers(1, 2**32 - 1))
def test_decode_undoes_encode(given_: tuple[Message, list[Any]], number: int) -> None:
    message, values = given_
    data = encode(message, number, values)
    assert HEADER.unpack_from(data) == (number, len(data) << 16 | message.opcode)
    assert len(data) % 4 == 0
    assert list(decode(message, data, 8, len(data))) == values
    if message.body is not None:
        assert list(message.body.unpack_from(data, 8)) == values


@given(st.sampled_from(MESSAGES), st.binary(max_size=80), st.binary(max_size=8))
def test_of_anything_else_is_said_that_it_is_malformed(
    message: Message, data: bytes, before: bytes
) -> None:
    """And what is taken is what its encoding says, whatever stood in the padding."""
    whole = before + data
    try:
        values = decode(message, whole, len(before), len(whole))
    except Malformed:
        return
    again = encode(message, 1, values)
    assert len(again) == 8 + len(data)
    assert decode(message, again, 8, len(again)) == values


@given(messages(), st.data())
def test_one_wrong_word_is_no_worse(
    given_: tuple[Message, list[Any]], data: st.DataObject
) -> None:
    message, values = given_
    whole = bytearray(encode(message, 1, values))
    if len(whole) > 8:
        at = 8 + 4 * data.draw(st.integers(0, (len(whole) - 12) // 4))
        wrong = st.sampled_from([0, 1, 2, 3, 4, 5, 2**31 - 1, 2**31, 2**32 - 4, 2**32 - 1])
        whole[at : at + 4] = struct.pack("=I", data.draw(wrong))
    end = data.draw(st.integers(8, len(whole)))
    with contextlib.suppress(Malformed):
        decode(message, bytes(whole), 8, end)


def body(*parts: bytes) -> bytes:
    return b"".join(parts)


U = struct.Struct("=I").pack


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (body(U(1)), "truncated"),
        (body(U(1), U(0), U(0)), "wrong size"),
        (body(U(1), U(5), b"abcd"), "length exceeds"),
        (body(U(1), U(5), b"abc\0"), "length exceeds"),
        (body(U(1), U(2**32 - 1), b"abc\0"), "length exceeds"),
        (body(U(1), U(4), b"abcd"), "only NUL"),
        (body(U(1), U(4), b"a\0c\0"), "only NUL"),
        (body(U(1), U(3), b"ab\0"), "wrong size"),
        (body(U(1), U(2), b"a\0\0\0", b"more"), "wrong size"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        decode(ACCEPT, data, 0, len(data))


def test_a_string_that_must_be_there() -> None:
    assert decode(ACCEPT, body(U(1), U(0)), 0, 8) == [1, None]
    with pytest.raises(Malformed, match="null"):
        decode(RECEIVE, U(0), 0, 4)
    assert decode(RECEIVE, body(U(1), b"\0xyz"), 0, 8) == [b"", None]


def test_padding_is_not_carried_on() -> None:
    values = decode(ACCEPT, body(U(1), U(2), b"a\0\xde\xad"), 0, 12)
    assert encode(ACCEPT, 7, values)[8:] == body(U(1), U(2), b"a\0\0\0")


def test_no_message_is_larger_than_libwayland_takes() -> None:
    largest = b"x" * (MAX_MESSAGE - 8 - 8 - 4)
    assert len(encode(ENTER, 1, (1, 2, largest))) == MAX_MESSAGE
    with pytest.raises(Malformed, match=str(MAX_MESSAGE + 4)):
        encode(ENTER, 1, (1, 2, largest + b"y"))


def test_descriptors_are_not_among_the_bytes() -> None:
    create = SCHEMA["wl_shm"].request("create_pool")
    data = encode(create, 3, (9, None, 64))
    assert data == U(3) + U(16 << 16) + U(9) + U(64)
    assert decode(create, data, 8, 16) == [9, None, 64]
