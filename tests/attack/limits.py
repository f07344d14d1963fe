"""Each limit, reached over the real socket by a VM that is given little: what it says, who sees it,
and that nobody else notices."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.wire import Client, Connection, Disconnected, Object

from .stage import ALLOWED, Stage, memory, pool_of, raw, xdg


def _refusals(stage: Stage, limit: str) -> int:
    found = stage.session.call("vm-status", name="small")["usage"]["refused"]
    return int(found.get(limit, 0))


def _told(stage: Stage, limit: str) -> None:
    """The user can see which limit it was: in the log, and in the VM's status."""
    said = stage.session.spectrumctl("vm", "status", "small").stdout.decode()
    assert any(limit in line for line in said.splitlines()), said
    stage.session.wait(
        lambda: f"small: refused: limit {limit}" in stage.session.log(), f"the log to name {limit}"
    )
    stage.honest.tick()


def _ends(stage: Stage, limit: str, take: Callable[[Client], object]) -> None:
    """The request that would be one too many ends its connection and names the limit; with the
    connection everything is given back."""
    for _ in range(2):
        before = _refusals(stage, limit)
        client = stage.small()
        with pytest.raises(Disconnected):
            for _ in range(ALLOWED[limit] + 2):
                take(client)
                client.roundtrip()
        error = stage.refused(client, f"limit {limit}: this VM may have {ALLOWED[limit]} at most")
        assert error.interface in ("wl_display", ""), error
        assert _refusals(stage, limit) == before + 1
        client.close()
    _told(stage, limit)


def too_many_windows(stage: Stage) -> None:
    """toplevels"""
    _ends(stage, "toplevels", lambda client: xdg(client)[1]("get_toplevel"))


def too_many_surfaces(stage: Stage) -> None:
    """surfaces"""
    _ends(stage, "surfaces", lambda client: client.the("wl_compositor")("create_surface"))


def too_many_buffers(stage: Stage) -> None:
    """buffers"""
    manager = "wp_single_pixel_buffer_manager_v1"
    _ends(
        stage,
        "buffers",
        lambda client: client.the(manager)("create_u32_rgba_buffer", 0, 0, 0, 0),
    )


def too_many_objects(stage: Stage) -> None:
    """objects"""
    _ends(stage, "objects", lambda client: client.the("wl_compositor")("create_region"))


def too_many_inhibitors(stage: Stage) -> None:
    """inhibitors"""

    def take(client: Client) -> None:
        surface = client.the("wl_compositor")("create_surface")
        client.the("zwp_idle_inhibit_manager_v1")("create_inhibitor", surface)

    _ends(stage, "inhibitors", take)


def too_many_descriptors(stage: Stage) -> None:
    """fds: the files behind pools"""
    fd = memory(4096)
    try:
        _ends(stage, "fds", lambda client: client.the("wl_shm")("create_pool", fd, 4096))
    finally:
        os.close(fd)


def too_much_memory(stage: Stage) -> None:
    """shm-bytes: in one pool, in several, and in one that grows"""
    allowed = ALLOWED["shm-bytes"]
    fd = memory(4 * allowed)
    try:
        for sizes, grown in (
            ([allowed + 4096], 0),
            ([allowed // 2] * 3, 0),
            ([4096], allowed + 4096),
        ):
            before = _refusals(stage, "shm-bytes")
            client = stage.small()
            for size in sizes:
                pool = client.the("wl_shm")("create_pool", fd, size)
            if grown:
                pool("resize", grown)
            stage.refused(client, f"limit shm-bytes: this VM may have {allowed} at most")
            assert _refusals(stage, "shm-bytes") == before + 1
            client.close()
    finally:
        os.close(fd)
    _told(stage, "shm-bytes")


def too_much_of_the_compositor(stage: Stage) -> None:
    """compositor-bytes: changes that wait, with a region each"""
    children: dict[Client, tuple[Object, Object]] = {}

    def take(client: Client) -> None:
        if client not in children:
            compositor = client.the("wl_compositor")
            region = compositor("create_region")
            for at in range(500):
                region("add", 2 * at, 2 * at, 1, 1)
            child, parent = compositor("create_surface"), compositor("create_surface")
            client.the("wl_subcompositor")("get_subsurface", child, parent)
            children[client] = (child, region)
        child, region = children[client]
        child("set_input_region", region)
        child("commit")

    _ends(stage, "compositor-bytes", take)


def too_much_memory_behind_buffers(stage: Stage) -> None:
    """buffer-bytes: a hole that the compositor would read"""

    def take(client: Client) -> None:
        pool, fd = pool_of(client, ALLOWED["shm-bytes"])
        os.close(fd)
        surface = client.the("wl_compositor")("create_surface")
        surface("attach", pool("create_buffer", 0, 512, 512, 2048, 0), 0, 0)
        surface("commit")

    _ends(stage, "buffer-bytes", take)


def too_many_connections(stage: Stage) -> None:
    """connections: who comes too late is hung up on; when one leaves there is room again"""
    held = [stage.small() for _ in range(ALLOWED["connections"])]
    before = _refusals(stage, "connections")
    for _ in range(20):
        with Connection(stage.small_path) as late:
            assert late.wait_closed() is None
    assert _refusals(stage, "connections") == before + 20
    for client in held:
        stage.harmless(client)
    _told(stage, "connections")
    held[0].close()
    stage.session.wait(
        lambda: stage.session.call("vm-status", name="small")["connections"] < len(held),
        "room for one",
    )
    stage.harmless(stage.small())


def _stalls(stage: Stage) -> int:
    return int(stage.session.call("vm-status", name="small")["usage"]["stalls"])


def _floods(stage: Stage, limit: str, message: Callable[[Client], bytes]) -> None:
    """The VM is read from no further for a while, and loses nothing; others go on."""
    before = _stalls(stage)
    client = stage.small()
    flood = message(client) * ALLOWED[limit]
    for _ in range(4):
        client.send_raw(flood)
        client.pump()
        stage.honest.tick()
    stage.session.wait(lambda: _stalls(stage) > before, "the VM to stall")
    stage.honest.tick()
    stage.harmless(client)
    _told(stage, limit)


def a_flood_of_messages(stage: Stage) -> None:
    """messages-per-second"""

    def message(client: Client) -> bytes:
        place = client.the("xdg_wm_base")("create_positioner")
        return raw(place.id, place.interface.requests["set_offset"].opcode, 1, 1)

    _floods(stage, "messages-per-second", message)


def a_flood_of_commits(stage: Stage) -> None:
    """commits-per-second"""

    def message(client: Client) -> bytes:
        surface = client.the("wl_compositor")("create_surface")
        return raw(surface.id, surface.interface.requests["commit"].opcode)

    _floods(stage, "commits-per-second", message)


def one_that_never_reads(stage: Stage) -> None:
    """queued-bytes: it asks and asks and takes no answer, until it is let go"""
    before = _refusals(stage, "queued-bytes")
    client = stage.small()
    # The registry's answer is a few thousand bytes; the kernel holds back some of them too.
    for _ in range(350):
        client.send_raw(raw(1, 1, client.make("wl_registry", 1).id))
    client.flush()
    stage.session.wait(lambda: _refusals(stage, "queued-bytes") > before, "it to be let go")
    _told(stage, "queued-bytes")
    with pytest.raises(Disconnected):
        stage.harmless(client)
