"""Requests from bytes, replies and events to bytes: one JSON text a line, pure.

Whatever the bytes are, `parse` returns or raises `RequestError`, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from .commands import COMMANDS, Args
from .errors import BAD_ARGUMENTS, BAD_MESSAGE, UNKNOWN_COMMAND, ControlError
from .messages import Event, Progress

# Only what can be sent back: msgspec encodes no whole number of more than 64 bits.
_Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_Text = Annotated[str, Meta(max_length=256)]
RequestId = _Number | _Text | None

_SHOWN = 64
_EMPTY = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is right in every part."""

    id: RequestId
    command: str
    args: Args


class RequestError(ControlError):
    """Not a request, or a wrong one. `id` is the request's where it could be read, else None."""

    def __init__(self, code: str, message: str, id: RequestId = None) -> None:
        super().__init__(code, message)
        self.id = id


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    command: str
    id: RequestId = None
    args: msgspec.Raw = _EMPTY


class _Anything(msgspec.Struct):
    id: RequestId = None


_envelope = msgspec.json.Decoder(_Envelope)
_anything = msgspec.json.Decoder(_Anything)
_args = {name: msgspec.json.Decoder(command.args) for name, command in COMMANDS.items()}
_encoder = msgspec.json.Encoder()

# RecursionError: msgspec follows nesting on the C stack up to Python's limit. ValueError: text that
# is not UTF-8.
_BAD = (msgspec.MsgspecError, ValueError, RecursionError)


def parse(line: bytes) -> Request:
    """Decode one message (without its newline) and check its arguments."""
    try:
        envelope = _envelope.decode(line)
    except _BAD as error:
        raise RequestError(BAD_MESSAGE, f"not a request: {_why(error)}", _id_of(line)) from None
    decoder = _args.get(envelope.command)
    if decoder is None:
        raise RequestError(
            UNKNOWN_COMMAND, f"unknown command {_quote(envelope.command)}", envelope.id
        )
    try:
        args = decoder.decode(envelope.args)
    except _BAD as error:
        raise RequestError(
            BAD_ARGUMENTS, f"{envelope.command}: {_why(error)}", envelope.id
        ) from None
    return Request(envelope.id, envelope.command, args)


def success(id: RequestId, result: object) -> bytes:
    """A reply that holds `result`. Raises what msgspec raises when that cannot be encoded."""
    return _encoder.encode({"id": id, "ok": True, "result": result}) + b"\n"


def failure(id: RequestId, error: ControlError) -> bytes:
    """A reply that holds an error."""
    # The message can quote a file name or an exception's text: lone surrogates have no UTF-8.
    message = error.message.encode("utf-8", "backslashreplace").decode()
    body: dict[str, Any] = {"code": error.code, "message": message}
    return _encoder.encode({"id": id, "ok": False, "error": body}) + b"\n"


def event(message: Event | Progress) -> bytes:
    """An event, or progress, as one line."""
    return _encoder.encode(message) + b"\n"


def _id_of(line: bytes) -> RequestId:
    try:
        return _anything.decode(line).id
    except _BAD:
        return None


def _why(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
