"""What a session notes of a machine, so that a later one finds it again.

One small file in the machine's directory, which is the session's alone. Whatever stands in it, the
process that it names is looked at before it is believed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from spectrum_session.config.schema import VM
from spectrum_session.vm.processes.detached_sandbox import Whereabouts, is_alive
from spectrum_session.vm.processes.identity import boot_id

FILE = "state.json"
VERSION = 1
_LIMIT = 64 * 1024


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One machine that was started."""

    name: str
    driver: str
    definition: str
    """`digest` of the definition that it was started with."""
    boot: str
    """The boot of the host in which it was started; all else is of that boot."""
    started: float
    """When it was started, in seconds since 1970."""
    since: float
    """When it became what it is, in seconds of time.monotonic()."""
    ready: bool
    """Its start was finished: it runs."""
    note: str
    """What a person must know of it at all times."""
    image: bool
    """Its guest is of an image of ours."""
    processes: tuple[Whereabouts, ...]
    """Its sandboxes, the one that is the machine first."""
    version: int = VERSION

    @property
    def this_boot(self) -> bool:
        """Is what it says of times and processes to be compared with those that are here?"""
        return self.boot == boot_id()

    @property
    def alive(self) -> bool:
        """Does the machine run?"""
        return self.this_boot and bool(self.processes) and is_alive(self.processes[0])


def digest(definition: VM) -> str:
    """What tells two definitions apart."""
    # Imported when it is needed: OpenSSL comes with it, and most sessions have no use for that.
    import hashlib

    return hashlib.sha256(msgspec.json.encode(definition)).hexdigest()[:32]


def make(
    name: str,
    driver: str,
    definition: VM,
    since: float,
    note: str,
    image: bool,
    processes: Sequence[Whereabouts],
) -> Record:
    """The record of a machine whose start has begun."""
    began = time.time() - (time.monotonic() - since)
    return Record(
        *(name, driver, digest(definition), boot_id(), began, since, False, note, image),
        tuple(processes),
    )


def save(directory: Path, record: Record) -> None:
    """Write it, whole or not at all. Raises OSError."""
    new = directory / f"{FILE}.new"
    with suppress(FileNotFoundError):
        new.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(new, flags, 0o600), "wb") as file:
        file.write(msgspec.json.encode(record))
    new.rename(directory / FILE)


def load(directory: Path) -> Record | None:
    """The record in a machine's directory; None when there is none that can be understood."""
    try:
        fd = os.open(
            directory / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        )
    except OSError:
        return None
    try:
        content = os.read(fd, _LIMIT)
        record = msgspec.json.decode(content, type=Record)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    finally:
        os.close(fd)
    return record if record.version == VERSION and record.name == directory.name else None
