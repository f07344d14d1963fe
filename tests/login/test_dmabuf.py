"""Programs that draw with OpenGL, in graphics memory and without it, on the host's socket and VMs'.

There is no GPU here and OpenGL is Mesa's llvmpipe. A program that lets Mesa choose gets shared
memory from it. One that asks the graphics adapter for memory (libgbm) gets buffers of the kernel's,
draws in them and hands them over as dmabufs, which the session imports into its own OpenGL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.wire.picture import Picture, box

from .scenarios import GREETD, USER_S6
from .seat import Seat

GLES2 = pytest.mark.parametrize(
    "seat", [USER_S6, GREETD], ids=lambda one: one.name, indirect=True
)
PERMITTED, OTHER = "work", "personal"
"""Names of VMs in the guest's configuration."""
DMABUF = b"zwp_linux_dmabuf_v1"
IN_GRAPHICS_MEMORY = ("weston-simple-dmabuf-egl", "-d", "/dev/dri/card0", "-e", "0")
"""Dumb buffers are to be had from this node alone. Explicit synchronisation is not offered."""
AS_MESA_LIKES = ("weston-simple-egl",)
LOG = "/tmp/egl.log"


@contextmanager
def drawing(seat: Seat, vm: str | None, program: tuple[str, ...]) -> Iterator[int]:
    """A program runs on the host's socket or on a VM's; what it says to the compositor and hears
    from it goes to LOG. Its number in the guest."""
    display = "wayland-1"
    if vm is not None:
        seat.call("vm-start", name=vm)
        display = seat.call("vm-socket", name=vm)["path"]
    environment = {"WAYLAND_DISPLAY": display, "WAYLAND_DEBUG": "1"}
    pid = seat.spawn(*program, environment=environment, log=LOG)
    yield pid
    seat.machine.ask("end", pid=pid, number=15)
    seat.wait(lambda: not seat.call("windows"), "the window to go")
    if vm is not None:
        seat.call("vm-stop", name=vm)


def said(seat: Seat) -> bytes:
    """The log so far."""
    return seat.machine.read(LOG) or b""


@GLES2
@pytest.mark.parametrize("vm", [None, PERMITTED])
def test_graphics_memory_is_shown(desk: Seat, vm: str | None) -> None:
    with drawing(desk, vm, IN_GRAPHICS_MEMORY):
        window = desk.wait_window(vm=vm, title="simple-dmabuf-egl", focused=True)
        x, y, *_ = box(window["content"])

        def shaded(picture: Picture) -> bool:
            # Its square goes from one colour at each corner to the next.
            return len(picture.colors((x, y, 256, 256))) > 1000

        desk.wait_screen(shaded, "what it drew")
        desk.wait(lambda: said(desk).count(b".done(") > 5, "frames to be shown")
        desk.keep_picture(f"dmabuf-{vm or 'host'}-{desk.scenario.name}")
    log = said(desk)
    assert b"zwp_linux_buffer_params_v1#" in log and b".created(new id wl_buffer#" in log
    assert b"wl_shm_pool#" not in log


@GLES2
def test_graphics_memory_takes_permission(desk: Seat) -> None:
    with drawing(desk, OTHER, IN_GRAPHICS_MEMORY) as pid:
        desk.wait(lambda: desk.machine.ask("ended", pid=pid) is not None, "it to give up")
    log = said(desk)
    assert b"wl_compositor" in log and DMABUF not in log.replace(b"No " + DMABUF, b"")
    # That keeps nobody from drawing with OpenGL.
    with drawing(desk, OTHER, AS_MESA_LIKES):
        desk.wait_window(vm=OTHER, title="simple-egl")
        desk.wait(lambda: said(desk).count(b".done(") > 5, "frames to be shown")
    assert DMABUF not in said(desk)
