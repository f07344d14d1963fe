"""What a program of a `local` VM finds: its socket, and nothing else of the session or the host."""

from __future__ import annotations

import os

import pytest

from spectrum_session.vm.processes import users
from tests.unit.vm.world import CONNECT, WAIT, World, perl, run


def lines_between(text: str, name: str) -> list[str]:
    return text.split(f"<{name}>\n")[1].split(f"</{name}>\n")[0].splitlines()


def test_its_socket_is_the_only_one_and_works(world: World) -> None:
    async def check() -> None:
        await world.vm.start([perl(CONNECT, WAIT)])
        client = await world.accept()
        assert client.uid == (os.getuid() or users.sandbox(world.vm.name))
        client.close()
        await world.vm.ended()
        # Not -type: for the file that the socket is mounted on, the directory says otherwise.
        found = "find / \\( -path /proc -o -path /usr \\) -prune -o -exec test -S {} \\; -print"
        output = await world.output(f"echo '<s>'; {found}; echo '</s>'")
        assert lines_between(output, "s") == ["/run/vm/wayland-0"]

    run(check())


def test_there_is_no_network(world: World) -> None:
    output = run(world.output("echo '<n>'; tail -n +3 /proc/net/dev | cut -d: -f1; echo '</n>'"))
    assert [line.strip() for line in lines_between(output, "n")] == ["lo"]


def test_there_is_nothing_of_the_hosts_homes_or_secrets(world: World) -> None:
    script = (
        "echo '<t>'; ls -A /; echo '</t>'; echo '<h>'; ls -A /home /home/user; echo '</h>';"
        "echo '<e>'; ls -A /etc; echo '</e>'; echo '<r>'; ls -AR /run; echo '</r>'"
    )
    output = run(world.output(script))
    top = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"}
    top |= {"dev", "etc", "home", "proc", "run", "tmp", "var"}
    assert set(lines_between(output, "t")) <= top
    assert lines_between(output, "h") == ["/home:", "user", "", "/home/user:"]
    etc = {"alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"}
    assert set(lines_between(output, "e")) <= etc | {"passwd", "group", "bash.bashrc"}
    assert lines_between(output, "r") == ["/run:", "vm", "", "/run/vm:", "wayland-0"]


def test_its_environment_is_clean(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("SECRET", "SPECTRUM_SESSION_SOCKET", "SSH_AUTH_SOCK", "WAYLAND_SOCKET"):
        monkeypatch.setenv(key, "leak")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-leak")
    monkeypatch.setenv("XCURSOR_SIZE", "32")
    for key in list(os.environ):
        if key.startswith(("LC_", "LANG")) or key == "TERM":
            monkeypatch.delenv(key)
    output = run(world.output("echo '<e>'; cat /proc/$$/environ | tr '\\0' '\\n'; echo '</e>'"))
    assert "leak" not in output
    inside = dict(line.split("=", 1) for line in lines_between(output, "e"))
    # Set by bubblewrap when it changes the directory.
    inside.pop("PWD", None)
    session = {"WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XCURSOR_SIZE"}
    assert set(inside) == session | {"HOME", "LOGNAME", "PATH", "SHELL", "USER"}
    assert inside["XCURSOR_SIZE"] == "32"


def test_it_inherits_no_descriptor(world: World) -> None:
    source, sink = os.pipe()
    os.set_inheritable(sink, True)
    try:
        output = run(world.output("echo '<f>'; ls /proc/$$/fd; echo '</f>'"))
    finally:
        os.close(source)
        os.close(sink)
    assert lines_between(output, "f") == ["0", "1", "2"]


def test_it_is_nobody_on_the_host(world: World) -> None:
    script = (
        "echo '<c>'; grep -E '^(Cap(Prm|Eff|Bnd)|NoNewPrivs)' /proc/$$/status; echo '</c>';"
        "echo '<u>'; id -u; hostname; echo '</u>'; echo '<w>';"
        "for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /usr/bin /dev /etc /;"
        ' do if [ -w "$f" ]; then echo "$f"; fi; done; echo "</w>"'
    )
    output = run(world.output(script))
    values = dict(line.split(":\t") for line in lines_between(output, "c"))
    assert values.pop("NoNewPrivs") == "1"
    assert {int(value, 16) for value in values.values()} == {0}
    assert lines_between(output, "u") == ["1000", "work"]
    assert lines_between(output, "w") == []


def test_its_terminals_say_where_they_are(world: World) -> None:
    output = run(
        world.output("""bash -ic 'echo "<p>"; echo "${PS1@P}"; echo "</p>"' 2>/dev/null""")
    )
    assert lines_between(output, "p") == ["user@work:~$ "]


def test_memory_for_files_is_bounded(world: World) -> None:
    script = (
        "echo '<d>'; for d in /tmp /dev/shm /run /home/user; do"
        " df -B1M --output=size $d | tail -1; done; echo '</d>'"
    )
    output = run(world.output(script))
    assert [int(size) for size in lines_between(output, "d")] == [256] * 4
