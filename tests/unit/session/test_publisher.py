"""Events of the bus as messages of the control socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from spectrum_session.compositor.events import (
    Bus,
    FocusMoved,
    OutputsChanged,
    WindowClosed,
    WindowOpened,
    WindowPlaced,
    WindowRenamed,
)
from spectrum_session.control import messages
from spectrum_session.control.handlers.vms import VMCommands
from spectrum_session.control.names import EVENTS, EventName
from spectrum_session.session.events import ConfigReloaded, ModeChanged, VMChanged
from spectrum_session.session.labels import Labels
from spectrum_session.session.publisher import Publisher
from spectrum_session.session.settings import Settings
from spectrum_session.vm.model import VMState

from .world import FakeCompositor, FakeVMs, config, output, window


class Control:
    """Takes what is published."""

    def __init__(self) -> None:
        self.subscribed: frozenset[EventName] = frozenset(EVENTS)
        self.published: list[messages.Event] = []

    def publish(self, event: messages.Event) -> None:
        self.published.append(event)


class World:
    def __init__(self, directory: Path) -> None:
        self.bus = Bus()
        self.compositor = FakeCompositor()
        self.vms = FakeVMs(directory)
        self.control = Control()
        settings = Settings(config())
        views = VMCommands(
            self.compositor,
            self.vms,
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            settings,
            Labels(settings).of,
            lambda work: work.close(),
        )
        self.publisher = Publisher(self.control, self.compositor, self.vms, views)
        self.publisher.subscribe_to(self.bus)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def changes(world: World) -> list[tuple[str, int]]:
    return [
        (event.change, event.window.id)
        for event in world.control.published
        if isinstance(event, messages.WindowEvent)
    ]


def test_a_window_that_moves_often_is_told_once_a_turn(world: World) -> None:
    world.compositor.add(window(1), window(2))
    for _ in range(3):
        world.bus.publish(WindowPlaced(2))
        world.bus.publish(WindowRenamed(1))
    assert changes(world) == []
    world.compositor.run_deferred()
    assert changes(world) == [("changed", 1), ("changed", 2)]


def test_opened_and_closed_are_told_at_once_and_once(world: World) -> None:
    world.compositor.add(window(1))
    world.bus.publish(WindowPlaced(1))
    world.bus.publish(WindowOpened(1))
    world.compositor.add(window(1, mapped=False))
    world.bus.publish(WindowClosed(1))
    world.compositor.run_deferred()
    assert changes(world) == [("opened", 1), ("closed", 1)]


def test_focus_names_the_vm_of_a_mapped_window(world: World) -> None:
    world.compositor.add(window(1, "work"))
    for number in (1, 9, None):
        world.bus.publish(FocusMoved(number))
    assert world.control.published == [
        messages.FocusEvent(window=1, vm="work"),
        messages.FocusEvent(window=9, vm=None),
        messages.FocusEvent(window=None, vm=None),
    ]


def test_outputs_are_compared_with_those_known(world: World) -> None:
    world.control.subscribed = frozenset()
    world.compositor.shown_outputs = [output("one")]
    world.publisher.subscribing(["output"])
    world.control.subscribed = frozenset({"output"})
    world.compositor.shown_outputs = [output("two")]
    world.bus.publish(OutputsChanged())
    world.compositor.run_deferred()
    told = [
        (event.change, event.output.name)
        for event in world.control.published
        if isinstance(event, messages.OutputEvent)
    ]
    assert told == [("removed", "one"), ("added", "two")]


def test_modes_configurations_and_vms(world: World) -> None:
    world.vms.put("work", VMState.RUNNING)
    for event in (ModeChanged("resize"), ConfigReloaded(("wrong",)), VMChanged("work")):
        world.bus.publish(event)
    world.bus.publish(VMChanged("gone"))
    mode, config_event, vm = world.control.published
    assert mode == messages.ModeEvent(mode="resize")
    assert config_event == messages.ConfigEvent(ok=False, errors=["wrong"])
    assert isinstance(vm, messages.VMEvent)
    assert (vm.vm.name, vm.vm.state) == ("work", "running")


def test_nothing_is_made_for_nobody(world: World) -> None:
    world.control.subscribed = frozenset()
    world.compositor.add(window(1))
    for event in (WindowOpened(1), WindowPlaced(1), FocusMoved(1), OutputsChanged()):
        world.bus.publish(event)
    assert world.control.published == []
    assert world.compositor.deferred == {}
