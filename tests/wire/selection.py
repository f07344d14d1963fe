"""Clipboard, primary selection and drags of a client."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from .client import Client
from .connection import DEADLINE_S, Object
from .devices import Seat
from .window import Surface

KINDS = {
    "clipboard": "wl_data_device_manager",
    "primary": "zwp_primary_selection_device_manager_v1",
}
COPY = 1
"""The action of a drag."""


class Offer:
    """Data that somebody offers."""

    def __init__(self, client: Client, offer: Object) -> None:
        self.client = client
        self.object = offer

    @property
    def types(self) -> list[str]:
        """The MIME types in which it can be had."""
        return [str(args[0]) for args in self.object.received("offer")]

    def read(self, kind: str, *others: Client) -> bytes:
        """All of it. `others` are clients of this process that have to answer."""
        ours, theirs = os.pipe()
        try:
            self.object("receive", kind, theirs)
            self.client.flush()
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        data = bytearray()
        end = time.monotonic() + DEADLINE_S
        try:
            while time.monotonic() < end:
                # A source answers on its own connection: look at all of them in turn.
                for client in others:
                    client.pump()
                self.client.roundtrip()
                try:
                    chunk = os.read(ours, 65536)
                except BlockingIOError:
                    continue
                if not chunk:
                    return bytes(data)
                data += chunk
        finally:
            os.close(ours)
        raise AssertionError(f"waited in vain for the data of {self.object!r}")


class Selection:
    """A data device: one client's view of the clipboard, or of the primary selection."""

    def __init__(self, seat: Seat, kind: str = "clipboard") -> None:
        self.seat = seat
        self.client = seat.client
        self.manager = self.client.the(KINDS[kind])
        primary = kind == "primary"
        self._make_source = "create_source" if primary else "create_data_source"
        self.device = self.manager("get_device" if primary else "get_data_device", seat.seat)
        self.current: Offer | None = None
        """What is selected, as far as this client was told."""
        self.told = 0
        """How often it was told what is selected."""
        self.dragged: Offer | None = None
        """What is dragged over one of its surfaces."""
        self.drag_entered = 0
        self.dropped = 0
        self.cancelled = 0
        """How many of its own sources nobody wants any more."""
        self._data: dict[int, Mapping[str, bytes]] = {}
        self._drag_serial = 0
        self.device.on("selection", self._selected)
        self.device.on("enter", self._entered)
        self.device.on("leave", self._left)
        self.device.on("drop", self._drop)
        self.client.roundtrip()

    def offer(self, data: Mapping[str, bytes]) -> Object:
        """A source of data by MIME type."""
        source = self.manager(self._make_source)
        for kind in data:
            source("offer", kind)
        source.on("send", lambda kind, fd: _send(data, kind, fd))
        source.on("cancelled", self._cancelled)
        return source

    def set(self, data: Mapping[str, bytes] | None, serial: int | None = None) -> None:
        """Select data, or nothing; by default with the serial of the last press."""
        source = self.offer(data) if data is not None else None
        if serial is None:
            serial = self.seat.press_serial
        self.device("set_selection", source, serial)
        self.client.roundtrip()

    def drag(
        self, data: Mapping[str, bytes], origin: Surface, icon: Surface | None = None
    ) -> Object:
        """Start to drag from a surface on which a button is held; returns the source."""
        source = self.offer(data)
        source("set_actions", COPY)
        self.device(
            "start_drag",
            source,
            origin.surface,
            icon.surface if icon is not None else None,
            self.seat.press_serial,
        )
        self.client.roundtrip()
        return source

    def accept(self, kind: str) -> None:
        """Say that what is dragged may be dropped here."""
        assert self.dragged is not None
        self.dragged.object("accept", self._drag_serial, kind)
        self.dragged.object("set_actions", COPY, COPY)
        self.client.roundtrip()

    def _selected(self, offer: Object | None) -> None:
        self.told += 1
        self.current = Offer(self.client, offer) if offer is not None else None

    def _entered(
        self, serial: int, _surface: Object | None, _x: float, _y: float, offer: Object | None
    ) -> None:
        self.drag_entered += 1
        self._drag_serial = serial
        self.dragged = Offer(self.client, offer) if offer is not None else None

    def _left(self) -> None:
        self.dragged = None

    def _drop(self) -> None:
        self.dropped += 1

    def _cancelled(self) -> None:
        self.cancelled += 1


def _send(data: Mapping[str, bytes], kind: str, fd: int) -> None:
    try:
        os.write(fd, data[kind])
    finally:
        os.close(fd)
