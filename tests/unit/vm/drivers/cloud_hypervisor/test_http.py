"""An answer of HTTP/1.1, however it comes in, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.vm.drivers.cloud_hypervisor.http import (
    BODY_LIMIT,
    FIELDS_LIMIT,
    HEAD_LIMIT,
    Answer,
    HTTPError,
    Parser,
    request,
)


def parse(data: bytes, step: int = 0) -> Answer:
    """All of an answer, fed in pieces of `step` bytes, and then the connection's end."""
    parser = Parser()
    for at in range(0, len(data), step or len(data) or 1):
        answer = parser.feed(data[at : at + (step or len(data))])
        if answer is not None:
            return answer
    return parser.end()


OK = b"HTTP/1.1 200 \r\nServer: Cloud Hypervisor API\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def test_a_request() -> None:
    assert request("PUT", "/api/v1/vm.create", b"{}") == (
        b"PUT /api/v1/vm.create HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert b"Content" not in request("GET", "/api/v1/vmm.ping")


GOOD = {
    "length": (OK + b"Content-Length: 2\r\n\r\n{}", Answer(200, b"{}")),
    "spaces": (OK + b"Content-Length: \t 2 \t\r\n\r\n{}", Answer(200, b"{}")),
    "reason": (b"HTTP/1.0 404 Not Found\r\ncontent-length:0\r\n\r\n", Answer(404, b"")),
    "no body": (b"HTTP/1.1 204 \r\nConnection: keep-alive\r\n\r\n", Answer(204, b"")),
    "until it hangs up": (OK + b"\r\nall of it", Answer(200, b"all of it")),
    "chunks": (CHUNKED + b"2\r\n{}\r\n03;x=y\r\n\r\na\r\n0\r\n\r\n", Answer(200, b"{}\r\na")),
    "a trailer": (CHUNKED + b"0\r\nA: b\r\n\r\n", Answer(200, b"")),
    "more behind it": (OK + b"Content-Length: 2\r\n\r\n{}HTTP", Answer(200, b"{}")),
    "as much as may be": (
        OK + b"Content-Length: %d\r\n\r\n" % BODY_LIMIT + b"x" * BODY_LIMIT,
        Answer(200, b"x" * BODY_LIMIT),
    ),
}


@pytest.mark.parametrize("step", [0, 1, 2, 3, 1000])
@pytest.mark.parametrize("case", GOOD)
def test_an_answer(case: str, step: int) -> None:
    data, answer = GOOD[case]
    if len(data) < 10_000 or step in (0, 1000):
        assert parse(data, step) == answer


BAD = {
    "nothing": (b"", "hung up"),
    "no HTTP": (b"220 smtp ready\r\n\r\n", "is not HTTP"),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", "is not HTTP"),
    "an interim answer": (b"HTTP/1.1 100 Continue\r\n\r\n", "is not HTTP"),
    "line feeds alone": (b"HTTP/1.1 200 OK\n\n", "hung up"),
    "a control character": (b"HTTP/1.1 200 O\x1bK\r\n\r\n", "is not HTTP"),
    "no field": (b"HTTP/1.1 200 \r\nServer\r\n\r\n", "header field"),
    "a folded field": (b"HTTP/1.1 200 \r\nA: b\r\n c\r\n\r\n", "header field"),
    "a carriage return": (b"HTTP/1.1 200 \r\nA: b\rc\r\n\r\n", "header field"),
    "fields without end": (OK + b"A: b\r\n" * (FIELDS_LIMIT + 1) + b"\r\n", "header fields"),
    "a head without end": (OK + b"A: " + b"b" * HEAD_LIMIT, f"longer than {HEAD_LIMIT}"),
    "two lengths": (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "more than one"),
    "a length and chunks": (
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "more than one",
    ),
    "another coding": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "not supported"),
    "no number": (OK + b"Content-Length: -2\r\n\r\n", "not a number"),
    "a large body": (OK + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), "larger"),
    "a body without end": (OK + b"\r\n" + b"x" * (BODY_LIMIT + 1), "larger"),
    "a large chunk": (CHUNKED + b"%x\r\n" % (BODY_LIMIT + 1), "larger"),
    "many chunks": (
        CHUNKED + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 17,
        "larger",
    ),
    "chunks that say much": (CHUNKED + (b"1;" + b"x" * 50 + b"\r\nx\r\n") * 400, "chunk headers"),
    "a trailer without end": (CHUNKED + b"0\r\n" + b"A: b\r\n" * 4000, "chunk headers"),
    "a long line of a chunk": (CHUNKED + b"1;" + b"x" * 100, "longer than 64"),
    "a chunk of another size": (CHUNKED + b"2\r\n{}}\r\n0\r\n\r\n", "its announced size"),
    "half a body": (OK + b"Content-Length: 2\r\n\r\n{", "hung up"),
    "half of chunks": (CHUNKED + b"2\r\n{}\r\n", "hung up"),
    "a body with 204": (b"HTTP/1.1 204 \r\nContent-Length: 2\r\n\r\n{}", "with the status 204"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_none(case: str) -> None:
    data, said = BAD[case]
    for step in (0, 1000, 1) if len(data) < 10_000 else (0, 1000):
        with pytest.raises(HTTPError, match=said):
            parse(data, step)


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 50))
def test_anything_is_an_answer_or_an_error(data: bytes, step: int) -> None:
    for prefix in (b"", OK, CHUNKED, OK + b"Content-Length: 20\r\n\r\n"):
        try:
            parse(prefix + data, step)
        except HTTPError:
            continue


def _chunked(parts: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=40), max_size=8),
    st.lists(st.integers(1, 60), min_size=1, max_size=20),
)
def test_pieces_make_no_difference(parts: list[bytes], cuts: list[int]) -> None:
    body = b"".join(parts)
    for data in (
        CHUNKED + _chunked(parts),
        OK + b"Content-Length: %d\r\n\r\n" % len(body) + body,
    ):
        parser, at, turn = Parser(), 0, 0
        answer = None
        while answer is None and at < len(data):
            size = cuts[turn % len(cuts)]
            answer = parser.feed(data[at : at + size])
            at, turn = at + size, turn + 1
        assert answer == Answer(200, body)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=2000), max_size=40))
def test_no_more_is_kept_than_may_be(parts: list[bytes]) -> None:
    """Whatever comes: it is an error before it is much."""
    parser = Parser(body_limit=1000)
    try:
        for part in (OK, *parts):
            if parser.feed(part) is not None:
                break
            assert len(parser._buffer) <= HEAD_LIMIT + 2000
            assert len(parser._body) <= 1000
    except HTTPError:
        return
