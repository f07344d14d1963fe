"""`spectrumctl vm run`: runs a program in a VM and passes on its output and exit status."""

from __future__ import annotations

import codecs
import sys
from base64 import b64decode
from typing import Any, TextIO

from spectrum_session.control.client import Client

from .ctl_parser import PROGRAM


def run(client: Client, args: dict[str, Any]) -> int:
    """Run the program, print its output as it arrives, and return its exit status: 128 plus the
    signal's number for a signal. Raises ControlError."""
    sinks = {"output": _Sink(sys.stdout), "errors": _Sink(sys.stderr)}

    def write(event: dict[str, Any]) -> None:
        if event["event"] == "vm-output":
            sinks[event["stream"]].write(b64decode(event["data"]))

    result = client.stream(write, "vm-run", **args, stream=True)
    for name, sink in sinks.items():
        sink.write(b64decode(result[name]), last=True)
    if result["cut"]:
        sys.stderr.write(f"{PROGRAM}: output truncated\n")
    status: int = result["status"]
    return status & 0xFF if status >= 0 else (128 - status) & 0xFF


class _Sink:
    """An output stream for a VM's program, which must not control the host's terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        """A carriage return whose newline may follow."""

    def write(self, data: bytes, last: bool = False) -> None:
        if self._stream.isatty():
            from .tables import clean

            text = self._held + self._decoder.decode(data, last)
            self._held = "\r" if text.endswith("\r") and not last else ""
            text = text[: len(text) - len(self._held)].replace("\r\n", "\n").replace("\t", "    ")
            data = "\n".join(map(clean, text.split("\n"))).encode()
        self._stream.buffer.write(data)
        self._stream.flush()
