"""Compares the guest's and the host's versions of waypipe.

A connection begins with the version of waypipe's own protocol. It is 1 from release 0.7.0 on; what
came before is refused by it. The releases in Rust, from 0.10 on, number further versions in a way
that the older ones take for 1, and use of them what both ends know.
"""

from __future__ import annotations

import asyncio
import re

from spectrum_session.vm.processes.child import Kind, prepare

PROTOCOL_1 = (0, 7, 0)
"""The first release that speaks version 1."""
LAST_KNOWN = (0, 11)
"""Up to these releases it was looked at."""

_RELEASE = re.compile(r"waypipe v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")


def release(said: str) -> tuple[int, int, int] | None:
    """The release that `waypipe --version` names; None when it names none that we understand."""
    found = _RELEASE.match(said)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3] or 0))


def why_not(guest: str, host: str) -> str:
    """Why the two versions are not compatible, "" when they may be.

    Both are the first line that `waypipe --version` prints, empty where there is no waypipe.
    """
    if not guest:
        return "its image has no waypipe: build it again"
    if not host:
        return "waypipe not found on the host (Debian: apt-get install waypipe)"
    there, here = release(guest), release(host)
    if there is None or here is None:
        return ""
    old = [end for end, found in (("guest", there), ("host", here)) if found < PROTOCOL_1]
    if len(old) != 1:
        return ""
    return (
        f"waypipe {_text(there)} in the guest and {_text(here)} here cannot talk: the {old[0]}'s is"
        f" older than {_text(PROTOCOL_1)}"
    )


def is_known(said: str) -> bool:
    """Is this a release that was seen to work?"""
    found = release(said)
    return found is not None and found >= PROTOCOL_1 and found[:2] <= LAST_KNOWN


async def on_host() -> str:
    """The first line of the version output of the host's waypipe; "" when it is not installed."""
    try:
        process = await asyncio.create_subprocess_exec(
            "waypipe",
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=prepare(Kind.PROGRAM),
        )
    except OSError:
        return ""
    output, _ = await process.communicate()
    return output.decode(errors="replace").partition("\n")[0].strip()[:80]


def _text(found: tuple[int, int, int]) -> str:
    return ".".join(map(str, found))
