"""Serves Wayland protocols without wlroots: globals and the objects that clients make of them.

Served on the libwayland that wlroots is linked to, from the tables that pywayland's scanner made.
pywayland's own server classes are not used: they cannot decode a request that makes an object, a
resource of theirs that Python lets go of before the client does crashes, and loading them maps
another libwayland. Here one C function serves all objects and finds ours by the address of the
resource; the entry goes with the resource, and a resource without an entry does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spectrum_session.wlr import NULL, address, ffi, lib

if TYPE_CHECKING:
    from spectrum_session._protocol.tables import Message

log = logging.getLogger(__name__)

Bind = Callable[[Any, int, int], object]
"""Called with the `struct wl_client *`, the version and the id of a new object of a global."""

DESTRUCTORS = ("destroy", "release")
"""Requests by which a client ends an object."""

MAX_TEXT = 1024
"""Bytes of the longest string sent. A message of 4096 bytes ends its client's connection."""


class ProtocolServer:
    """Serves interfaces, their globals and their live objects on one display."""

    def __init__(
        self,
        display: Any,
        interfaces: dict[str, tuple[int, tuple[Message, ...], tuple[Message, ...]]],
    ) -> None:
        """`interfaces` is the generated table. Keep this object as long as the display."""
        self.live: dict[int, Resource] = {}
        """Our objects by the address of their resource."""
        self._display = display
        self._messages = {name: (one[1], one[2]) for name, one in interfaces.items()}
        self._structs: dict[str, Any] = {}
        self._memory: list[Any] = []
        """Memory that the C structs point into; kept as long as they are."""
        self._binders: list[Any] = []
        self.dispatcher = ffi.callback(
            "int(void *, void *, uint32_t, struct wl_message *, union wl_argument *)",
            self._dispatch,
        )
        self.destroyed = ffi.callback("void(struct wl_resource *)", self._destroyed)
        for name in interfaces:
            self._fill(name, *interfaces[name])

    def advertise(self, interface: str, bind: Bind) -> None:
        """Make a global of an interface; it goes with the display. Raises MemoryError."""

        @ffi.callback("void(struct wl_client *, void *, uint32_t, uint32_t)")  # type: ignore[untyped-decorator]
        def bound(client: Any, _data: Any, version: int, number: int) -> None:
            self._guarded(client, interface, bind, client, version, number)

        self._binders.append(bound)
        struct = self.interface(interface)
        if not lib.wl_global_create(self._display, struct, struct.version, NULL, bound):
            raise MemoryError(f"no memory for the global {interface}")

    def interface(self, name: str) -> Any:
        """The `struct wl_interface *` of a name; of others' interfaces it holds the name alone,
        which is what libwayland compares an argument's type by."""
        struct = self._structs.get(name)
        if struct is None:
            struct = self._structs[name] = ffi.new("struct wl_interface *")
            struct.name = self._text(name)
        return struct

    def event(self, interface: str, name: str) -> tuple[int, str]:
        """Opcode and signature of an event."""
        for opcode, (known, signature, _) in enumerate(self._messages[interface][1]):
            if known == name:
                return opcode, signature
        raise LookupError(f"{interface} has no event {name}")

    def _fill(
        self, name: str, version: int, requests: tuple[Message, ...], events: tuple[Message, ...]
    ) -> None:
        struct = self.interface(name)
        struct.version = version
        struct.method_count, struct.methods = len(requests), self._described(requests)
        struct.event_count, struct.events = len(events), self._described(events)

    def _described(self, messages: tuple[Message, ...]) -> Any:
        structs = ffi.new("struct wl_message[]", len(messages))
        self._memory.append(structs)
        for struct, (name, signature, kinds) in zip(structs, messages, strict=True):
            types = ffi.new("struct wl_interface *[]", max(len(kinds), 1))
            self._memory.append(types)
            for index, kind in enumerate(kinds):
                types[index] = self.interface(kind) if kind is not None else NULL
            struct.name, struct.signature = self._text(name), self._text(signature)
            struct.types = types
        return structs

    def _text(self, text: str) -> Any:
        made = ffi.new("char[]", text.encode())
        self._memory.append(made)
        return made

    def _dispatch(self, _data: Any, target: Any, opcode: int, _message: Any, args: Any) -> int:
        resource = self.live.get(address(target))
        if resource is None:
            return 0
        name, signature, _ = self._messages[resource.interface][0][opcode]
        if name in DESTRUCTORS:
            lib.wl_resource_destroy(resource.pointer)
            return 0
        client = lib.wl_resource_get_client(resource.pointer)
        self._guarded(client, resource.interface, self._request, resource, name, signature, args)
        return 0

    def _request(self, resource: Resource, name: str, signature: str, args: Any) -> None:
        values: list[Any] = []
        for index, letter in enumerate(signature.lstrip("0123456789").replace("?", "")):
            argument = args[index]
            if letter == "s":
                text = ffi.string(argument.s).decode("utf-8", "replace") if argument.s else ""
                values.append(text)
            elif letter == "o":
                values.append(ffi.cast("struct wl_resource *", argument.o))
            else:
                values.append(argument.i if letter == "i" else argument.u)
        getattr(resource, "do_" + name)(*values)

    def _guarded(self, client: Any, where: str, do: Callable[..., object], *args: Any) -> None:
        """An exception of ours must not leave a client waiting for an object that is not there."""
        try:
            do(*args)
        except Exception:
            log.exception("in a request to %s", where)
            lib.wl_client_post_implementation_error(client, b"a fault of the compositor")

    def _destroyed(self, pointer: Any) -> None:
        resource = self.live.pop(address(pointer), None)
        if resource is not None:
            resource.pointer = NULL
            resource.gone()


class Resource:
    """Our side of one protocol object. It ends with its destroy request or its client.

    A request `name` calls the method `do_name` with the decoded arguments: a new object's id, and
    another object's `struct wl_resource *`.
    """

    interface = ""

    def __init__(self, protocol: ProtocolServer, client: Any, version: int, number: int) -> None:
        """Make the object of id `number` for a `struct wl_client *`. Raises MemoryError."""
        self.protocol = protocol
        self.version = version
        self.pointer = lib.wl_resource_create(
            client, protocol.interface(self.interface), version, number
        )
        if not self.pointer:
            lib.wl_client_post_no_memory(client)
            raise MemoryError(f"no memory for a {self.interface}")
        protocol.live[address(self.pointer)] = self
        lib.wl_resource_set_dispatcher(
            self.pointer, protocol.dispatcher, NULL, NULL, protocol.destroyed
        )

    @property
    def client(self) -> Any:
        """The `struct wl_client *`; only while the object exists."""
        return lib.wl_resource_get_client(self.pointer)

    def gone(self) -> None:
        """The object was destroyed, by its client or with it; `pointer` is NULL now."""

    def post_error(self, code: int, text: str) -> None:
        """End the client's connection with a protocol error; only while the object exists."""
        message = ffi.new("char[]", text.encode()[:MAX_TEXT])
        lib.wl_resource_post_error(self.pointer, code, b"%s", message)

    def send(self, event: str, *values: int | str) -> None:
        """Send an event, unless the object is gone. Text over MAX_TEXT bytes is cut."""
        if not self.pointer:
            return
        opcode, signature = self.protocol.event(self.interface, event)
        assert len(signature) == len(values), (event, values)
        args = ffi.new("union wl_argument[]", max(len(values), 1))
        texts: list[Any] = []
        for index, value in enumerate(values):
            if isinstance(value, str):
                # Cut inside a character, the rest of it goes too.
                text = value.encode()[:MAX_TEXT].decode("utf-8", "ignore").encode()
                texts.append(ffi.new("char[]", text))
                args[index].s = texts[-1]
            else:
                args[index].u = value
        lib.wl_resource_post_event_array(self.pointer, opcode, args)
