"""The origin of a client, the host or one VM: decided by the socket that accepted it.

A VM's gate accepts on the VM's socket. Here a client is the VM's because its connection is one end
of a socket pair that the session made, and the VM's gate got the other end.

The record of a client goes with the client. libwayland reuses the address of a dead client at
once, so a record that outlived it would give a stranger its name.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from spectrum_session.ipc.listening import listening_socket
from spectrum_session.logs.line import of_vm
from spectrum_session.wlr import NULL, address, ffi, lib, listeners

from .rate_limit import RateLimit, repeated

log = logging.getLogger(__name__)


NO_DESCRIPTOR_S = 0.2
"""Pause between attempts to accept while there is no free file descriptor."""


class Origin(msgspec.Struct, frozen=True):
    """The host, or one VM."""

    vm: str | None
    """Name of the VM; None is the host."""
    sandboxed: bool = False
    """A client of the host that came through wp_security_context_v1."""

    @property
    def trusted(self) -> bool:
        """May see everything: only the host's own clients."""
        return self.vm is None and not self.sandboxed


HOST = Origin(None)
SANDBOXED = Origin(None, sandboxed=True)


class Client(msgspec.Struct):
    """One connection. `pointer` is valid for as long as the record exists."""

    pointer: Any
    origin: Origin
    pid: int
    """For display only; 0 when it is in a VM."""
    uid: int
    since: float
    """When it connected: monotonic seconds."""
    permissions: frozenset[str]
    """The permissions of its origin at that time; later changes hold for new connections."""


class Origins:
    """All connected clients and where each came from."""

    def __init__(
        self,
        display: Any,
        permissions: Callable[[str | None], frozenset[str]],
        client_gone: Callable[[], None] = lambda: None,
    ) -> None:
        """`permissions` gives those of a VM by its name, and with None those of a sandboxed client
        of the host; the host's own clients need none. `client_gone` is called after each
        disconnect."""
        self._display = display
        self._permissions = permissions
        self._clients: dict[int, Client] = {}
        self._listeners: dict[int, Any] = {}
        self._accepting: Origin | None = None
        self._peer: tuple[int, int] | None = None
        self._of_vm: dict[str, int] = {}
        self._security_manager: Any = NULL
        self._failures = RateLimit()
        self._created = listeners.add_client_created(
            display, self._client_created, "wl_display.client_created"
        )
        self._told_gone = client_gone

    def use_security_contexts(self, manager: Any) -> None:
        """Tell sandboxed clients of the host by `struct wlr_security_context_manager_v1 *`."""
        self._security_manager = manager

    def __iter__(self) -> Any:
        return iter(list(self._clients.values()))

    def __len__(self) -> int:
        return len(self._clients)

    def accept(
        self, connection: socket.socket, origin: Origin, peer: tuple[int, int] | None = None
    ) -> bool:
        """Make a connection a Wayland client of `origin`. Takes the socket over.

        `peer`: pid and uid that are shown for it where the socket's own are those of somebody in
        between. False when there is no memory for it.
        """
        self._accepting = origin
        self._peer = peer
        try:
            fd = connection.detach()
            if not lib.wl_client_create(self._display, fd):
                os.close(fd)
                count = self._failures.count()
                if count:
                    text = "cannot create a client: out of memory%s"
                    log.error(text, repeated(count), extra=of_vm(origin.vm))
                return False
        finally:
            self._accepting = None
            self._peer = None
        return True

    def connect(self, vm: str, pid: int, uid: int, most: int) -> socket.socket | None:
        """A new connection of a VM: the end for its gate, which is all that makes it the VM's.

        `pid` and `uid` are shown for it. None, with a line in the log, when the VM has `most` of
        them already, or when there is no memory or descriptor for one more.
        """
        if self.count(vm) >= most:
            text = "refused a connection: limit of %d connections reached"
            log.warning(text, most, extra=of_vm(vm))
            return None
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            log.warning("refused a connection: %s", error, extra=of_vm(vm))
            return None
        if not self.accept(ours, Origin(vm), (pid, uid)):
            theirs.close()
            return None
        return theirs

    def count(self, vm: str) -> int:
        """How many clients a VM has."""
        return self._of_vm.get(vm, 0)

    def of(self, client: Any) -> Origin | None:
        """The origin of a `struct wl_client *`; None for one without a record."""
        record = self._clients.get(address(client))
        return record.origin if record else None

    def record(self, client: Any) -> Client | None:
        """The record of a `struct wl_client *`."""
        return self._clients.get(address(client))

    def of_surface(self, surface: Any) -> Origin:
        """The origin of a `struct wlr_surface *`."""
        origin = self.of(lib.wl_resource_get_client(surface.resource))
        if origin is None:
            raise LookupError("a surface of a client without an origin")
        return origin

    def disconnect(self, vm: str) -> None:
        """Drop every client of a VM."""
        for client in list(self._clients.values()):
            if client.origin.vm == vm:
                lib.wl_client_destroy(client.pointer)

    def close(self) -> None:
        """Stop watching; clients must be gone by now."""
        listeners.remove(self._created)

    def _client_created(self, client: Any) -> None:
        """libwayland made a client: ours in accept(), or one of a security context."""
        origin = self._accepting
        if origin is None:
            if not self._security_manager:
                return
            # Made by wlroots on a security context's socket. Those sockets are set up on the host
            # socket only, and whatever they claim to be, they are never a VM.
            origin = SANDBOXED
        credentials = ffi.new("int32_t[3]")
        lib.wl_client_get_credentials(
            client,
            credentials,
            ffi.cast("uint32_t *", credentials + 1),
            ffi.cast("uint32_t *", credentials + 2),
        )
        pid, uid = self._peer or (credentials[0], credentials[1])
        key = address(client)
        permissions = frozenset[str]() if origin.trusted else self._permissions(origin.vm)
        self._clients[key] = Client(client, origin, pid, uid, time.monotonic(), permissions)
        if origin.vm is not None:
            self._of_vm[origin.vm] = self._of_vm.get(origin.vm, 0) + 1
        self._listeners[key] = listeners.add_client_destroy(
            client, lambda _data: self._client_gone(key), "wl_client.destroy"
        )

    def _client_gone(self, key: int) -> None:
        listeners.remove(self._listeners.pop(key))
        record = self._clients.pop(key)
        vm = record.origin.vm
        if vm is not None:
            self._of_vm[vm] -= 1
            if not self._of_vm[vm]:
                del self._of_vm[vm]
        self._told_gone()


class ListeningSocket:
    """A Wayland socket of ours; every connection it accepts is of one origin."""

    def __init__(self, path: Path, origin: Origin, origins: Origins) -> None:
        """Bind `path` (mode 0600) and start accepting on the running asyncio loop.

        Raises OSError when the path cannot be bound.
        """
        self.path = path
        self.origin = origin
        self._origins = origins
        self._socket = listening_socket(path)
        self._loop = asyncio.get_running_loop()
        self._deaf: asyncio.TimerHandle | None = None
        self._failures = RateLimit()
        self._listen()

    def close(self) -> None:
        """Stop accepting and remove the socket. Clients stay connected."""
        if self._deaf is not None:
            self._deaf.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def _listen(self) -> None:
        self._deaf = None
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def _readable(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            # Out of descriptors or memory: it stays in the queue, and would be told of at once.
            count = self._failures.count()
            if count:
                log.warning("cannot accept on %s: %s%s", self.path, error, repeated(count))
            self._loop.remove_reader(self._socket.fileno())
            self._deaf = self._loop.call_later(NO_DESCRIPTOR_S, self._listen)
            return
        self._origins.accept(connection, self.origin)


class DisplayName:
    """A free `wayland-N` in the runtime directory, held by its lock file as libwayland does."""

    def __init__(self, runtime_dir: Path) -> None:
        """Raises OSError when none of wayland-0 … wayland-32 is free."""
        for number in range(1, 33):
            name = f"wayland-{number}"
            lock = runtime_dir / f"{name}.lock"
            fd = os.open(lock, os.O_CREAT | os.O_CLOEXEC | os.O_RDWR, 0o660)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                continue
            self.name = name
            self.path = runtime_dir / name
            self._lock = lock
            self._fd = fd
            return
        raise OSError(f"no free Wayland display name in {runtime_dir}")

    def release(self) -> None:
        """Give the name back and remove its lock file."""
        self._lock.unlink(missing_ok=True)
        os.close(self._fd)
