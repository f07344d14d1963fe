"""The file behind a pool of shared memory, so that it cannot shrink under the compositor.

Reading mapped memory past the end of its file is a SIGBUS. A file that can be sealed against
shrinking is sealed and passed on. One that cannot (no memfd, or one without sealing) stays here:
the compositor gets a sealed one of ours, into which a buffer is copied when it is committed.
"""

from __future__ import annotations

import fcntl
import os
import stat

from . import filesystem

F_ADD_SEALS = 1033
F_GET_SEALS = 1034
F_SEAL_SHRINK = 2
"""Of linux/fcntl.h; in Python's fcntl from some versions on only."""


_SCRATCH = memoryview(bytearray(1 << 20))
"""What is copied goes through here: small enough for a processor's cache."""


class Unfit(Exception):
    """No file that memory can be shared through; the text says why."""


class SharedFile:
    """A pool's file, by a descriptor of its own."""

    def __init__(self, fd: int, size: int) -> None:
        """`fd` is the client's, and stays the caller's; `size` is what it says, in bytes.

        Raises Unfit.
        """
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Unfit("not a regular file")
        # Memory of huge pages can be sealed as well. Where none of those is free, touching one is a
        # SIGBUS all the same, and wlroots cannot put another page there.
        sealed = filesystem.kind(fd) == filesystem.TMPFS and _sealed(fd)
        # When it is sealed its size cannot fall any more, so it is looked at after that.
        _check_size(fd, size)
        self._source = os.dup(fd)
        self._copy: int | None = None
        if not sealed:
            try:
                self._copy = _sealed_file(size)
            except OSError as error:
                self.close()
                raise Unfit(f"no memory for a copy: {error.strerror}") from error

    @property
    def copied(self) -> bool:
        """The compositor sees a copy."""
        return self._copy is not None

    @property
    def shown(self) -> int:
        """The descriptor, which stays ours, of what the compositor maps."""
        return self._source if self._copy is None else self._copy

    def for_compositor(self) -> int:
        """A new descriptor of what the compositor shall map."""
        return os.dup(self.shown)

    def grow(self, size: int) -> None:
        """The pool is larger from now on. Raises Unfit when the file is not."""
        _check_size(self._source, size)
        if self._copy is not None:
            try:
                os.ftruncate(self._copy, size)
            except OSError as error:
                raise Unfit(f"no memory for a copy: {error.strerror}") from error

    def update(self, offset: int, length: int) -> None:
        """Take over what the client drew into these bytes, if the compositor sees a copy.

        Bytes that the file has lost meanwhile stay as they were.
        """
        if self._copy is None:
            return
        end = offset + length
        while offset < end:
            part = _SCRATCH[: end - offset]
            try:
                # Neither file is mapped: a pool is larger than what a client draws in it, by far,
                # and reading a file that has shrunk does not fault.
                got = os.preadv(self._source, [part], offset)
                done = os.pwrite(self._copy, part[:got], offset) if got else 0
            except OSError:
                return
            if not done:
                return
            offset += done

    def close(self) -> None:
        """Let go of it; the compositor keeps what it has mapped."""
        os.close(self._source)
        if self._copy is not None:
            os.close(self._copy)


def _sealed_file(size: int) -> int:
    """A new file of zeros that can grow, and not shrink. Raises OSError."""
    fd = os.memfd_create("pool", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(fd, size)
        fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)
    except OSError:
        os.close(fd)
        raise
    return fd


def _check_size(fd: int, size: int) -> None:
    have = os.fstat(fd).st_size
    if have < size:
        raise Unfit(f"the file has only {have} bytes")


def _sealed(fd: int) -> bool:
    """Can the file not shrink, or no more?"""
    try:
        if fcntl.fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK:
            return True
        fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)
    except OSError:
        # No memfd, one that takes no seals, or one that is open for reading only.
        return False
    return True
