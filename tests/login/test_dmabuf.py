"""Programs that draw with OpenGL hand their buffers over, on the host's socket and on a VM's."""

from __future__ import annotations

import pytest

from .scenarios import GREETD, USER_S6
from .seat import Seat

GLES2 = pytest.mark.parametrize(
    "seat", [USER_S6, GREETD], ids=lambda one: one.name, indirect=True
)
PERMITTED, OTHER = "work", "personal"
"""Names of VMs in the guest's configuration."""


def draw(seat: Seat, display: str, log: str) -> int:
    """Start a program that draws with OpenGL and says what it asks of the compositor."""
    environment = {"WAYLAND_DISPLAY": display, "WAYLAND_DEBUG": "1"}
    return seat.spawn("weston-simple-egl", environment=environment, log=log)


@GLES2
@pytest.mark.parametrize("vm", [None, PERMITTED])
def test_buffers_of_a_driver_are_shown(desk: Seat, vm: str | None) -> None:
    display = "wayland-1"
    if vm is not None:
        desk.call("vm-start", name=vm)
        display = desk.call("vm-socket", name=vm)["path"]
    pid = draw(desk, display, "/tmp/egl.log")
    window = desk.wait_window(vm=vm, title="simple-egl")
    log = "/tmp/egl.log"

    def handed_over() -> bool:
        return b"create_immed" in (desk.machine.read(log) or b"")

    desk.wait(handed_over, "a buffer of the driver")
    desk.machine.ask("end", pid=pid, number=15)
    if vm is not None:
        desk.call("vm-stop", name=vm)
    assert window


@GLES2
def test_a_vm_without_the_permission_draws_in_memory(desk: Seat) -> None:
    desk.call("vm-start", name=OTHER)
    path = desk.call("vm-socket", name=OTHER)["path"]
    pid = draw(desk, path, "/tmp/egl.log")
    desk.wait_window(vm=OTHER, title="simple-egl")
    desk.machine.ask("end", pid=pid, number=15)
    log = desk.machine.read("/tmp/egl.log") or b""
    assert b"zwp_linux_dmabuf" not in log
    assert b"wl_shm" in log
    desk.call("vm-stop", name=OTHER)
