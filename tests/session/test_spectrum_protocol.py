"""Our own protocol: what a bar or a switcher of somebody else's sees and can do."""

from __future__ import annotations

import filecmp
import importlib.util
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pywayland.client.display import Display

from spectrum_session._protocol.spectrum_session_v1 import (
    SpectrumSessionManagerV1,
    SpectrumSessionVmV1,
)
from spectrum_session.compositor.protocols import _build as _protocol_build
from tests.wire import Client, Connection, Window

from .harness import DEADLINE_S, SessionProcess, running

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGER = "spectrum_session_manager_v1"
FOREIGN = "zwlr_foreign_toplevel_manager_v1"
INVALID_OBJECT, INVALID_METHOD = 0, 1
"""Of wl_display.error: an unknown global; an argument of a wrong type."""
STATE = SpectrumSessionVmV1.state

CONFIG = """
[focus]
guard-ms = 0
[labels.desk]
color = "#12b456"
pattern = "dots"
"""
WORK = 'label = "desk"\n'
VMS = {
    "work": WORK,
    "play": 'label = "red"\n',
    "bare": "",
    "broken": 'label = "red"\ncommand = ["/no/such/program"]\n',
}
DESK = ("work", 0x12B456, "dots")

T = TypeVar("T")


class Watched:
    """An object of the protocol and the events that it got."""

    def __init__(self, proxy: Any) -> None:
        self.proxy = proxy
        self.events: list[tuple[Any, ...]] = []
        for message in proxy.interface.events:
            proxy.dispatcher[message.name] = self._keep(message.name)

    def _keep(self, name: str) -> Callable[..., None]:
        return lambda _proxy, *args: self.events.append((name, *args))

    def names(self) -> list[str]:
        """The events' names."""
        return [event[0] for event in self.events]

    def last(self, name: str) -> tuple[Any, ...] | None:
        """The arguments of the last event of this name."""
        found = [event[1:] for event in self.events if event[0] == name]
        return found[-1] if found else None


class Bar:
    """A client by pywayland and the module that its scanner made."""

    def __init__(self, session: SessionProcess) -> None:
        self._display = Display(str(session.display))
        self._display.connect()
        self._kept: list[Watched] = []
        self._registry = self._display.get_registry()
        self._globals: dict[str, int] = {}
        self._registry.dispatcher["global"] = self._announced
        try:
            self.roundtrip()
            self.manager = self.keep(
                self._registry.bind(self._globals[MANAGER], SpectrumSessionManagerV1, 1)
            )
            self.wait_for(lambda: "done" in self.manager.names(), "the first done")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        # pywayland's objects must go before their display.
        for one in self._kept:
            if not one.proxy.destroyed:
                one.proxy.destroy()
        self._display.disconnect()

    def _announced(self, _registry: Any, name: int, interface: str, _version: int) -> None:
        self._globals[interface] = name

    def keep(self, proxy: Any) -> Watched:
        """pywayland forgets what nobody holds."""
        self._kept.append(Watched(proxy))
        return self._kept[-1]

    def vm(self, name: str) -> Watched:
        """The object of a VM, with its first events."""
        made = self.keep(self.manager.proxy.get_vm(name))
        self.roundtrip()
        return made

    def toplevel(self, number: int) -> Watched:
        """The object of a window, with its first events."""
        made = self.keep(self.manager.proxy.get_toplevel(number))
        self.roundtrip()
        return made

    def roundtrip(self) -> None:
        """Return when the compositor has handled everything sent so far."""
        answers: list[int] = []
        callback = self._display.sync()
        callback.dispatcher["done"] = lambda _callback, serial: answers.append(serial)
        self.wait_for(lambda: answers, "a roundtrip")

    def wait_for(self, condition: Callable[[], T], what: str) -> T:
        """Handle events until `condition()` is true."""
        end = time.monotonic() + DEADLINE_S
        while True:
            self._display.dispatch(block=False)
            value = condition()
            if value:
                return value
            self._display.flush()
            ready, _, _ = select.select(
                [self._display.get_fd()], [], [], max(end - time.monotonic(), 0)
            )
            assert ready, f"waited in vain for {what}"
            self._display.read()

    def state(self, vm: Watched, state: Any) -> None:
        """Wait until a VM is in a state."""
        self.wait_for(lambda: (vm.last("state") or (None,))[0] == state, f"state {state}")


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        yield process


@pytest.fixture
def bar(session: SessionProcess) -> Iterator[Bar]:
    with Bar(session) as client:
        yield client


@pytest.fixture
def work(session: SessionProcess) -> Iterator[Path]:
    path = session.start_vm("work")
    yield path
    session.call("vm-stop", name="work")


def shown(session: SessionProcess, vm: str) -> tuple[str, int, str]:
    """A VM's label as `spectrumctl vms` has it, in the protocol's form."""
    label = next(one["label"] for one in session.call("vms") if one["name"] == vm)
    return label["name"], int(label["color"][1:], 16), label["pattern"]


def wait_focus(session: SessionProcess, **wanted: Any) -> None:
    """Wait until the window with these values has the focus."""
    session.wait(lambda: session.windows(focused=True, **wanted), f"the focus of {wanted}")


def test_every_vm_is_announced_with_label_driver_and_state(
    session: SessionProcess, bar: Bar
) -> None:
    announced = [event[1] for event in bar.manager.events if event[0] == "vm"]
    assert announced == sorted(VMS)
    assert bar.manager.names()[-1] == "done"
    for name in VMS:
        vm = bar.vm(name)
        assert vm.names() == ["driver", "label", "state", "done"]
        assert vm.last("label") == shown(session, name)
        assert vm.last("state") == (STATE.stopped, "not started yet")
        driver = vm.last("driver")
        assert driver is not None
        assert driver[0] == "local"
        assert "not isolat" in driver[1], "the local driver is never taken for isolation"
    assert bar.vm("work").last("label") == DESK
    assert shown(session, "bare")[2] == "checks", "no label is the most suspicious one"


def test_vms_are_started_and_stopped(session: SessionProcess, bar: Bar) -> None:
    vm, other = bar.vm("play"), bar.vm("work")
    vm.events.clear()
    vm.proxy.start()
    bar.state(vm, STATE.running)
    assert [one["state"] for one in session.call("vms") if one["name"] == "play"] == ["running"]
    assert set(vm.names()) == {"state", "done"}, "the rest did not change"
    vm.proxy.start()
    bar.wait_for(lambda: vm.last("refused"), "a refusal")
    assert "running" in (vm.last("refused") or ("",))[0]
    vm.proxy.stop()
    bar.state(vm, STATE.stopped)
    assert [one["state"] for one in session.call("vms") if one["name"] == "play"] == ["stopped"]
    assert other.names() == ["driver", "label", "state", "done"], "it is no other VM's business"


def test_a_vm_that_does_not_start_says_why(session: SessionProcess, bar: Bar) -> None:
    vm = bar.vm("broken")
    vm.proxy.start()
    bar.state(vm, STATE.failed)
    assert vm.last("state") == (STATE.failed, session.call("vms")[1]["reason"])
    assert (vm.last("state") or ("", ""))[1]
    # What shows it to the person is a window of that VM.
    number = session.wait_window(vm="broken", placeholder=True)["id"]
    bar.wait_for(lambda: bar.manager.last("toplevel") == (number,), "its placeholder")
    shown = bar.toplevel(number)
    assert shown.events[:2] == [("number", number), ("origin", "broken")]
    session.call("window", id=number, action="close")
    bar.wait_for(lambda: shown.names()[-1] == "closed", "it to go")


def test_a_vm_or_window_that_there_is_not_makes_an_inert_object(bar: Bar) -> None:
    vm, toplevel = bar.vm("nobody"), bar.toplevel(4_000_000)
    assert vm.events == [("removed",)]
    assert toplevel.events == [("closed",)]
    vm.proxy.start()
    vm.proxy.stop()
    toplevel.proxy.focus()
    bar.roundtrip()
    assert (len(vm.events), len(toplevel.events)) == (1, 1)


def test_windows_are_announced_with_origin_and_label(
    session: SessionProcess, bar: Bar, work: Path
) -> None:
    bar.manager.events.clear()
    with Client(session.display) as host, Client(work) as vm:
        # Another VM's name and label, as far as a window can claim them.
        windows = [Window(host, title="own"), Window(vm, title="[play]", app_id="play")]
        numbers = [session.wait_window(title=title)["id"] for title in ("own", "[play]")]
        # In one batch or in two.
        bar.wait_for(lambda: bar.manager.last("toplevel") == (numbers[1],), "the windows")
        bar.roundtrip()
        assert [event for event in bar.manager.events if event[0] == "toplevel"] == [
            ("toplevel", number) for number in numbers
        ]
        assert bar.manager.names()[-1] == "done"
        own, its = bar.toplevel(numbers[0]), bar.toplevel(numbers[1])
        assert own.events == [("number", numbers[0]), ("origin", ""), ("done",)]
        assert its.events == [
            ("number", numbers[1]),
            ("origin", "work"),
            ("label", *DESK),
            ("done",),
        ]
        with Bar(session) as late:
            known = [event[1] for event in late.manager.events if event[0] == "toplevel"]
            assert known == numbers
        windows[1].destroy()
        vm.roundtrip()
        bar.wait_for(lambda: its.names()[-1] == "closed", "the end of the window")
        assert own.names()[-1] == "done"


def test_focus_goes_where_it_is_asked_to_go(session: SessionProcess, bar: Bar, work: Path) -> None:
    with Client(session.display) as host, Client(work) as vm:
        Window(host, title="here")
        Window(vm, title="there")
        here, there = (session.wait_window(title=title)["id"] for title in ("here", "there"))
        objects = {number: bar.toplevel(number) for number in (here, there)}
        session.call("workspace", number=2)
        for number in (there, here, there):
            objects[number].proxy.focus()
            bar.roundtrip()
            wait_focus(session, id=number)
            assert session.windows(id=number)[0]["visible"], "its workspace is shown"


def test_a_reload_changes_labels_and_vms(session: SessionProcess, bar: Bar, work: Path) -> None:
    vms = session.config_directory / "vms"
    with Client(work) as client:
        Window(client, title="relabelled")
        window = bar.toplevel(session.wait_window(title="relabelled")["id"])
        vm, other = bar.vm("work"), bar.vm("play")
        for one in (window, vm, other, bar.manager):
            one.events.clear()
        try:
            (vms / "work.toml").write_text('label = "red"\n')
            (vms / "late.toml").write_text(WORK)
            session.call("reload")
            bar.wait_for(lambda: bar.manager.events and vm.events, "the reload")
            red = shown(session, "work")
            assert red[1] != DESK[1]
            assert window.events == [("label", *red), ("done",)]
            assert vm.events == [("label", *red), ("done",)]
            assert bar.manager.events == [("vm", "late"), ("done",)]
            late = bar.vm("late")
            (vms / "late.toml").unlink()
            session.call("reload")
            bar.wait_for(lambda: late.names()[-1] == "removed", "the VM to go")
            (vms / "late.toml").write_text(WORK)
            session.call("reload")
            bar.wait_for(lambda: len(bar.manager.events) >= 4, "the VM to come back")
            assert late.names()[-1] == "removed", "the object of the one that went stays inert"
            assert other.events == []
        finally:
            (vms / "late.toml").unlink(missing_ok=True)
            (vms / "work.toml").write_text(WORK)
            session.call("reload")


def test_a_handle_of_foreign_toplevel_management_leads_to_the_label(
    session: SessionProcess, work: Path
) -> None:
    """By the wire client: pywayland cannot receive the handles, which come in an event."""
    with Client(session.display) as host, Client(work) as vm, Client(session.display) as bar:
        titles = ("first", "second", "third")
        clients = (vm, host, vm)
        windows = [Window(client, title=t) for client, t in zip(clients, titles, strict=True)]
        for title in titles:
            session.wait_window(title=title)
        handles = [args[0] for args in toplevels(bar)]
        manager = bar.bind(MANAGER)
        by_title = {handle.received("title")[-1][0]: handle for handle in handles}
        found = {title: manager("get_toplevel_of_handle", by_title[title]) for title in titles}
        bar.roundtrip()
        for title, origin in zip(titles, ("work", "", "work"), strict=True):
            window = session.windows(title=title)[0]
            label = [("label", DESK)] if origin else []
            expected = [("number", (window["id"],)), ("origin", (origin,)), *label, ("done", ())]
            assert found[title].events == expected
        for title in ("second", "third", "second"):
            found[title]("focus")
            bar.roundtrip()
            wait_focus(session, title=title)
        # The handle of a window that is gone is there until its client destroys it.
        windows[0].destroy()
        vm.roundtrip()
        bar.wait_for(lambda: by_title["first"].received("closed"), "the window to go")
        inert = manager("get_toplevel_of_handle", by_title["first"])
        bar.wait_for(lambda: found["first"].received("closed"), "the object to hear of it")
        bar.roundtrip()
        assert inert.events == [("closed", ())]
        assert not found["third"].received("closed")
        manager("get_toplevel_of_handle", bar.bind("wl_seat"))
        assert bar.refused().code == INVALID_METHOD
    assert session.alive()


def toplevels(bar: Client) -> list[tuple[Any, ...]]:
    """The `toplevel` events of the foreign-toplevel manager, each handle with its first events."""
    manager = bar.bind(FOREIGN)
    bar.roundtrip()
    return manager.received("toplevel")


def test_a_vm_neither_sees_nor_binds_it(session: SessionProcess, work: Path) -> None:
    with Client(session.display) as host:
        (offered,) = host.offers(MANAGER)
        assert offered.version == SpectrumSessionManagerV1.version
    with Client(work) as vm:
        assert not vm.offers(MANAGER)
        vm.registry("bind", offered.name, MANAGER, 1)
        error = vm.refused()
        assert error.code == INVALID_OBJECT, error


def anonymous_kb(session: SessionProcess) -> int:
    status = Path(f"/proc/{session.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "RssAnon" in line)


def test_clients_that_vanish_leave_nothing(session: SessionProcess, work: Path) -> None:
    """200 clients, 80 objects each: what one object leaves behind counts 16,000 times."""

    def visit(count: int) -> None:
        for index in range(count):
            with Client(session.display) as client:
                manager = client.bind(MANAGER)
                made = [manager("get_vm", "work") for _ in range(40)]
                made += [manager("get_toplevel", number) for _ in range(40)]
                if index % 3:
                    client.roundtrip()
                    assert made[0].events[-1][0] == "done"
                    assert made[-1].events[0] == ("number", (number,))
                if index % 3 == 1:
                    manager("destroy")
                    for one in made[::2]:
                        one("destroy")
                    client.roundtrip()
                    assert not any(one.id in client.objects for one in (manager, *made[::2]))
                client.flush()

    with Client(work) as vm, Bar(session) as bar:
        Window(vm, title="stays")
        number = session.wait_window(title="stays")["id"]
        stays = bar.toplevel(number)
        visit(100)
        session.wait(lambda: len(session.call("clients")) == 2, "the clients to go")
        before = anonymous_kb(session)
        visit(200)
        session.wait(lambda: len(session.call("clients")) == 2, "the clients to go")
        assert anonymous_kb(session) - before < 2048
        # A change is told to every object that there is.
        play = bar.vm("play")
        play.proxy.start()
        bar.state(play, STATE.running)
        play.proxy.stop()
        bar.state(play, STATE.stopped)
        assert stays.names() == ["number", "origin", "label", "done"]


def test_what_is_compiled_is_what_the_xml_says(tmp_path: Path) -> None:
    _protocol_build.build(ROOT / "protocols", tmp_path / "made")
    found = importlib.util.find_spec("spectrum_session._protocol")
    assert found is not None and found.submodule_search_locations
    installed = Path(found.submodule_search_locations[0])
    made = sorted(path.relative_to(tmp_path / "made") for path in tmp_path.rglob("*.py"))
    # A module or a package each: pywayland's scanner did it otherwise at different times.
    parts = {path.parts[0].removesuffix(".py") for path in made}
    assert parts == {"__init__", "foreign", "spectrum_session_v1", "tables"}
    _, wrong, missing = filecmp.cmpfiles(
        tmp_path / "made", installed, [str(path) for path in made], shallow=False
    )
    builder = "spectrum_session/compositor/protocols/_build.py"
    assert (wrong, missing) == ([], []), f"run python {builder}"


def test_the_page_names_every_request_and_event() -> None:
    from spectrum_session._protocol.tables import INTERFACES

    page = (ROOT / "docs" / "PROTOCOL.md").read_text()
    for interface, (_version, requests, events) in INTERFACES.items():
        section = page.partition(f"## {interface}\n")[2].partition("\n## ")[0]
        for name, _, _ in (*requests, *events):
            assert f"`{name}`" in section, f"{interface}.{name}"


def test_garbage_on_the_socket_of_the_host_ends_only_its_client(session: SessionProcess) -> None:
    with Client(session.display) as client:
        manager = client.bind(MANAGER)
        client.send(manager.id, 1, b"\xff" * 12)
        assert client.refused()
    with Connection(session.display) as client:
        registry = client.display("get_registry")
        client.send(registry.id, 0, b"")
        assert client.refused()
    assert session.alive()
