"""How somebody comes to a session: who starts it, whose it is, what draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .machine import Machine

USER, PASSWORD = "me", "secret"

S6 = "init=/usr/lib/login-guest/init"
SYSTEMD = "systemd.firstboot=off"


def _by_itself(machine: Machine) -> None:
    """It starts with the machine."""


def _at_greetd(machine: Machine) -> None:
    """greetd asks who is there, on the first terminal, and starts the session."""
    _say_who(machine)


def _at_login(machine: Machine) -> None:
    """A shell on the first terminal, and the command typed there."""
    _say_who(machine)
    machine.wait(lambda: machine.console().rstrip().endswith("$"), "the shell's prompt")
    machine.qmp.type("spectrum-session\n")


def _say_who(machine: Machine) -> None:
    machine.wait(lambda: machine.console().rstrip().endswith("login:"), "the login prompt")
    machine.qmp.type(f"{USER}\n")
    machine.wait(lambda: machine.console().rstrip().endswith("assword:"), "a password's prompt")
    machine.qmp.type(f"{PASSWORD}\n")


@dataclass(frozen=True)
class Scenario:
    """One boot."""

    name: str
    user: str
    renderer: str
    command_line: str
    """For the kernel; see `guest/files` for what reads it."""
    log_in: Callable[[Machine], None] = _by_itself
    supervised: bool = False
    """Is it an s6 service, started again when it ends?"""

    @property
    def uid(self) -> int:
        """The number of the session's user in the guest."""
        return 0 if self.user == "root" else 1000


ROOT_S6 = Scenario(
    "s6-root-pixman", "root", "pixman", f"{S6} login.user=root login.renderer=pixman",
    supervised=True,
)
"""As Spectrum starts its compositor today: libseat opens the devices itself."""
USER_S6 = Scenario(
    "s6-user-gles2", USER, "gles2", f"{S6} login.user={USER} login.renderer=gles2",
    supervised=True,
)
"""The seat is seatd's."""
GREETD = Scenario(
    "greetd-user-gles2", USER, "gles2",
    f"{SYSTEMD} systemd.mask=getty@tty1.service systemd.mask=seatd.service login.renderer=gles2",
    _at_greetd,
)
"""Debian starts greetd where it is installed. The seat is logind's."""
TTY = Scenario(
    "tty-user-pixman", USER, "pixman",
    f"{SYSTEMD} systemd.unit=multi-user.target login.renderer=pixman",
    _at_login,
)
"""Without graphical.target there is no greetd. The seat is seatd's."""

SCENARIOS = (ROOT_S6, USER_S6, GREETD, TTY)
