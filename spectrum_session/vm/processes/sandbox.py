"""The bubblewrap sandbox of the `local` driver: its command line, its environment, its few files.

This is for development and demonstrations and **is not isolation**: the host's kernel is shared.
What it does give is a program that has its VM's Wayland socket and nothing else of the session.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spectrum_session.vm.errors import VMError

from . import users

NOTE = "local: not isolation"
"""Shown wherever the driver is: in VMStatus.note and at each start in the VM's log."""

SOCKET = "/run/vm/wayland-0"
"""Where a program in the sandbox finds its VM's Wayland socket."""

FILES, FILES_OF_OWN_USER = 512, 4096
"""RLIMIT_NOFILE in a sandbox, hard. A process may have so many descriptors open, and it may send
none while its user on the host has more in flight (unix(7), ETOOMANYREFS). In the session of an
ordinary user sandboxes count as that user, whose programs start with 1,024: with FILES a sandbox
stays below it, since it sends 253 descriptors at once at most."""
PROCESSES = 2048
"""RLIMIT_NPROC in a sandbox: processes and threads in it. A browser has some 400."""
_SIGNALS = 1024
"""RLIMIT_SIGPENDING; the kernel's own default is shared by all processes of the user."""

_UID = "1000"
_HOME = "/home/user"
_TMPFS_BYTES = str(256 * 1024 * 1024)
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
_STAGED = "/run/wayland-0"
_IN_USR = ("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/libexec/", "/usr/local/bin/")

_ETC = (
    "alternatives",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
)
"""What programs and fontconfig need of the host's /etc, and none of it secret."""

_INHERITED = ("LANG", "LANGUAGE", "TERM", "XCURSOR_THEME", "XCURSOR_SIZE", "XCURSOR_PATH")

_FILES = {
    "/etc/passwd": f"user:x:{_UID}:{_UID}:user:{_HOME}:/bin/bash\n",
    "/etc/group": f"user:x:{_UID}:\n",
    # The host name is the VM's: a prompt that shows it tells a person where a terminal is.
    "/etc/bash.bashrc": "[ -z \"$PS1\" ] || PS1='\\u@\\h:\\w\\$ '\n",
}


@dataclass(frozen=True)
class Bind:
    """Something of the host's that a sandbox has beside its VM's socket."""

    source: Path
    target: str
    writable: bool = False
    device: bool = False
    """A device node."""


@dataclass(frozen=True)
class Tools:
    """The programs on the host that make a sandbox; `setpriv` only when the session is root: then a
    sandbox is another user.

    Without capabilities but still as user 0 it could write /proc/sys, whose files ask for no more
    than to be owned: a program that the kernel starts as root at the next crash would be its own.
    """

    bwrap: str
    setpriv: str | None = None
    prlimit: str | None = None


def find_tools(which: Callable[[str], str | None] = shutil.which, uid: int | None = None) -> Tools:
    """The tools there are, or VMError with what to install. `uid`: whose session it is."""
    bwrap = which("bwrap")
    if bwrap is None:
        raise VMError(
            "VMs need bubblewrap, and there is no `bwrap` on PATH"
            " (Debian: apt-get install bubblewrap)"
        )
    prlimit = which("prlimit")
    if prlimit is None:
        raise VMError(
            "VMs need `prlimit`, and there is none on PATH (Debian: apt-get install util-linux)"
        )
    if (os.getuid() if uid is None else uid) != 0:
        return Tools(bwrap, prlimit=prlimit)
    setpriv = which("setpriv")
    if setpriv is None:
        raise VMError(
            "in a session of root VMs need `setpriv`, and there is none on PATH"
            " (Debian: apt-get install util-linux)"
        )
    return Tools(bwrap, setpriv, prlimit)


def namespaces_problem(read: Callable[[str], str | None]) -> str:
    """Why the kernel will give no user namespace, or "" when nothing speaks against it.

    `read` returns the text of a file under /proc/sys, None when it is not there.
    """
    if (read("user/max_user_namespaces") or "1").strip() == "0":
        return "user namespaces are off: sysctl user.max_user_namespaces is 0"
    # Debian's switch; root's namespaces too are made by an ordinary user (see Tools).
    if (read("kernel/unprivileged_userns_clone") or "1").strip() == "0":
        return "user namespaces are off: sysctl kernel.unprivileged_userns_clone is 0"
    return ""


def read_sysctl(name: str) -> str | None:
    """The text of /proc/sys/NAME; None when it cannot be read."""
    try:
        return Path("/proc/sys", name).read_text()
    except OSError:
        return None


def explain(output: Sequence[str]) -> str:
    """What bubblewrap's own complaint means for a person, "" when it is none that we know."""
    for line in output:
        if not line.startswith("bwrap: "):
            continue
        if "namespace" in line or "uid map" in line:
            return "bubblewrap may make no user namespace here (a sysctl, AppArmor or a container)"
        if "mount proc" in line:
            return "bubblewrap may not mount /proc here (a container that hides parts of it)"
    return ""


def environment(host: Mapping[str, str]) -> dict[str, str]:
    """The whole environment inside: ours, and of the host's what concerns language and looks."""
    inside = {
        key: value
        for key, value in host.items()
        if value and (key in _INHERITED or key.startswith("LC_"))
    }
    inside.update(
        PATH=_PATH,
        HOME=_HOME,
        USER="user",
        LOGNAME="user",
        SHELL="/bin/bash",
        XDG_RUNTIME_DIR=os.path.dirname(SOCKET),
        XDG_SESSION_TYPE="wayland",
        WAYLAND_DISPLAY=os.path.basename(SOCKET),
    )
    return inside


def check_command(argv: Sequence[str]) -> list[str]:
    """Return `argv` as a list, or raise VMError when it cannot be run by any system."""
    if isinstance(argv, str) or not argv or not argv[0]:
        raise VMError("there is no command to run")
    if any("\0" in word for word in argv):
        raise VMError("a command cannot hold a NUL character")
    return list(argv)


def program(found: str) -> tuple[str, list[Bind]]:
    """Where a program of the host's is in a sandbox, and what that needs: a sandbox has the host's
    /usr and no other place for programs."""
    if found.startswith(_IN_USR):
        return found, []
    there = f"/run/program/{os.path.basename(found)}"
    return there, [Bind(Path(found), there)]


def build(
    tools: Tools,
    *,
    name: str,
    socket: Path | None,
    argv: Sequence[str],
    host_environment: Mapping[str, str],
    open_report: Callable[[], int],
    open_file: Callable[[bytes], int],
    root: Path = Path("/"),
    binds: Sequence[Bind] = (),
    open_info: Callable[[], int] | None = None,
    network: bool = False,
    processes: int = PROCESSES,
) -> list[str]:
    """The command line that runs `argv` in the sandbox of VM `name`.

    `name` must have passed check_name; without `socket` it has no Wayland socket. `open_report`
    gives a descriptor that a bubblewrap reports on, and is called for each that there will be, the
    outermost first; `open_file` gives one from which a file's content is read. `root` is where the
    host's own file system is looked at. `binds` is what it has besides; when the session is root,
    the VM's user (vm/users.py) must be allowed to use it. With `open_info` the sandbox does not end
    with the session: it gives a descriptor that the outermost bubblewrap tells of its first process
    at once. With `network` it has the host's. `processes` is how many may be in it, threads
    included.
    Raises VMError when `argv` is no command.
    """
    command = check_command(argv)
    if tools.prlimit is not None:
        prlimit, needed = program(tools.prlimit)
        command = [prlimit, *_limits(tools, processes), "--", *command]
        binds = [*binds, *needed]
    if tools.setpriv is None:
        source, prefix = str(socket), []
        sources = [str(bind.source) for bind in binds]
    else:
        source = _STAGED
        sources = [f"{os.path.dirname(_STAGED)}/{index}" for index in range(len(binds))]
        staged = dict(zip(sources, (str(bind.source) for bind in binds), strict=True))
        if socket is not None:
            staged[_STAGED] = str(socket)
        life = _life(open_info)
        user = users.sandbox(name)
        prefix = _as_user(user, tools.bwrap, tools.setpriv, staged, open_report(), life)
        # What is inside ends with what is around it, whatever becomes of the session.
        open_info = None
    made = [tools.bwrap, *_life(open_info), *_namespaces(name, network), *_file_system(root)]
    for path, text in _FILES.items():
        made += ["--ro-bind-data", str(open_file(text.encode())), path]
    if socket is not None:
        made += ["--bind", source, SOCKET]
    for bind, there in zip(binds, sources, strict=True):
        how = "--dev-bind" if bind.device else "--bind" if bind.writable else "--ro-bind"
        made += [how, there, bind.target]
    # After everything is mounted: the sandbox's own root and /dev are memory without a bound.
    made += ["--remount-ro", "/dev", "--remount-ro", "/"]
    for key, value in sorted(environment(host_environment).items()):
        made += ["--setenv", key, value]
    made += ["--chdir", _HOME, "--json-status-fd", str(open_report()), "--"]
    return [*prefix, *made, *command]


def _limits(tools: Tools, processes: int) -> list[str]:
    """Set in the sandbox's own user namespace: what the kernel counts for each user and namespace
    counts there from nothing."""
    own = tools.setpriv is not None and not users.shared()
    files = FILES_OF_OWN_USER if own else FILES
    limits = {"nofile": files, "nproc": processes, "sigpending": _SIGNALS, "msgqueue": 0}
    return [f"--{name}={most}:{most}" for name, most in limits.items()]


def _life(open_info: Callable[[], int] | None) -> list[str]:
    return ["--die-with-parent"] if open_info is None else ["--info-fd", str(open_info())]


def _as_user(
    user: int,
    bwrap: str,
    setpriv: str,
    staged: Mapping[str, str],
    report_fd: int,
    life: Sequence[str],
) -> list[str]:
    """Become an ordinary user that still finds what is staged, whose directories are root's alone.

    The process namespace is for the end: root's bubblewrap keeps no capability and may then signal
    that user's no more, but a namespace whose first process is gone is ended by the kernel.
    """
    return [
        *(bwrap, *life, "--unshare-pid", "--dev-bind", "/", "/"),
        *("--tmpfs", os.path.dirname(_STAGED)),
        *(word for target, source in staged.items() for word in ("--dev-bind", source, target)),
        *("--json-status-fd", str(report_fd), "--"),
        # The inner bubblewrap looks itself up in /proc, by its number in this namespace. The one
        # that this bubblewrap would mount is partly covered, and the inner could mount none then.
        *("/bin/sh", "-c", 'mount -t proc proc /proc && exec "$0" "$@"'),
        *(setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups"),
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"),
    ]


def _namespaces(name: str, network: bool) -> list[str]:
    shared = ["--share-net"] if network else []
    return [
        *("--unshare-all", *shared, "--unshare-user", "--uid", _UID, "--gid", _UID),
        *("--hostname", name, "--cap-drop", "ALL"),
        *("--new-session", "--clearenv"),
    ]


def _file_system(root: Path) -> list[str]:
    made = ["--ro-bind", "/usr", "/usr"]
    for directory in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        on_host = root / directory
        if on_host.is_symlink():
            made += ["--symlink", f"usr/{directory}", f"/{directory}"]
        elif on_host.is_dir():
            made += ["--ro-bind", f"/{directory}", f"/{directory}"]
    for entry in _ETC:
        made += ["--ro-bind-try", f"/etc/{entry}", f"/etc/{entry}"]
    # Without the host's cache of fonts every first window waits for a new one.
    made += ["--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig"]
    made += ["--proc", "/proc", "--dev", "/dev"]
    for mode, directory in (("1777", "/tmp"), ("1777", "/dev/shm"), ("0755", "/run")):
        made += ["--perms", mode, "--size", _TMPFS_BYTES, "--tmpfs", directory]
    made += ["--perms", "0700", "--size", _TMPFS_BYTES, "--tmpfs", _HOME]
    return [*made, "--perms", "0700", "--dir", os.path.dirname(SOCKET)]


def hand_over(tools: Tools, name: str, path: Path) -> None:
    """Make the user of VM `name`'s sandboxes the owner of `path`, in a session of root.

    Elsewhere the sandboxes run as the session's own user. Raises OSError.
    """
    if tools.setpriv is not None:
        user = users.sandbox(name)
        os.chown(path, user, user, follow_symlinks=False)
