"""Windows of VMs on a real screen: of a sandbox, and of a guest in the guest."""

from __future__ import annotations

import pytest

from spectrum_session.labels.color import Color
from tests.wire.picture import Picture

from .scenarios import ROOT_S6
from .seat import Seat

SLOW_S = 900.0
"""Emulation under emulation."""
KERNEL, INITRD = "/usr/lib/login-guest/vmlinux", "/usr/lib/login-guest/initrd"
FAST = (
    "console=ttyS0 quiet acpi=off apparmor=0 audit=0 cryptomgr.notests mitigations=off nokaslr"
    " no_timer_check noxsave tsc=reliable"
)
"""For the kernel: it does without what takes long."""


def color_of(name: str) -> tuple[int, int, int]:
    """Of a label's colour by its name."""
    color = Color.parse(name)
    return color.r, color.g, color.b


def test_a_window_of_a_sandbox(desk: Seat) -> None:
    desk.call("vm-start", name="work")
    desk.call("spawn", argv=["foot", "--title=sandboxed"], vm="work")
    window = desk.wait_window(title="sandboxed", focused=True)
    assert (window["vm"], window["label"]["name"]) == ("work", "work")
    color = color_of("blue")
    desk.wait_screen(lambda picture: desk.has_frame(picture, window, color), "the VM's frame")
    desk.type("exit\n")
    desk.wait(lambda: not desk.windows(), "the terminal to close")
    desk.call("vm-stop", name="work")


@pytest.mark.parametrize("seat", [ROOT_S6], ids=lambda one: one.name, indirect=True)
def test_a_window_of_a_guest(desk: Seat) -> None:
    """A real VM: its own kernel, vsock, and waypipe at both ends."""
    desk.call("vm-start", name="personal")
    socket = desk.machine.run(
        "spectrumctl", "--socket", desk.control_path(), "vm", "socket", "personal"
    ).strip()
    desk.machine.run("modprobe", "vhost_vsock")
    spawned = [
        desk.spawn(
            *("waypipe", "-n", "-c", "none", "-s", "/run/waypipe", "client"),
            environment={"WAYLAND_DISPLAY": socket}, log="/run/waypipe.log",
        ),
        desk.spawn(
            *("socat", "VSOCK-LISTEN:9000,fork", "UNIX-CONNECT:/run/waypipe"), log="/run/socat.log"
        ),
        desk.spawn(
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
            *("-machine", "pc", "-accel", "tcg", "-cpu", "qemu64", "-m", "768"),
            *("-bios", "qboot.rom"),
            *("-kernel", KERNEL, "-initrd", INITRD),
            *("-append", f"{FAST} init=/usr/lib/login-guest/vm-init"),
            *("-serial", "file:/run/vm.log"),
            *("-drive", "file=/dev/vda,format=raw,if=virtio,readonly=on"),
            *("-drive", "file=/dev/vdb,format=raw,if=virtio,readonly=on"),
            *("-device", "vhost-vsock-pci,guest-cid=3"),
            log="/run/qemu.log",
        ),
    ]
    try:
        found = desk.wait(
            lambda: desk.windows(app_id="foot", focused=True), "the guest's window", SLOW_S
        )
        window = found[0]
        assert (window["vm"], window["title"]) == ("personal", "in the guest")
        color = color_of("green")

        def drawn(picture: Picture) -> bool:
            return desk.has_frame(picture, window, color)

        desk.wait(lambda: drawn(desk.screen()), "its frame", SLOW_S)
        # What is typed arrives in the guest, and what it makes of that comes back.
        desk.type("exit\n")
        desk.wait(lambda: not desk.windows(), "the terminal in the guest to end", SLOW_S)
    except AssertionError as error:
        logs = [
            desk.machine.run("sh", "-c", f"tail -n 40 /run/{name}.log", check=False)
            for name in ("waypipe", "socat", "qemu", "vm")
        ]
        raise AssertionError("\n".join([str(error), *logs])) from error
    finally:
        for pid in reversed(spawned):
            desk.machine.ask("end", pid=pid, number=15)
    desk.call("vm-stop", name="personal")
