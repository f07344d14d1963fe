"""Where attacks are played: a session with an attacker's VM, an honest one, and the user."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.session.harness import SessionProcess
from tests.wire import Client, Object, ProtocolError, Seat, Window
from tests.wire.devices import VirtualKeyboard, VirtualPointer
from tests.wire.picture import Picture, look
from tests.wire.witness import Honest

SIZE = (1280, 720)
ASIDE = (400, 300)
"""Two outputs: what is on the first never hides the honest client's window on the second."""
CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "columns"\n'
ALLOWED = {
    "toplevels": 3,
    "surfaces": 8,
    "buffers": 6,
    "compositor-bytes": 1 << 20,
    "buffer-bytes": 1 << 20,
    "shm-bytes": 1 << 20,
    "objects": 400,
    "fds": 32,
    "inhibitors": 3,
    "connections": 5,
    "messages-per-second": 1000,
    "commits-per-second": 200,
    "queued-bytes": 64 << 10,
}
"""The limits of the VM `small`."""
SMALL = 'label = "red"\n[limits]\n' + "".join(f"{name} = {n}\n" for name, n in ALLOWED.items())
VMS = {"attacker": 'label = "red"\n', "honest": 'label = "green"\n', "small": SMALL}
"""`small` is the attacker's too: there is little that it may have."""
HOSTILE = ("attacker", "small")

Attack = Callable[["Stage"], None]


class Stage:
    """A running session of CONFIG and VMS with both outputs."""

    def __init__(self, session: SessionProcess) -> None:
        self.session = session
        self.path = session.start_vm("attacker")
        self.small_path = session.start_vm("small")
        self.honest_path = session.start_vm("honest")
        self.outputs = [output["name"] for output in session.call("outputs")]
        session.call("action", text=f"focus-output {self.outputs[1]}")
        self.honest = Honest(self.honest_path)
        session.call("action", text=f"focus-output {self.outputs[0]}")
        self.host = Client(session.display)
        self.mouse = VirtualPointer(self.host, (SIZE[0] + ASIDE[0], SIZE[1]))
        self.keys = VirtualKeyboard(self.host)
        self._clients: list[Client] = []
        self.mouse.move(5, SIZE[1] - 5)
        self.honest.tick()
        self._view = self.aside()
        # A gate is there once it was asked for something.
        for path in (self.path, self.small_path):
            Client(path).close()
        self._gates = self._all_gates()

    def client(self, tap: Any = None) -> Client:
        """Another client of the attacker's."""
        made = Client(self.path, tap)
        self._clients.append(made)
        return made

    def small(self) -> Client:
        """Another client of the VM that may have little."""
        made = Client(self.small_path)
        self._clients.append(made)
        return made

    def window(self, client: Client | None = None, **options: Any) -> Window:
        """A window of the attacker's, of a client of its own by default."""
        return Window(client or self.client(), **{"title": "attack", **options})

    # --- how attacks end

    def refused(
        self, client: Client, text: str = "", *interfaces: str, codes: Sequence[int] = ()
    ) -> ProtocolError:
        """The connection has to end with a protocol error that has this in its text."""
        error = client.refused()
        assert text in error.text, f"{text!r} is not in {error}"
        assert not interfaces or error.interface in interfaces, error
        assert not codes or error.code in codes, error
        return error

    def error(self, client: Client, interface: str, code: int, text: str = "") -> None:
        """The connection has to end with exactly this error."""
        self.refused(client, text, interface, codes=(code,))

    def harmless(self, client: Client) -> None:
        """The connection lives on and is answered."""
        for _ in range(3):
            client.roundtrip()

    # --- what the user sees

    def aside(self) -> Picture:
        """The honest client's output."""
        return look(self.session, self.outputs[1])

    def screen(self, *, cursor: bool = False) -> Picture:
        """The output with the attacker's windows."""
        return look(self.session, self.outputs[0], cursor=cursor)

    def seen(self, **wanted: Any) -> list[dict[str, Any]]:
        """The attacker's windows, as the session lists them."""
        return self.session.windows(vm="attacker", **wanted)

    def middle(self, window: dict[str, Any]) -> tuple[int, int]:
        """The middle of a window's content."""
        content = window["content"]
        return (
            int(content["x"] + content["width"] // 2),
            int(content["y"] + content["height"] // 2),
        )

    def click(self, window: Window) -> Seat:
        """The user clicks on a window of the attacker's; returns a seat that heard of it."""
        seat = Seat(window.client)
        (seen,) = [one for one in self.seen() if one["title"] == "attack"]
        self.mouse.click(*self.middle(seen))
        window.client.wait_for(lambda: seat.press_serial, "the press")
        return seat

    # --- afterwards

    def leave(self) -> None:
        """Disconnect all clients of the attacker's."""
        for client in self._clients:
            client.close()
        self._clients.clear()

    def unharmed(self) -> None:
        """Everybody but the attacker is as before. Ends what is left of the attack."""
        self.leave()
        session = self.session
        assert session.process.poll() is None, session.log()[-3000:]
        assert session.alive()
        session.wait(
            lambda: not [one for one in session.call("clients") if one["vm"] in HOSTILE],
            "the attacker's clients to go",
        )
        assert self.seen() == [] and session.windows(vm="small") == []
        session.call("action", text=f"focus-output {self.outputs[0]}")
        self.mouse.move(5, SIZE[1] - 5)
        self.honest.tick()
        assert not self.honest.client.closed
        differs = self._view.differs(self.aside())
        assert differs is None, f"the honest window is drawn otherwise at {differs}"
        assert self._all_gates() == self._gates, "a gate died"

    def close(self) -> None:
        """Leave."""
        self.honest.client.close()
        self.host.close()

    def _all_gates(self) -> dict[str, list[int]]:
        return {vm: self.session.gate_pids(vm) for vm in VMS}

    @property
    def gated(self) -> bool:
        """Is there a gate?"""
        return bool(self.session.gate_pids("attacker"))


# --- the malicious client's tools


def memory(size: int) -> int:
    """A descriptor of shared memory of this size, to be closed by the caller."""
    fd = os.memfd_create("attack", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    return fd


def pool_of(client: Client, size: int, claimed: int | None = None) -> tuple[Object, int]:
    """A pool in a file of this size, and the file's descriptor, which stays open."""
    fd = memory(size)
    return client.the("wl_shm")("create_pool", fd, size if claimed is None else claimed), fd


def ask_for_keyboards(client: Client, count: int) -> None:
    """Have so many keymaps sent to a client, which reads none of them."""
    seat = client.bind("wl_seat")
    client.wait_for(lambda: seat.received("capabilities"), "a seat")
    for _ in range(count):
        seat("get_keyboard")("release")
    client.flush()


def xdg(client: Client) -> tuple[Object, Object]:
    """A surface and its xdg_surface, which acknowledges everything."""
    surface = client.the("wl_compositor")("create_surface")
    made = client.the("xdg_wm_base")("get_xdg_surface", surface)
    made.on("configure", lambda serial: made("ack_configure", serial))
    return surface, made


def raw(object_id: int, opcode: int, *words: int) -> bytes:
    """A message of whole words."""
    body = struct.pack(f"={len(words)}I", *(word & 0xFFFFFFFF for word in words))
    return struct.pack("=IHH", object_id, opcode, 8 + len(body)) + body


def string(content: bytes) -> bytes:
    """A string as it stands on the wire."""
    content += b"\0"
    return struct.pack("=I", len(content)) + content + bytes(-len(content) % 4)


def gates(session: SessionProcess) -> dict[str, Path]:
    """The directories in /proc of the gates that run now."""
    return {vm: Path("/proc") / str(pids[-1]) for vm in VMS if (pids := session.gate_pids(vm))}
