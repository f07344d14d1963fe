"""Listening unix sockets in the file system, for the session's own user alone."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

BACKLOG = 128
"""Connections that may wait to be accepted."""
PATH_LIMIT = 107
"""Bytes of a socket's path: sun_path holds 108 with its NUL."""


class SocketPathError(OSError):
    """The socket cannot be bound to its path; the text says why."""


def listening_socket(path: Path) -> socket.socket:
    """A non-blocking listening socket at `path`, mode 0600; what was there is replaced.

    The path may be longer than a socket's: then it is bound by way of its open directory. Raises
    OSError.
    """
    with suppress(FileNotFoundError):
        path.unlink()
    return _bound(path)


def exclusive_socket(path: Path) -> socket.socket:
    """A listening socket as above that replaces only a socket on which nobody listens any more.

    Its directory, which is made where it is missing, is this user's with mode 0700. Raises
    SocketPathError when it is open to others, when another session listens on the socket, when
    something other than a socket is there, or when the path is longer than 107 bytes.
    """
    if len(os.fsencode(path)) > PATH_LIMIT:
        raise SocketPathError(
            errno.ENAMETOOLONG, f"longer than {PATH_LIMIT} bytes, the most for a socket", str(path)
        )
    _private_directory(path.parent)
    _remove_stale(path)
    return _bound(path)


def _bound(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        # Before bind, which makes the file with the mode of the socket: it is never open to others,
        # and the umask, which is the whole process's, is left alone.
        os.fchmod(made.fileno(), 0o600)
        if len(os.fsencode(path)) <= PATH_LIMIT:
            made.bind(os.fspath(path))
        else:
            directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                made.bind(f"/proc/self/fd/{directory}/{path.name}")
            finally:
                os.close(directory)
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _private_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise SocketPathError(
            errno.EPERM,
            "the control socket needs a directory of this user with mode 0700, this one has mode "
            f"{stat.S_IMODE(status.st_mode):04o} and uid {status.st_uid}",
            str(directory),
        )


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketPathError(errno.EEXIST, "exists and is not a socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except BlockingIOError:
            pass  # its backlog is full: somebody listens
    raise SocketPathError(errno.EADDRINUSE, "another session listens there", str(path))
