"""The command line of the sandbox, without running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.processes import sandbox, users

USER = sandbox.Tools("/usr/bin/bwrap")
ROOT = sandbox.Tools("/usr/bin/bwrap", "/usr/bin/setpriv")


def build(
    argv: Sequence[str] = ("foot",),
    tools: sandbox.Tools = USER,
    environment: Mapping[str, str] | None = None,
    root: Path = Path("/"),
) -> list[str]:
    return sandbox.build(
        tools,
        name="work",
        socket=Path("/run/s/vms/work/wayland-0"),
        argv=argv,
        host_environment=environment or {},
        open_report=lambda: 9,
        open_file=lambda content: 10,
        root=root,
    )


def after(argv: list[str], option: str) -> list[str]:
    return [argv[at + 1] for at, word in enumerate(argv) if word == option]


@given(st.lists(st.text(st.characters(exclude_characters="\0")), min_size=1))
def test_a_command_is_never_an_option(command: list[str]) -> None:
    if not command[0]:
        return
    argv = build(command)
    assert argv[-len(command) :] == command
    assert argv[-len(command) - 1] == "--"


@pytest.mark.parametrize("command", [[], [""], ["a\0b"], "foot"])
def test_what_is_no_command_is_refused(command: list[str]) -> None:
    with pytest.raises(VMError):
        build(command)


def test_only_language_and_looks_come_from_the_host() -> None:
    host = {
        "LANG": "de_DE.UTF-8",
        "LC_TIME": "C",
        "TERM": "foot",
        "XCURSOR_THEME": "DMZ-White",
        "LC_ALL": "",
        "HOME": "/home/me",
        "PATH": "/home/me/bin",
        "WAYLAND_DISPLAY": "wayland-1",
        "SPECTRUM_SESSION_SOCKET": "/run/user/0/s",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/0/bus",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "LD_PRELOAD": "/tmp/x.so",
    }
    inside = sandbox.environment(host)
    kept = {"LANG": "de_DE.UTF-8", "LC_TIME": "C", "TERM": "foot", "XCURSOR_THEME": "DMZ-White"}
    assert kept.items() <= inside.items()
    assert set(inside) == set(kept) | {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL"),
        *("XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "WAYLAND_DISPLAY"),
    }
    assert inside["HOME"] == "/home/user"
    assert inside["WAYLAND_DISPLAY"] == "wayland-0"
    assert "/home/me" not in inside["PATH"]


def test_the_socket_is_the_only_thing_bound_writable() -> None:
    assert after(build(), "--bind") == ["/run/s/vms/work/wayland-0"]
    assert "--dev-bind" not in build()
    for path in after(build(), "--ro-bind") + after(build(), "--ro-bind-try"):
        assert path.startswith(("/usr", "/bin", "/sbin", "/lib", "/etc/", "/var/cache/fontconfig"))


def test_a_session_of_root_becomes_somebody_else_first() -> None:
    argv = build(tools=ROOT)
    inner = argv.index("/usr/bin/bwrap", 1)
    setpriv = argv.index("/usr/bin/setpriv")
    user = users.sandbox("work")
    assert 0 < setpriv < inner
    assert {f"--reuid={user}", f"--regid={user}", "--clear-groups"} <= set(argv[setpriv:inner])
    assert "/run/s/vms/work/wayland-0" not in argv[inner:]


def test_a_host_with_and_without_merged_usr(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib").symlink_to("usr/lib")
    argv = build(root=tmp_path)
    assert after(argv, "--symlink") == ["usr/lib"]
    assert "/bin" in after(argv, "--ro-bind")
    assert "/sbin" not in argv


def test_missing_tools_say_what_to_install() -> None:
    with pytest.raises(VMError, match="apt-get install bubblewrap"):
        sandbox.find_tools(lambda name: None, uid=1000)
    with pytest.raises(VMError, match="util-linux"):
        sandbox.find_tools({"bwrap": "/b", "prlimit": "/p"}.get, uid=0)
    with pytest.raises(VMError, match="prlimit"):
        sandbox.find_tools({"bwrap": "/b"}.get, uid=1000)
    found = sandbox.find_tools({"bwrap": "/b", "prlimit": "/p"}.get, uid=1000)
    assert found == sandbox.Tools("/b", prlimit="/p")


@pytest.mark.parametrize("name", ["user/max_user_namespaces", "kernel/unprivileged_userns_clone"])
def test_switched_off_namespaces_are_named(name: str) -> None:
    assert name.replace("/", ".") in sandbox.namespaces_problem({name: "0\n"}.get)
    assert sandbox.namespaces_problem({name: "1\n"}.get) == ""
    assert sandbox.namespaces_problem(lambda name: None) == ""


def test_bubblewraps_complaints_are_explained() -> None:
    assert "AppArmor" in sandbox.explain(["bwrap: setting up uid map: Permission denied"])
    assert "/proc" in sandbox.explain(["bwrap: Can't mount proc on /newroot/proc: EPERM"])
    assert sandbox.explain(["my namespace is empty", "bwrap: execvp foo: No such file"]) == ""
