"""Collects the facts of `facts.py` about this machine."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from spectrum_session import native
from spectrum_session.config.errors import ConfigErrors
from spectrum_session.config.load import load_with_files
from spectrum_session.config.schema import Config
from spectrum_session.config.spectrum import troubles

from .facts import ATTACHED, PROGRAMS, Configuration, Facts, Seat, Software, Space, User
from .kvm import try_kvm
from .nodes import group_name, node, nodes
from .probe_looks import looks
from .probe_vms import machines

_DEADLINE_S = 20.0

_POLKIT = "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
"""Polkit's D-Bus activation file; the path of its program varies."""

_LOAD = """
import json, re
from spectrum_session.wlr import provider
maps = open("/proc/self/maps").read()
found = sorted(set(re.findall(r"\\S*/libwayland-server\\S*", maps)))
print(json.dumps([f"{provider.wlroots_version} ({provider.name})", found]))
"""


def gather(
    config_directory: Path | None,
    state: Path,
    runtime: Path | OSError,
    environ: Mapping[str, str] = os.environ,
) -> Facts:
    """All facts. `runtime` is the runtime directory, or the error that it caused."""
    configuration, config = _configuration(config_directory, environ)
    names = {*PROGRAMS, configuration.terminal}
    programs = frozenset(name for name in names if shutil.which(name))
    return Facts(
        software=_software(),
        user=_user(runtime),
        seat=_seat(environ),
        looks=looks(config, environ),
        machines=machines(programs, try_kvm(node("/dev/kvm"))),
        configuration=configuration,
        space=_space(state),
        programs=programs,
    )


def _software() -> Software:
    """Loads wlroots in another process, since it may abort."""
    python = sys.version.split()[0]
    helpers = native.load() is not None
    done = subprocess.run(
        [sys.executable, "-c", _LOAD], capture_output=True, text=True, timeout=_DEADLINE_S
    )
    if done.returncode == 0:
        wlroots, libwaylands = json.loads(done.stdout)
        return Software(python, wlroots, "", _mapped(wlroots, libwaylands), helpers)
    lines = done.stderr.strip().splitlines() or [f"exited with status {done.returncode}"]
    last = next((n for n, line in enumerate(lines) if "ProviderError: " in line), len(lines) - 1)
    text = "\n".join(lines[last:]).partition("ProviderError: ")
    return Software(python, "", text[2] or text[0], (), helpers)


def _mapped(wlroots: str, files: list[str]) -> tuple[str, ...]:
    """The wheel's own check has seen that copies beside each other are the same version."""
    return tuple(files[:1]) if "(wheel)" in wlroots else tuple(files)


def _user(runtime: Path | OSError) -> User:
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    failed = isinstance(runtime, OSError)
    return User(
        uid=uid,
        name=name,
        groups=tuple(group_name(gid) for gid in os.getgroups()),
        runtime_error=str(runtime) if failed else "",
        runtime="" if failed else str(runtime),
    )


def _seat(environ: Mapping[str, str]) -> Seat:
    logind_runs = any(Path(path).is_dir() for path in ("/run/systemd/seats", "/run/elogind"))
    return Seat(
        seatd=node(environ.get("SEATD_SOCK", "/run/seatd.sock")),
        # pam_systemd sets both for a session on a seat.
        logind=logind_runs and {"XDG_SESSION_ID", "XDG_SEAT"} <= environ.keys(),
        logind_runs=logind_runs,
        polkit=os.path.exists(_POLKIT),
        cards=nodes("/dev/dri", "card"),
        render=nodes("/dev/dri", "renderD"),
        inputs=nodes("/dev/input", "event"),
        udev=os.path.exists("/run/udev/control"),
        terminals=os.path.exists("/dev/tty0"),
    )


def _configuration(
    directory: Path | None, environ: Mapping[str, str]
) -> tuple[Configuration, Config]:
    """The configuration; where it has errors, the defaults."""
    try:
        config, files = load_with_files(directory, environ)
    except ConfigErrors as errors:
        return Configuration(errors=tuple(str(errors).splitlines())), Config()
    except ImportError as error:
        return Configuration(errors=(f"cannot be read: {error}",)), Config()
    vms = config.vms.values()
    drivers = tuple(sorted({ATTACHED if vm.api_socket else vm.driver for vm in vms}))
    cross_domain = any(vm.transport == "cross-domain" for vm in vms)
    terminal = config.session.terminal[0]
    uplinks = tuple(sorted(name for name, vm in config.vms.items() if vm.uplink))
    found = tuple(troubles(config))
    made = Configuration((), len(files), terminal, drivers, uplinks, cross_domain, found)
    return made, config


def _space(state: Path) -> Space:
    place = state
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        free = os.statvfs(place)
    except OSError:
        return Space(str(state), 0, False)
    return Space(str(place), free.f_bavail * free.f_frsize, os.access(place, os.W_OK | os.X_OK))
