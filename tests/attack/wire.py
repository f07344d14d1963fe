"""Bytes that are no messages, ids that are not the sender's, descriptors nobody asked for."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable

from tests.wire import Client, Connection, Window

from . import errors
from .errors import Display
from .stage import Stage, memory, raw, string

INVALID_OBJECT, INVALID_METHOD = Display.INVALID_OBJECT, Display.INVALID_METHOD


def malformed_messages(stage: Stage) -> None:
    """Each ends its own connection."""
    methods = [
        struct.pack("=IHH", 1, 0, 4),
        struct.pack("=IHH", 1, 0, 0),
        struct.pack("=IHH", 1, 0, 9) + b"x",
        struct.pack("=IHH", 1, 0, 65532) + bytes(65524),
        raw(1, 999),
        raw(1, 0),
        raw(1, 0, 3, 3),
    ]
    objects = [
        raw(77, 0),
        raw(0, 0),
        raw(0xFF000000, 0),
        raw(1, 0, 0),
        raw(1, 0, 1),
        raw(1, 0, 2),
        raw(1, 0, 5000),
        raw(1, 0, 0xFF000005),
        raw(1, 0, 0xFFFFFFFF),
    ]
    for code, pieces in ((INVALID_METHOD, methods), (INVALID_OBJECT, objects)):
        for piece in pieces:
            client = stage.client()
            client.send_raw(piece)
            stage.error(client, "wl_display", code)


def malformed_strings(stage: Stage) -> None:
    """Lengths that lie, no end, an end in the middle."""
    client = stage.client()
    name = client.offers("wl_compositor")[0].name
    for text, code in (
        (struct.pack("=I", 0xFFFFFFFF), INVALID_METHOD),
        (struct.pack("=I", 0x7FFFFFFF) + b"wl_c", INVALID_METHOD),
        (struct.pack("=I", 4) + b"wl_c", INVALID_METHOD),
        (struct.pack("=I", 14) + b"wl\0compositor\0\0\0", INVALID_METHOD),
        (struct.pack("=I", 0), INVALID_METHOD),
        (string(b"\xff\xfe"), INVALID_OBJECT),
        (string(b"wl_shm"), INVALID_OBJECT),
        (string(b"wl_compositor" + b"x" * 3000), INVALID_OBJECT),
    ):
        client = stage.client()
        registry = client.registry.id
        end = struct.pack("=II", 1, client.new_id())
        client.send(registry, 0, struct.pack("=I", name) + text + end)
        stage.error(client, "wl_registry", code)


def titles_that_are_no_text(stage: Stage) -> None:
    """A title's bytes are not UTF-8: made harmless, never handed on."""
    for content in (b"\xff\xfe\x80", b"\xed\xa0\x80", b"\xc0\xae", b"\xf8\x88\x80\x80\x80"):
        window = stage.window()
        client = window.client
        opcode = window.toplevel.interface.requests["set_title"].opcode
        client.send(window.toplevel.id, opcode, string(content))
        stage.harmless(client)
        (seen,) = stage.seen()
        assert seen["title"].isprintable()
        client.close()
        stage.session.wait(lambda: not stage.seen(), "the window to go")


def random_bytes(stage: Stage) -> None:
    """Nobody makes sense of them."""
    chance = random.Random(8)
    for number in range(150):
        client = stage.client()
        client.send_raw(chance.randbytes(chance.randrange(8, 3000)), ())
        client.pump()
        if number % 30 == 0:
            stage.honest.tick()


def half_a_message_for_ever(stage: Stage) -> None:
    """It announces more than it sends, on many connections."""
    for _ in range(50):
        client = stage.client()
        client.send_raw(struct.pack("=IHH", 1, 0, 12) + b"\1\0")
        client.pump()
    stage.honest.tick()


def foreign_object_ids(stage: Stage) -> None:
    """Ids are each connection's own: another client's surface cannot be named."""
    victim = stage.window(title="victim")
    thief = stage.client()
    stage.harmless(thief)
    registry = thief.registry.id
    for target in (victim.surface, victim.toplevel, victim.xdg_surface):
        client = stage.client()
        number = target.id + 200
        client.send(number, 0)
        stage.refused(client, codes=(INVALID_OBJECT,))
    # The same number is an object of its own kind here.
    thief.send(registry, 4)
    stage.refused(thief, codes=(INVALID_METHOD,))
    victim.client.roundtrip()
    assert stage.seen(title="victim")


def objects_of_the_wrong_kind(stage: Stage) -> None:
    """A buffer where a surface is wanted, and the like."""
    def send(target: str, opcode: int, *words: str) -> None:
        client = stage.client()
        window = Window(client)
        known = {
            "window": window.surface.id,
            "registry": client.registry.id,
            "display": 1,
            **{name: client.the(name).id for name in _SHARED},
        }
        client.send_raw(
            raw(
                known[target],
                opcode,
                *(client.new_id() if word == "new" else known.get(word, 0) for word in words),
            )
        )
        stage.refused(client, codes=(INVALID_OBJECT,))

    send("xdg_wm_base", 2, "new", "wl_compositor")
    send("window", 1, "wl_shm", "0", "0")
    send("window", 4, "registry")
    send("wl_compositor", 0, "registry")
    send("wl_subcompositor", 1, "new", "window", "display")
    send("wl_subcompositor", 1, "new", "window", "0")
    send("wl_subcompositor", 1, "new", "0", "window")


_SHARED = ("wl_compositor", "wl_subcompositor", "wl_shm", "xdg_wm_base")


def dead_objects(stage: Stage) -> None:
    """What was destroyed is used once more, before its id is free."""
    client = stage.client()
    surface = client.the("wl_compositor")("create_surface")
    surface("destroy")
    client.send(surface.id, 6)
    stage.refused(client, codes=(INVALID_OBJECT,))
    client = stage.client()
    window = Window(client)
    region = client.the("wl_compositor")("create_region")
    region("destroy")
    client.send_raw(raw(window.surface.id, 4, region.id))
    stage.refused(client, codes=(INVALID_OBJECT,))


def requests_newer_than_the_object(stage: Stage) -> None:
    """wl_surface.offset of a compositor that was bound in version 1."""
    client = stage.client()
    surface = client.bind("wl_compositor", 1)("create_surface")
    for opcode in (7, 8, 9, 10):
        client = stage.client()
        surface = client.bind("wl_compositor", 1)("create_surface")
        client.send_raw(raw(surface.id, opcode, 1, 1, 1, 1)[: 8 + 4 * (1, 1, 4, 2)[opcode - 7]])
        stage.error(client, "wl_surface", INVALID_METHOD)


def hidden_globals_by_number(stage: Stage) -> None:
    """Everything that the host has and the VM has not, idle-notify and security contexts among
    it, bound by its number in the host's registry."""
    probe = stage.client()
    offered = {one.interface for one in probe.globals.values()}
    hidden = [one for one in stage.host.globals.values() if one.interface not in offered]
    names = {one.interface for one in hidden}
    assert {"wp_security_context_manager_v1", "ext_idle_notifier_v1"} <= names
    assert {"zwlr_layer_shell_v1", "zwlr_screencopy_manager_v1"} <= names
    for one in hidden:
        client = stage.client()
        client.bind_by_name(one.name, one.interface, 1)
        stage.refused(client, codes=(INVALID_OBJECT,))
        client.close()


def globals_by_guess(stage: Stage) -> None:
    """Numbers around those that are known, as something that is allowed."""
    known = stage.client().globals
    for number in [*range(0, max(known) + 8), 0x7FFFFFFF, 0xFFFFFFFF]:
        if number in known and known[number].interface == "wl_shm":
            continue
        client = stage.client()
        client.bind_by_name(number, "wl_shm", 1)
        stage.refused(client, codes=(INVALID_OBJECT,))
        client.close()


def bad_versions(stage: Stage) -> None:
    """0, and one more than was offered."""
    for version in (0, 99, 0xFFFFFFFF):
        client = stage.client()
        client.bind_by_name(client.offers("wl_compositor")[0].name, "wl_compositor", version)
        stage.refused(client, codes=(INVALID_OBJECT,))


def descriptors_nobody_asked_for(stage: Stage) -> None:
    """Twenty with every message that takes none: they pile up nowhere."""
    before = len(os.listdir(f"/proc/{stage.session.process.pid}/fd"))
    for _ in range(10):
        client = stage.client()
        with open(os.devnull, "rb") as file:
            for _ in range(40):
                asked = client.make("wl_callback", 1)
                client.send_raw(raw(1, 0, asked.id), [file.fileno()] * 20)
            client.flush()
        stage.refused(client, "descriptors")
        assert len(os.listdir(f"/proc/{stage.session.process.pid}/fd")) < before + 40
    stage.honest.tick()


def a_message_without_its_descriptor(stage: Stage) -> None:
    """create_pool, and nothing beside it."""
    client = stage.client()
    shm = client.the("wl_shm")
    client.send_raw(raw(shm.id, 0, client.new_id(), 4096))
    stage.error(client, "wl_shm", INVALID_METHOD)


def descriptors_of_the_wrong_kind(stage: Stage) -> None:
    """A pipe, a directory, a device, a socket, a file that cannot be written: as shared memory."""
    ends = os.pipe()
    kinds = [
        *ends,
        os.open(os.devnull, os.O_RDWR),
        os.open("/", os.O_RDONLY),
        os.open("/", os.O_PATH),
        os.open("/proc/self/status", os.O_RDONLY),
        os.open("/etc/passwd", os.O_RDONLY),
        os.eventfd(0),
    ]
    try:
        for fd in kinds:
            client = stage.client()
            client.the("wl_shm")("create_pool", fd, 4096)
            stage.error(client, "wl_shm", errors.Shm.INVALID_FD)
    finally:
        for fd in kinds:
            os.close(fd)


def a_file_that_nobody_can_read(stage: Stage) -> None:
    """Shared memory by a descriptor that only names it: the window shows nothing of it."""
    fd = memory(200 * 200 * 4)
    path = os.open(f"/proc/self/fd/{fd}", os.O_PATH)
    window = stage.window(size=(200, 200))
    pool = window.client.the("wl_shm")("create_pool", path, 200 * 200 * 4)
    buffer = pool("create_buffer", 0, 200, 200, 800, 0)
    window.surface("attach", buffer, 0, 0)
    window.surface("damage", 0, 0, 200, 200)
    window.commit()
    stage.harmless(window.client)
    for one in (fd, path):
        os.close(one)


def an_error_in_each_interface(stage: Stage) -> None:
    """Every object that a client can have without input is told something it has no request for."""
    probe = stage.client()
    for interface in sorted({one.interface for one in probe.globals.values()}):
        client = stage.client()
        target = client.the(interface)
        client.send(target.id, 60)
        stage.refused(client, codes=(INVALID_METHOD,))
        client.close()


def hang_up_everywhere(stage: Stage) -> None:
    """Hang up after each message of a window's life, with answers unread."""
    for steps in range(14):
        connection: Connection = stage.client()
        assert isinstance(connection, Client)
        _life(connection, steps)
        connection.flush()
        connection.close()


def _life(client: Client, steps: int) -> None:
    surface = client.the("wl_compositor")("create_surface")
    made = client.the("xdg_wm_base")("get_xdg_surface", surface)
    toplevel = made("get_toplevel")
    messages: list[Callable[[], object]] = [
        lambda: toplevel("set_title", "hang up"),
        lambda: client.the("zxdg_decoration_manager_v1")("get_toplevel_decoration", toplevel),
        lambda: surface("commit"),
        lambda: client.the("wp_viewporter")("get_viewport", surface),
        lambda: client.the("wp_fractional_scale_manager_v1")("get_fractional_scale", surface),
        lambda: client.wait_for(lambda: made.received("configure"), "a configure"),
        lambda: made("ack_configure", made.received("configure")[0][0]),
        lambda: surface("attach", client.buffer(50, 50, (1, 2, 3)), 0, 0),
        lambda: surface("frame"),
        lambda: surface("commit"),
        client.roundtrip,
        lambda: surface("attach", None, 0, 0),
        lambda: surface("commit"),
    ]
    for message in messages[:steps]:
        message()
