"""The control socket of the user's running session, for programs that the session did not start.

It imports nothing but light modules of the standard library, as client.py.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from .errors import NO_SESSION, ControlError
from .names import CONTROL_SOCKET, ENVIRONMENT_VARIABLE, SESSIONS_DIRECTORY

HOW_TO_CHOOSE = f"--socket PATH or {ENVIRONMENT_VARIABLE}=PATH"


def find_socket(environment: Mapping[str, str]) -> str:
    """The path of the control socket to connect to.

    $SPECTRUM_SESSION_SOCKET where it is set; else that of the session with the display
    $WAYLAND_DISPLAY; else that of the only session in the user's runtime directory. Raises
    ControlError `no-session` when there is none, or several to choose from.
    """
    if named := environment.get(ENVIRONMENT_VARIABLE):
        return named
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    sessions = running_sessions(runtime)
    # A name in the runtime directory, or an absolute path: join takes both.
    display = os.path.join(runtime, environment.get("WAYLAND_DISPLAY", ""))
    for name, path in sessions.items():
        if os.path.join(runtime, name) == display:
            return path
    if not sessions:
        raise ControlError(
            NO_SESSION,
            f"no session is running in {runtime}: start one with spectrum-session, or name its"
            f" control socket with {HOW_TO_CHOOSE}",
        )
    if len(sessions) > 1:
        lines = [f"    WAYLAND_DISPLAY={name}  --socket {path}" for name, path in sessions.items()]
        raise ControlError(
            NO_SESSION,
            f"{len(sessions)} sessions are running; choose one with WAYLAND_DISPLAY=NAME,"
            f" {HOW_TO_CHOOSE}:\n" + "\n".join(lines),
        )
    return next(iter(sessions.values()))


def running_sessions(runtime: str) -> dict[str, str]:
    """The control sockets in this runtime directory that a session listens on, by the name of the
    session's Wayland display. What a crash left behind is not among them."""
    directory = os.path.join(runtime, SESSIONS_DIRECTORY)
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return {}
    paths = {name: os.path.join(directory, name, CONTROL_SOCKET) for name in names}
    return {name: path for name, path in paths.items() if _is_listened_on(path)}


def _is_listened_on(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:
            # A session that accepts nothing at present is there all the same.
            return True
        except OSError:
            return False
        return True
