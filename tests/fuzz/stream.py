"""Whole hostile connections as bytes made beforehand, so that sending them costs next to nothing.

Serials are not known beforehand: marks stand for them, which are replaced when they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import PERMISSIONS, Policy

from .descriptors import SIZE, Descriptors
from .player import Player
from .records import MEMORY
from .source import Chance

CONFIGURED = 0x5EA1_0001
ENTERED = 0x5EA1_0002
"""Marks: the serial of the window's configure, and of the keyboard's or pointer's enter."""
FDS = 28
"""libwayland takes no more at a time."""
SYNC_EVERY = 8
"""So many requests, then a question that is answered when they were handled."""
FATAL = 40
"""One in so many requests that end a connection stays in: without the others it would be short.
What comes after it is for sessions without a gate, which may see no harm in it."""
REGISTRY, HELLO = 2, 3
"""Ids of every connection's first two objects: the registry, and the callback of the sync."""

Offered = Sequence[tuple[int, str, int]]
"""Numeric name, interface, version of each global."""
Pieces = list[tuple[bytes, list[int]]]
"""Bytes, and the kinds of the descriptors that go with their first."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A connection, in three parts: each but the last is sent when the one before was answered."""

    greeting: bytes
    """Asks for the globals; answered at HELLO."""
    scene: bytes
    """Binds everything, makes a window and commits it; answered at `ready`."""
    scene_fds: list[int]
    """The kinds of the descriptors that go with it."""
    ready: int
    xdg_surface: int
    keyboard: int
    pointer: int
    pieces: Pieces
    """What comes then."""
    syncs: frozenset[int]
    """Ids of callbacks in there: each answer is for SYNC_EVERY requests."""


def make(seed: int, offered: Offered, descriptors: Descriptors, length: int) -> Stream:
    """One connection of about `length` requests; the same for the same seed and globals."""
    chance = Chance(seed)
    policy = Policy(frozenset(PERMISSIONS), Limits(), utf8_titles=True)
    player = Player(chance, descriptors, policy=policy, mirrored=False, translated=False)
    player.introduce(offered)
    ask = player.request_of
    bound = player.bound
    surface = ask(bound["wl_compositor"], "create_surface")
    xdg_surface = ask(bound["xdg_wm_base"], "get_xdg_surface", surface)
    toplevel = ask(xdg_surface, "get_toplevel")
    ask(toplevel, "set_title", b"soak")
    ask(surface, "commit")
    seat = bound["wl_seat"]
    pointer, keyboard = ask(seat, "get_pointer"), ask(seat, "get_keyboard")
    spare = [ask(bound["wl_compositor"], "create_surface") for _ in range(3)]
    ask(bound["wl_subcompositor"], "get_subsurface", spare[0], surface)
    pool = ask(bound["wl_shm"], "create_pool", None, SIZE, kind=MEMORY)
    buffer = ask(pool, "create_buffer", 0, 64, 64, 256, 0)
    ask(bound["wl_data_device_manager"], "get_data_device", seat)
    ready = ask(1, "sync")
    scene = bytes(player.sent[player.greeting :])
    scene_fds = [kind for _, kind in player.sent_fds]
    greeting = bytes(player.sent[: player.greeting])
    # What the compositor will have said by then.
    player.event_of(toplevel, "configure", 0, 0, b"")
    player.event_of(xdg_surface, "configure", CONFIGURED)
    player.event_of(keyboard, "enter", ENTERED, surface, b"")
    player.event_of(pointer, "enter", ENTERED, surface, 0, 0)
    player.serials = [CONFIGURED, ENTERED]
    player.sent.clear()
    player.sent_fds.clear()
    ask(xdg_surface, "ack_configure", CONFIGURED)
    ask(surface, "attach", buffer, 0, 0)
    ask(surface, "frame")
    ask(surface, "commit")
    syncs = _wander(player, chance, length)
    stream = Stream(
        *(greeting, scene, scene_fds, ready, xdg_surface, keyboard, pointer),
        _pieces(bytes(player.sent), player.sent_fds),
        frozenset(syncs),
    )
    player.close()
    return stream


def _wander(player: Player, chance: Chance, length: int) -> list[int]:
    """Send anything; returns the ids of the syncs among it."""
    syncs = []
    sent = 4
    while sent < length:
        before, fds_before, next_id = len(player.sent), len(player.sent_fds), player.next_id
        player.any_request()
        if len(player.sent) == before:
            continue
        if player.over:
            player.forgive()
            if chance.below(FATAL):
                del player.sent[before:], player.sent_fds[fds_before:]
                player.next_id = next_id
                continue
        sent += 1
        if sent % SYNC_EVERY == SYNC_EVERY - 1:
            syncs.append(player.request_of(1, "sync"))
            sent += 1
    return syncs


def _pieces(data: bytes, fds: Sequence[tuple[int, int]]) -> Pieces:
    """Cut so that no piece has more descriptors than may go at a time."""
    cuts = [at for at, _ in fds[FDS::FDS]]
    starts, ends = [0, *cuts], [*cuts, len(data)]
    return [
        (data[start:end], [kind for _, kind in fds[i * FDS : (i + 1) * FDS]])
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
