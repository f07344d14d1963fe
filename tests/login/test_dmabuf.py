"""Programs that draw with OpenGL show on the host's socket and on VMs', however their pixels go.

How depends on the driver: Mesa's llvmpipe, all that there is without a GPU, draws into shared
memory. That graphics memory is offered to a VM only by permission is seen all the same.
"""

from __future__ import annotations

import pytest

from .scenarios import GREETD, USER_S6
from .seat import Seat

GLES2 = pytest.mark.parametrize(
    "seat", [USER_S6, GREETD], ids=lambda one: one.name, indirect=True
)
PERMITTED, OTHER = "work", "personal"
"""Names of VMs in the guest's configuration."""
DMABUF = b"zwp_linux_dmabuf_v1"
LOG = "/tmp/egl.log"


def draw(seat: Seat, vm: str | None) -> bytes:
    """Have a program draw with OpenGL until frames of it were shown; what it said to the compositor
    and heard from it."""
    display = "wayland-1"
    if vm is not None:
        seat.call("vm-start", name=vm)
        display = seat.call("vm-socket", name=vm)["path"]
    environment = {"WAYLAND_DISPLAY": display, "WAYLAND_DEBUG": "1"}
    pid = seat.spawn("weston-simple-egl", environment=environment, log=LOG)
    seat.wait_window(vm=vm, title="simple-egl")

    def said() -> bytes:
        return seat.machine.read(LOG) or b""

    seat.wait(lambda: said().count(b".done(") > 5, "frames to be shown")
    seat.machine.ask("end", pid=pid, number=15)
    seat.wait(lambda: not seat.call("windows"), "the window to go")
    if vm is not None:
        seat.call("vm-stop", name=vm)
    return said()


@GLES2
def test_opengl_shows_and_graphics_memory_takes_permission(desk: Seat) -> None:
    offered = DMABUF in draw(desk, None)
    assert (DMABUF in draw(desk, PERMITTED)) == offered
    assert DMABUF not in draw(desk, OTHER)
