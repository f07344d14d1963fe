"""Who is at the other end of a unix socket, and where the socket may stand."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
from pathlib import Path

_UCRED = struct.Struct("=iII")  # struct ucred: pid, uid, gid
_PATH_LIMIT = 107  # sun_path holds 108 bytes with its NUL


class SocketPathError(OSError):
    """The control socket cannot stand at its path; the text says why."""


def peer_uid(connection: socket.socket) -> int:
    """The uid that the peer had when it connected, from the kernel (SO_PEERCRED)."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _pid, uid, _gid = _UCRED.unpack(data)
    return int(uid)


def may_connect(uid: int, own_uid: int) -> bool:
    """True for the session's own user and nobody else, root included."""
    return uid == own_uid


def listen(path: Path, backlog: int = 64) -> socket.socket:
    """A listening socket at `path`, mode 0600, in a directory of ours with mode 0700.

    The directory is made when it is missing. A socket that nobody listens on any more is replaced.
    Raises SocketPathError when the directory is open to others, when another session listens there,
    when something other than a socket is there, or when the path is longer than 107 bytes.
    """
    if len(os.fsencode(path)) > _PATH_LIMIT:
        raise SocketPathError(
            errno.ENAMETOOLONG, f"longer than {_PATH_LIMIT} bytes, the most for a socket", str(path)
        )
    _private_directory(path.parent)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(os.fspath(path))
        # Not umask: it is of the whole process. Nobody else can get into the directory meanwhile.
        path.chmod(0o600)
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener


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
        raise SocketPathError(errno.EEXIST, "is there and is no socket", str(path))
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
