"""Machines with a network: who gives it to whom, what they reach with it, and what nobody does.

In the order in which the tests stand: a boot takes long, so that a guest serves more than one.
"""

from __future__ import annotations

import functools
import http.server
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spectrum_session.config.toml import parse
from spectrum_session.labels.color import Color
from spectrum_session.vm.net import frame_relay
from spectrum_session.vm.net.address import GATEWAY, address, client_mac, provider_mac
from spectrum_session.vm.net.host_addresses import own_addresses
from tests.ethernet import IPV4, Port, ping
from tests.session.harness import SessionProcess, running
from tests.wire.picture import Picture, box

from .world import BOOT_S, SHIPPED, boot, current, has_frame, status, wait_picture

PAGE = """<html><head><title>A page of the host's</title></head>
<body><h1>It came through netvm</h1></body></html>
"""
NEVER_S = 3.0
"""How long it is tried to reach what must not be reached."""
ATTACKER = 9
"""The place at which the tests themselves are a machine, for which anything can be sent."""


@pytest.fixture(scope="module")
def session(data_home: Path, shipped_images: None) -> Iterator[SessionProcess]:
    with running(
        config="[focus]\nguard-ms = 0\n",
        vms=SHIPPED,
        environment={"XDG_DATA_HOME": str(data_home)},
        deadline_s=BOOT_S,
    ) as process:
        yield process


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port on the host's loopback at which there is a page."""
    directory = tmp_path_factory.mktemp("page")
    (directory / "index.html").write_text(PAGE)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def silent() -> Iterator[socket.socket]:
    """A port of the host's loopback to which nobody may come."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield listener
        with pytest.raises(BlockingIOError):
            listener.accept()


@contextmanager
def attacker(session: SessionProcess, place: int = ATTACKER) -> Iterator[Port]:
    """A machine at a place of netvm's at which no VM is, linked as one is."""
    netvm = session.session_directory / f"guests/netvm/places/{place}/link"
    with tempfile.TemporaryDirectory() as own, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{own}/link")
        listener.listen()
        listener.settimeout(BOOT_S)
        argv = [sys.executable, "-I", "-S", frame_relay.__file__, f"{own}/link", str(netvm)]
        with subprocess.Popen(argv) as process:
            link, _ = listener.accept()
            with Port(link, client_mac(place), BOOT_S) as port:
                assert port.resolve(address(place), GATEWAY) == provider_mac(place)
                yield port
            assert process.wait(BOOT_S) == 0


def dial(session: SessionProcess, vm: str, to: str, port: int) -> bool:
    """Does a program in a guest reach this?"""
    code = f"import socket; socket.create_connection(({to!r}, {port}), {NEVER_S})"
    done = session.spectrumctl("vm", "run", vm, "--", "python3", "-c", code)
    if done.returncode:
        assert b"TimeoutError" in done.stderr or b"Error: [Errno" in done.stderr, done.stderr
    return done.returncode == 0


def test_netvm_and_one_that_has_its_network(session: SessionProcess) -> None:
    boot(session, "netvm")
    boot(session, "appvm-elinks")
    done = session.spectrumctl("vm", "run", "appvm-elinks", "--", "ip", "-o", "addr")
    assert f"net0    inet {address(1)}/32".encode() in done.stdout, done.stdout
    done = session.spectrumctl("vm", "run", "appvm-elinks", "--", "cat", "/etc/resolv.conf")
    assert done.stdout == f"nameserver {GATEWAY}\n".encode()


def test_the_hosts_loopback_is_closed_unless_it_is_granted(
    session: SessionProcess, page: int
) -> None:
    """That the same paths lead there once it is granted is what the next tests see."""
    with silent() as listener, attacker(session) as port:
        own = int(listener.getsockname()[1])
        for to in (GATEWAY, "127.0.0.1", *own_addresses()):
            assert not dial(session, "appvm-elinks", to, own), to
            assert not port.opens(address(ATTACKER), to, own, NEVER_S / 3), to


def test_netvm_starts_again_and_others_have_their_network_again(
    session: SessionProcess, page: int
) -> None:
    file = session.config_directory / "vms/netvm.toml"
    file.write_text(SHIPPED["netvm"] + "host-loopback = true\n")
    session.call("reload")
    session.call("vm-stop", name="netvm")
    assert status(session, "appvm-elinks")["state"] == "running"
    boot(session, "netvm")
    session.wait(lambda: dial(session, "appvm-elinks", GATEWAY, page), "the network")


def test_elinks_shows_a_page_of_the_hosts_loopback(session: SessionProcess, page: int) -> None:
    (window,) = session.windows(vm="appvm-elinks")
    assert Color.parse(window["label"]["color"]) == Color.parse("green")
    session.call("window", id=window["id"], action="close")
    url = f"http://{GATEWAY}:{page}/"
    command = parse(SHIPPED["appvm-elinks"])["command"]
    session.call("spawn", vm="appvm-elinks", argv=[*command, url])

    def shown() -> list[int]:
        windows = session.windows(vm="appvm-elinks")
        return [one["id"] for one in windows if "A page of the host's" in one["title"]]

    (number,) = session.wait(shown, "the page's title")
    wait_picture(session, lambda picture: has_frame(picture, session, number))

    def is_drawn(picture: Picture) -> bool:
        """A page in colours: its ground and its text, the title above it, the terminal's edge."""
        return len(picture.colors(box(current(session, number)["content"]))) > 2

    wait_picture(session, is_drawn)


def test_a_machine_reaches_no_other_machine(session: SessionProcess, page: int) -> None:
    session.call("spawn", vm="appvm-elinks", argv=["nc", "-l", "-p", "7000"])
    session.wait(
        lambda: session.spectrumctl(
            *("vm", "run", "appvm-elinks", "--", "busybox", "netstat", "-ltn")
        ).stdout.count(b":7000 "),
        "somebody to listen in the guest",
    )
    with attacker(session) as port:
        own, other = address(ATTACKER), address(1)
        assert port.opens(own, GATEWAY, page, BOOT_S), "it has a network itself"
        assert not port.opens(own, other, 7000, NEVER_S)
        assert port.ask(IPV4, ping(own, GATEWAY), lambda frame: frame[34:35] == b"\0") is not None
        answer = port.ask(IPV4, ping(own, other), lambda frame: frame[23:24] == b"\1")
        assert answer is not None and answer[34:36] == b"\3\15", "not reached, but forbidden"
        # Nor what netvm itself has: its agent's way to the host, its own device to the network.
        for to in ("10.0.2.100", "10.0.2.15", "127.0.0.1"):
            for number in (9000, 9001, page):
                assert not port.opens(own, to, number, NEVER_S / 3), (to, number)
        # Another protocol goes nowhere at all.
        port.send(0x86DD, bytes(60), "33:33:00:00:00:01")
    done = session.spectrumctl("vm", "run", "appvm-elinks", "--", "killall", "nc")
    assert done.returncode == 0, "it ends once somebody was there"


def test_a_machine_has_no_address_but_its_own(session: SessionProcess, page: int) -> None:
    with silent() as listener, attacker(session) as port:
        closed = int(listener.getsockname()[1])
        for source in (address(1), address(ATTACKER + 1), "10.9.8.7", "127.0.0.1", GATEWAY):
            assert not port.opens(source, GATEWAY, closed, NEVER_S / 3), source
        # All that was sent before has arrived where this does.
        assert port.opens(address(ATTACKER), GATEWAY, page, BOOT_S)


def test_who_floods_its_link_stops_no_other(session: SessionProcess, page: int) -> None:
    with attacker(session) as port, attacker(session, ATTACKER + 1) as deaf:
        # As much as netvm takes, of two, who let its answers pile up unread.
        for one, source in ((port, address(ATTACKER)), (deaf, address(ATTACKER + 1))):
            assert one.flood(IPV4, ping(source, GATEWAY), 5000) > 100
        session.wait(lambda: dial(session, "appvm-elinks", GATEWAY, page), "the other's network")
    # The place is there again for the next.
    with attacker(session) as port:
        assert port.opens(address(ATTACKER), GATEWAY, page, BOOT_S)


def test_catgirl(session: SessionProcess, tmp_path: Path) -> None:
    boot(session, "appvm-catgirl")
    window = session.wait_window(vm="appvm-catgirl", title="catgirl")
    assert Color.parse(window["label"]["color"]) == Color.parse("orange")
    wait_picture(session, lambda picture: has_frame(picture, session, window["id"]))
    heard = chat(tmp_path)
    argv = ["foot", "catgirl", "-!", "-h", GATEWAY, "-p", str(next(heard)), "-n", "somebody"]
    session.call("spawn", vm="appvm-catgirl", argv=argv)
    assert "NICK somebody" in str(next(heard))
    assert dial(session, "appvm-catgirl", address(1), 7000) is False


def test_another_session_has_the_networks_again(session: SessionProcess, page: int) -> None:
    session.kill()
    session.start()
    again = ("vm", "run", "appvm-elinks", "--", "true")
    session.wait(lambda: session.spectrumctl(*again).returncode == 0, "its agent")
    session.wait(lambda: dial(session, "appvm-elinks", GATEWAY, page), "the network")
    assert not dial(session, "appvm-elinks", address(2), 7000)


def chat(directory: Path) -> Iterator[object]:
    """A server that chats over TLS: its port, then what the first who comes says."""
    key, certificate = directory / "key", directory / "certificate"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=chat", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(BOOT_S)
        yield listener.getsockname()[1]
        connection, _ = listener.accept()
        connection.settimeout(BOOT_S)
        with context.wrap_socket(connection, server_side=True) as spoken:
            said = ""
            while "NICK" not in said:
                said += spoken.recv(4096).decode()
            yield said
