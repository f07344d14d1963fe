"""One end of a machine's network link that can send anything: Ethernet frames by hand.

What QEMU speaks on a stream: each frame behind its length, four bytes in network order.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType

ARP, IPV4 = 0x0806, 0x0800
ICMP, TCP, UDP = 1, 6, 17
SYN, ACK, RST = 0x02, 0x10, 0x04
BROADCAST = "ff:ff:ff:ff:ff:ff"

_ANSWER_S = 0.2
"""How long one try waits for an answer; all tries together wait much longer."""


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def checksum(data: bytes) -> int:
    """The internet checksum."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def ipv4(source: str, to: str, protocol: int, payload: bytes) -> bytes:
    """A packet."""
    addresses = socket.inet_aton(source) + socket.inet_aton(to)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    return head[:10] + struct.pack("!H", checksum(head + addresses)) + addresses + payload


def tcp(source: str, to: str, ports: tuple[int, int], flags: int, number: int = 1) -> bytes:
    """A packet that begins or breaks off a connection, without data."""
    head = struct.pack("!HHIIBBHHH", *ports, number, 0, 6 << 4, flags, 65535, 0, 0)
    head += struct.pack("!BBH", 2, 4, 1400)  # the longest segment, as everybody says it
    return ipv4(source, to, TCP, _summed(source, to, TCP, head, 16))


def udp(source: str, to: str, ports: tuple[int, int], data: bytes) -> bytes:
    """A datagram."""
    head = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    return ipv4(source, to, UDP, _summed(source, to, UDP, head, 6))


def ping(source: str, to: str, number: int = 7) -> bytes:
    """An echo request."""
    body = struct.pack("!BBHHH", 8, 0, 0, number, 1) + b"spectrum"
    return ipv4(source, to, ICMP, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def _summed(source: str, to: str, protocol: int, segment: bytes, at: int) -> bytes:
    pseudo = socket.inet_aton(source) + socket.inet_aton(to)
    pseudo += struct.pack("!BBH", 0, protocol, len(segment))
    return segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2 :]


class Port:
    """A network device on a link, with a MAC of its own and whatever address it likes."""

    def __init__(self, link: socket.socket, mac: str, deadline_s: float) -> None:
        """`link`: connected to the other end of the link, and the port's from now on."""
        self.mac = mac
        self.router = BROADCAST
        """Where packets are sent to: everybody, until `resolve` knew better."""
        self._deadline_s = deadline_s
        self._socket = link
        self._rest = b""
        self._last_port = 20000

    def __enter__(self) -> Port:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, kind: int, payload: bytes, to: str | None = None) -> None:
        """A frame, to the router unless told."""
        frame = mac_bytes(to or self.router) + mac_bytes(self.mac) + struct.pack("!H", kind)
        frame += payload
        self._socket.settimeout(self._deadline_s)
        self._socket.sendall(struct.pack("!I", len(frame)) + frame)

    def flood(self, kind: int, payload: bytes, count: int) -> int:
        """Send frames until `count` are on their way or nobody takes more; how many were."""
        frame = mac_bytes(self.router) + mac_bytes(self.mac) + struct.pack("!H", kind) + payload
        data = memoryview((struct.pack("!I", len(frame)) + frame) * count)
        self._socket.setblocking(False)
        sent = 0
        try:
            while sent < len(data):
                sent += self._socket.send(data[sent:])
        except BlockingIOError:
            pass
        return sent // (4 + len(frame))

    def frames(self, for_s: float) -> list[bytes]:
        """What arrives in this time."""
        found: list[bytes] = []
        end = time.monotonic() + for_s
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                break
            if not data:
                raise ConnectionError("the other end of the link is gone")
            self._rest += data
            while len(self._rest) >= 4:
                (length,) = struct.unpack("!I", self._rest[:4])
                if len(self._rest) < 4 + length:
                    break
                found.append(self._rest[4 : 4 + length])
                self._rest = self._rest[4 + length :]
        return found

    def resolve(self, source: str, address: str) -> str:
        """The MAC that answers for an address, which is `router` from then on."""
        ask = struct.pack("!HHBBH", 1, IPV4, 6, 4, 1) + mac_bytes(self.mac)
        ask += socket.inet_aton(source) + bytes(6) + socket.inet_aton(address)

        def answer(frame: bytes) -> bool:
            return (
                frame[12:14] == struct.pack("!H", ARP)
                and frame[20:22] == b"\0\2"
                and frame[28:32] == socket.inet_aton(address)
            )

        frame = self.ask(ARP, ask, answer, BROADCAST)
        assert frame is not None, f"nobody answers for {address}"
        self.router = frame[22:28].hex(":")
        return self.router

    def opens(self, source: str, to: str, port: int, deadline_s: float) -> bool:
        """Does somebody take a connection from this address to that?"""
        self._last_port += 1
        ports = (self._last_port, port)
        call = tcp(source, to, ports, SYN)
        taken = self.ask(IPV4, call, lambda frame: accepts(frame, to, port), None, deadline_s)
        self.send(IPV4, tcp(source, to, ports, RST, 2))
        return taken is not None

    def ask(
        self,
        kind: int,
        payload: bytes,
        wanted: Callable[[bytes], bool],
        to: str | None = None,
        deadline_s: float | None = None,
    ) -> bytes | None:
        """Send until something wanted arrives; None when nothing did until the deadline."""
        end = time.monotonic() + (self._deadline_s if deadline_s is None else deadline_s)
        while time.monotonic() < end:
            self.send(kind, payload, to)
            for frame in self.frames(_ANSWER_S):
                if wanted(frame):
                    return frame
        return None


def packets(frame: bytes, protocol: int, source: str) -> bytes | None:
    """What is in a frame's packet when it is of this protocol and from this address, else None."""
    if frame[12:14] != struct.pack("!H", IPV4) or frame[23] != protocol:
        return None
    if frame[26:30] != socket.inet_aton(source):
        return None
    return frame[14 + 4 * (frame[14] & 15) :]


def accepts(frame: bytes, source: str, port: int) -> bool:
    """Is it the second packet of a connection, from this port?"""
    segment = packets(frame, TCP, source)
    if segment is None or struct.unpack("!H", segment[:2]) != (port,):
        return False
    return segment[13] & (SYN | ACK) == SYN | ACK
