"""Hypothesis strategies for messages of every kind that the gate knows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from spectrum_session.gate.schema import SCHEMA, Message

MESSAGES = [
    message
    for interface in SCHEMA.values()
    for message in (*interface.requests, *interface.events)
]

SIGNED = st.integers(-(2**31), 2**31 - 1)
UNSIGNED = st.integers(0, 2**32 - 1)
STRING = st.binary(max_size=40).map(lambda data: data.replace(b"\0", b""))
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "i": SIGNED,
    "f": SIGNED,
    "u": UNSIGNED,
    "o": UNSIGNED,
    "n": UNSIGNED,
    "s": STRING,
    "?s": st.none() | STRING,
    "a": st.binary(max_size=40),
    "h": st.none(),
}


def arguments(message: Message) -> st.SearchStrategy[list[Any]]:
    """Any that fit the signature. A descriptor stands as None."""
    return st.tuples(*(KINDS[kind] for kind in message.kinds)).map(list)


@st.composite
def messages(draw: st.DrawFn) -> tuple[Message, list[Any]]:
    """Any message with any arguments."""
    message = draw(st.sampled_from(MESSAGES))
    return message, draw(arguments(message))
