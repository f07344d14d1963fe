"""One request and one response of HTTP/1.1. Sans-IO: bytes in, a response out.

Whoever answers is a virtual machine monitor, which its guest may have taken over: everything is
bounded, and what is not plainly HTTP is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from spectrum_session.vm.errors import VMError

HEAD_LIMIT = 16 << 10
"""Bytes of an answer's status line and header fields."""
FIELDS_LIMIT = 64
BODY_LIMIT = 1 << 20
"""Bytes of an answer's body. That of vm.info is some ten kilobytes."""

_LINE_LIMIT = 64
"""Bytes of the line before a chunk."""
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([2-5][0-9][0-9])(?: [\t -~\x80-\xff]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t -~\x80-\xff]*)")
_LENGTH = re.compile(rb"[0-9]{1,10}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[\t ]*(?:;[\t -~\x80-\xff]*)?")
_NO_BODY = (204, 304)


class HTTPError(VMError):
    """Not a valid response, or one that is too large."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer."""

    status: int
    """200 to 599."""
    body: bytes


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """A question. `method` and `path` are the program's own words, in ASCII without spaces."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode("ascii") + body


class _Part(Enum):
    HEAD = "its head"
    LENGTH = "a body of a known length"
    END = "a body that ends with the connection"
    SIZE = "the size of a chunk"
    CHUNK = "a chunk"
    TRAILER = "what follows the last chunk"
    DONE = "nothing"


class Parser:
    """Takes an answer apart as it comes. What follows the answer is not looked at."""

    def __init__(self, body_limit: int = BODY_LIMIT) -> None:
        self._body_limit = body_limit
        self._part = _Part.HEAD
        self._buffer = bytearray()
        self._looked = 0
        """Bytes of the buffer in which no line's end begins."""
        self._status = 0
        self._body = bytearray()
        self._left = 0
        """Bytes to come of a body or of a chunk, with the line's end after that."""
        self._head = 0
        """Bytes of lines so far."""

    def feed(self, data: bytes) -> Answer | None:
        """Take what was read. The answer, once it is whole. Raises HTTPError; then it is of no more
        use."""
        if self._part is not _Part.DONE:
            self._buffer += data
        while self._part is not _Part.DONE and self._step():
            pass
        return Answer(self._status, bytes(self._body)) if self._part is _Part.DONE else None

    def end(self) -> Answer:
        """The other side has closed. Raises HTTPError when its answer is not whole."""
        if self._part is _Part.END:
            self._part = _Part.DONE
        if self._part is not _Part.DONE:
            raise HTTPError(f"it hung up before {self._part.value} was there")
        return Answer(self._status, bytes(self._body))

    def _step(self) -> bool:
        """Go on by one part, if there is enough for it."""
        if self._part is _Part.HEAD:
            return self._read_head()
        if self._part is _Part.SIZE:
            return self._read_size()
        if self._part is _Part.TRAILER:
            return self._read_trailer()
        if self._part is _Part.CHUNK:
            return self._read_chunk()
        taken = self._buffer[: self._left] if self._part is _Part.LENGTH else self._buffer
        self._add(taken)
        del self._buffer[: len(taken)]
        if self._part is _Part.LENGTH:
            self._left -= len(taken)
            if not self._left:
                self._part = _Part.DONE
        return False

    def _add(self, data: bytes | bytearray) -> None:
        if len(self._body) + len(data) > self._body_limit:
            raise HTTPError(f"its answer is larger than {self._body_limit} bytes")
        self._body += data

    def _line(self, limit: int, mark: bytes = b"\r\n") -> bytes | None:
        """What stands before `mark`; it may have `limit` bytes."""
        at = self._buffer.find(mark, self._looked, limit + len(mark))
        if at < 0:
            if len(self._buffer) >= limit + len(mark):
                raise HTTPError(f"{self._part.value} is longer than {limit} bytes")
            self._looked = max(0, len(self._buffer) - len(mark) + 1)
            return None
        line = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        self._looked = 0
        return line

    def _read_head(self) -> bool:
        head = self._line(HEAD_LIMIT, b"\r\n\r\n")
        if head is None:
            return False
        first, *fields = head.split(b"\r\n")
        status = _STATUS_LINE.fullmatch(first)
        if status is None:
            raise HTTPError("its response is not HTTP/1.1")
        self._status = int(status[1])
        self._choose_body(_fields(fields))
        return True

    def _choose_body(self, fields: list[tuple[bytes, bytes]]) -> None:
        lengths = [value for name, value in fields if name == b"content-length"]
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        if len(lengths) + len(codings) > 1:
            raise HTTPError("its response has more than one Content-Length")
        if codings and codings[0].lower() != b"chunked":
            raise HTTPError("the Transfer-Encoding of its response is not supported")
        if lengths:
            if _LENGTH.fullmatch(lengths[0]) is None:
                raise HTTPError("the Content-Length of its response is not a number")
            self._left = int(lengths[0])
            if self._left > self._body_limit:
                raise HTTPError(f"its answer is larger than {self._body_limit} bytes")
        if self._status in _NO_BODY:
            if self._left or codings:
                raise HTTPError(f"it sends a body with the status {self._status}")
            self._part = _Part.DONE
        elif codings:
            self._part = _Part.SIZE
        elif lengths:
            self._part = _Part.LENGTH
        else:
            self._part = _Part.END

    def _read_size(self) -> bool:
        line = self._line(_LINE_LIMIT)
        if line is None:
            return False
        size = _CHUNK.fullmatch(line)
        if size is None:
            raise HTTPError("the size of a chunk is not a number")
        self._count(line)
        self._left = int(size[1], 16)
        if len(self._body) + self._left > self._body_limit:
            raise HTTPError(f"its answer is larger than {self._body_limit} bytes")
        self._part = _Part.CHUNK if self._left else _Part.TRAILER
        self._left += 2
        return True

    def _read_chunk(self) -> bool:
        if len(self._buffer) < self._left:
            return False
        chunk = self._buffer[: self._left]
        if not chunk.endswith(b"\r\n"):
            raise HTTPError("a chunk does not have its announced size")
        self._add(chunk[:-2])
        del self._buffer[: self._left]
        self._part = _Part.SIZE
        return True

    def _read_trailer(self) -> bool:
        line = self._line(HEAD_LIMIT)
        if line is None:
            return False
        if line:
            _fields([line])
            self._count(line)
            return True
        self._part = _Part.DONE
        return False

    def _count(self, line: bytes) -> None:
        """Lines between chunks and after them: they carry nothing, and there may be no end."""
        self._head += len(line) + 2
        if self._head > HEAD_LIMIT:
            raise HTTPError(f"more than {HEAD_LIMIT} bytes of chunk headers")


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    if len(lines) > FIELDS_LIMIT:
        raise HTTPError(f"its answer has more than {FIELDS_LIMIT} header fields")
    found = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise HTTPError("a malformed header field in its response")
        found.append((field[1].lower(), field[2].rstrip(b"\t ")))
    return found
