"""Memory: whatever a VM says, the session takes no more for it than its limits, and gives it back.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from spectrum_session.gate import buffer_memory
from spectrum_session.gate.limits import Limits
from tests.wire import Client, Disconnected, Object, Window

from .growth import Peak, rss
from .stage import Stage, memory, raw, string

ROOM = 16 << 20
"""Bytes beyond its limit that a VM may cost: the heap's holes, and what is under way."""
LEFT = 8 << 20
"""Bytes that may stay when the attacker has gone: frames that are drawn, the heap's holes."""


@contextmanager
def _bounded(stage: Stage, limit: int, refusal: str = "") -> Iterator[Client]:
    """What happens to this client costs `limit` bytes of the session's memory at most, and nothing
    once the client has gone; it ends with this error, or goes on if that is empty."""
    client = stage.client()
    session = stage.session
    client.roundtrip()
    peak = Peak(session.process.pid)
    said = ""
    try:
        try:
            yield client
            for _ in range(3):
                client.roundtrip()
        except Disconnected as end:
            said = end.error.text if end.error is not None else "nothing"
        session.call("version")
    finally:
        grown = peak.end()
    assert grown <= limit + ROOM, f"the session grew by {grown >> 20} MiB"
    assert refusal in said if refusal else not said, f"it was told {said!r}, not {refusal!r}"
    stage.leave()
    stage.honest.tick()
    session.wait(
        lambda: rss(session.process.pid) <= peak.before + LEFT,
        f"memory to come back from {peak.most >> 20} to {peak.before >> 20} MiB",
    )


def _held(
    stage: Stage, refusal: str = "limit compositor-bytes"
) -> AbstractContextManager[Client]:
    return _bounded(stage, Limits().compositor_bytes, refusal)


class Flood:
    """Sends messages of one kind quickly."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._data = bytearray()

    def __call__(self, target: Object, request: str, *words: int) -> None:
        """One more."""
        self._data += raw(target.id, target.interface.requests[request].opcode, *words)
        if len(self._data) > 1 << 16:
            self.send()

    def send(self) -> None:
        """Send what waits, and wait until it is read. Raises Disconnected."""
        self.client.send_raw(bytes(self._data))
        self._data.clear()
        self.client.roundtrip()


def _stripes(client: Client, count: int) -> Object:
    """A region of rows and columns that cross each other: some count²/4 boxes."""
    region = client.the("wl_compositor")("create_region")
    flood = Flood(client)
    for at in range(count // 2):
        flood(region, "add", 0, 4 * at, 4000, 2)
    for at in range(count // 2):
        flood(region, "add", 4 * at, 0, 2, 4000)
    flood.send()
    return region


def _diagonal(client: Client, count: int) -> Object:
    """A region of so many boxes, none beside another."""
    region = client.the("wl_compositor")("create_region")
    flood = Flood(client)
    for at in range(count):
        flood(region, "add", 2 * at, 2 * at, 1, 1)
    flood.send()
    return region


def _subsurface(window: Window, on: Object | None = None) -> tuple[Object, Object]:
    client = window.client
    surface = client.the("wl_compositor")("create_surface")
    role = client.the("wl_subcompositor")("get_subsurface", surface, on or window.surface)
    return surface, role


def regions_that_wait(stage: Stage) -> None:
    """Each commit of a child that waits has a copy of its regions."""
    with _held(stage) as client:
        for another in (client, *(stage.client() for _ in range(7))):
            window = Window(another)
            region = _stripes(another, 80)
            flood = Flood(another)
            for child in [_subsurface(window)[0] for _ in range(16)]:
                for _ in range(60):
                    flood(child, "set_input_region", region.id)
                    flood(child, "set_opaque_region", region.id)
                    flood(child, "commit")
            flood.send()


def regions_on_many_surfaces(stage: Stage) -> None:
    """Thousands of surfaces with a region each."""
    with _held(stage) as client:
        region = _diagonal(client, 1000)
        flood = Flood(client)
        for _ in range(3900):
            surface = client.the("wl_compositor")("create_surface")
            for request in ("set_input_region", "set_opaque_region"):
                flood(surface, request, region.id)
            flood(surface, "commit")
        flood.send()


def regions_that_cross(stage: Stage) -> None:
    """Regions of a thousand rectangles that fall apart into a quarter of a million boxes."""
    with _held(stage, "boxes") as client:
        for _ in range(40):
            _stripes(client, 1000)


def regions_made_and_destroyed(stage: Stage) -> None:
    """Without end: none is left, and none is counted twice."""
    with _held(stage, "") as client:
        for _ in range(100):
            region = _diagonal(client, 1000)
            region("destroy")
            client.roundtrip()


def damage_that_waits(stage: Stage) -> None:
    """Each commit that waits has as much damage as it can have."""
    with _held(stage, "commits wait") as client:
        window = Window(client)
        children = [_subsurface(window)[0] for _ in range(100)]
        _draw(client, children, 400)
        flood = Flood(client)
        for _ in range(40):
            for child in children:
                for at in range(31):
                    flood(child, "damage_buffer", 0, 4 * at, 400, 2)
                    flood(child, "damage_buffer", 4 * at, 0, 2, 400)
                flood(child, "commit")
        flood.send()


def damage_on_many_surfaces(stage: Stage) -> None:
    """Damage that is never committed, and damage that is."""
    for committed in (False, True):
        with _held(stage) as client:
            flood = Flood(client)
            surfaces = [client.the("wl_compositor")("create_surface") for _ in range(3900)]
            _draw(client, surfaces, 130)
            for surface in surfaces:
                for at in range(31):
                    for request in ("damage", "damage_buffer"):
                        flood(surface, request, 4 * at, 4 * at, 2, 130 - 4 * at)
                if committed:
                    flood(surface, "commit")
            flood.send()


def _draw(client: Client, surfaces: list[Object], size: int) -> None:
    """Give surfaces a size, so that damage is not cut away."""
    flood = Flood(client)
    buffer = client.buffer(size, size, (9, 9, 9))
    for surface in surfaces:
        flood(surface, "attach", buffer.id, 0, 0)
        flood(surface, "commit")
    flood.send()


def waiting_below_what_waits(stage: Stage) -> None:
    """A subsurface that does not wait by itself, on one that does and is never committed: wlroots
    keeps its commits whatever the window does."""
    with _held(stage, "commits wait") as client:
        window = Window(client)
        region = _diagonal(client, 1000)
        flood = Flood(client)
        for _ in range(16):
            middle, _ = _subsurface(window)
            child, role = _subsurface(window, middle)
            role("set_desync")
            for _ in range(1000):
                flood(child, "set_input_region", region.id)
                flood(child, "commit")
                flood(window.surface, "commit")
        flood.send()


def names_of_formats(stage: Stage) -> None:
    """Thousands of sources of 64 long names each."""
    with _held(stage) as client:
        manager = client.the("wl_data_device_manager")
        for _ in range(6000):
            source = manager("create_data_source")
            opcode = source.interface.requests["offer"].opcode
            data = bytearray()
            for number in range(64):
                words = string(b"text/" + str(number).encode().rjust(250, b"x"))
                data += struct.pack("=IHH", source.id, opcode, 8 + len(words)) + words
            client.send_raw(bytes(data))
            client.roundtrip()


def callbacks_without_an_answer(stage: Stage) -> None:
    """Of a surface that is never shown: frames, and when they were presented."""

    def frames(client: Client) -> Callable[[], object]:
        surface = client.the("wl_compositor")("create_surface")
        return lambda: (surface("frame"), surface("commit"))

    def feedbacks(client: Client) -> Callable[[], object]:
        surface = client.the("wl_compositor")("create_surface")
        presentation = client.the("wp_presentation")
        # Each commit discards those of the one before.
        return lambda: presentation("feedback", surface)

    for kind in (frames, feedbacks):
        with _held(stage, "limit objects") as client:
            make = kind(client)
            for number in range(25_000):
                make()
                if number % 500 == 0:
                    client.roundtrip()


def as_many_windows_as_there_may_be(stage: Stage) -> None:
    """As many windows as it may have, with long titles."""
    with _held(stage, "limit toplevels") as client:
        shell = client.the("xdg_wm_base")
        for _ in range(600):
            surface = client.the("wl_compositor")("create_surface")
            toplevel = shell("get_xdg_surface", surface)("get_toplevel")
            toplevel("set_title", "t" * 1000)
            toplevel("set_app_id", "a" * 1000)
            client.roundtrip()


def holes_in_buffers(stage: Stage) -> None:
    """Sparse files as pools: what the session reads of them becomes memory."""
    size = 1 << 30
    with _bounded(stage, buffer_memory.LEAST, "limit buffer-bytes") as client:
        fds = [memory(size) for _ in range(4)]
        window = Window(client, size=(3000, 2000))
        stage.session.call("version")
        try:
            for number in range(160):
                if number % 40 == 0:
                    pool = client.the("wl_shm")("create_pool", fds[number // 40], size)
                    os.close(fds[number // 40])
                row = 3000 * 4
                part = row * 2000
                buffer = pool("create_buffer", number % 40 * part, 3000, 2000, row, 0)
                window.surface("attach", buffer, 0, 0)
                window.surface("damage_buffer", 0, 0, 3000, 2000)
                window.surface("frame").on("done", lambda _time: None)
                window.commit()
                client.roundtrip()
                stage.screen()
        finally:
            for fd in fds:
                with suppress(OSError):
                    os.close(fd)
