"""Requests that an honest client may well send and that nevertheless go no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.verdict import DROP, Verdict

if TYPE_CHECKING:
    from spectrum_session.gate.connection import Connection


def count(gate: Connection, why: str) -> None:
    """Count something that was not done as asked, for `spectrumctl vm status`."""
    refused = gate.account.refused
    refused[why] = refused.get(why, 0) + 1


def drop(gate: Connection, why: str) -> Verdict:
    """Swallow a request and count it."""
    count(gate, why)
    return DROP


def was_given(gate: Connection, serial: int) -> bool:
    """Did an input event give the client this serial? Counted when not."""
    if serial in gate.knowledge.serials:
        return True
    count(gate, "serial")
    return False
